/** A synthesized template as other tools can take it: definitions as plain JSON, resources in the order they need each other. Pure. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, Json>>;
  readonly DependsOn?: string | readonly string[];
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Logical ids that a value refers to, pseudo parameters included. */
function* referencesIn(value: Json | undefined): Generator<string> {
  if (Array.isArray(value)) for (const one of value) yield* referencesIn(one);
  if (!isObject(value)) return;
  if (typeof value.Ref === 'string') yield value.Ref;
  const attribute = value['Fn::GetAtt'];
  if (Array.isArray(attribute)) yield String(attribute[0]);
  for (const one of Object.values(value)) yield* referencesIn(one);
}

const named = (dependsOn: Resource['DependsOn']): readonly string[] =>
  typeof dependsOn === 'string' ? [dependsOn] : (dependsOn ?? []);

/** Logical ids, each after all that it refers to. */
export function inOrder({ Resources }: Template): string[] {
  const order = new Set<string>();
  const add = (id: string) => {
    const resource = Resources[id];
    if (resource === undefined || order.has(id)) return;
    for (const other of [...named(resource.DependsOn), ...referencesIn(resource.Properties)])
      if (other !== id) add(other);
    order.add(id);
  };
  for (const id of Object.keys(Resources)) add(id);
  return [...order];
}

/** The template with these resources alone; what they refer to besides becomes the ARN of nothing. */
export function only({ Resources }: Template, ids: readonly string[]): Template {
  const kept = new Set(ids);
  const isGone = (id: Json | undefined) =>
    typeof id === 'string' && Object.hasOwn(Resources, id) && !kept.has(id);
  const cut = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(cut);
    if (!isObject(value)) return value;
    const attribute = value['Fn::GetAtt'];
    const [id] = Array.isArray(attribute) ? attribute : [value.Ref];
    if (isGone(id)) return `arn:aws:none:eu-west-1:123456789012:${id}`;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cut(one)]));
  };
  const resources = ids.map((id) => {
    const { DependsOn, Properties = {}, ...rest } = Resources[id] as Resource;
    const before = named(DependsOn).filter((one) => kept.has(one));
    return [
      id,
      {
        ...rest,
        Properties: cut(Properties) as Resource['Properties'],
        ...(before.length > 0 && { DependsOn: before }),
      },
    ];
  });
  return { Resources: Object.fromEntries(resources) };
}

/** The template with every state machine's definition as an object, where tools look into it. */
export function withPlainDefinitions<T extends Template>(template: T): T {
  const resources = Object.entries(template.Resources).map(([id, resource]) => {
    const { DefinitionString, ...properties } = resource.Properties ?? {};
    if (DefinitionString === undefined) return [id, resource];
    const Definition = JSON.parse(textOf(DefinitionString)) as Json;
    return [id, { ...resource, Properties: { ...properties, Definition } }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}

/** A value with its intrinsic functions resolved to names that stand for what they would be. */
function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return String(value);
  if (value.Ref === 'AWS::Partition') return 'aws';
  if (typeof value.Ref === 'string') return value.Ref.replaceAll('::', '-');
  if (Array.isArray(value['Fn::GetAtt']))
    return `arn:aws:none:eu-west-1:123456789012:${value['Fn::GetAtt'][0]}`;
  const [separator, parts] = (value['Fn::Join'] ?? []) as [string?, Json[]?];
  if (separator === undefined || parts === undefined)
    throw new Error(`resolving a state machine's definition: ${JSON.stringify(value)} is not known here`);
  return parts.map(textOf).join(separator);
}
