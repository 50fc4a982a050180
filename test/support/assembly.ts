/** The synthesized stack, as the tests that look at its template read it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of many resource types, read by tests
  readonly Properties: Record<string, any>;
}

/** What a template holds. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** The template that `npm test` has synthesized before it runs any test. */
export const synthesized = (): Template =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.out/Belay.template.json'), 'utf8'));

/** Renders a value with intrinsic functions as text: references become `<LogicalId>` or `<LogicalId.Attribute>`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  if (name === 'Ref') return argument === 'AWS::Partition' ? 'aws' : `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(text).join(separator);
  }
  if (name === 'Fn::Select' || name === 'Fn::Split') return `<${name}>`;
  throw new Error(`rendering ${JSON.stringify(value)}: unknown intrinsic function`);
}

/** All states of a definition, inner ones too, with the machine's or processor's start. */
export interface Flow {
  readonly name: string;
  readonly StartAt: string;
  // biome-ignore lint/suspicious/noExplicitAny: Amazon States Language, read by tests
  readonly States: Record<string, any>;
}

/** The machine's flow and the flows nested in its Map and Parallel states. */
export function flows(name: string, definition: Omit<Flow, 'name'>): Flow[] {
  const nested = Object.entries(definition.States).flatMap(([state, body]) =>
    [body.ItemProcessor, ...(body.Branches ?? [])]
      .filter(Boolean)
      .flatMap((inner) => flows(`${name}/${state}`, inner)),
  );
  return [{ ...definition, name }, ...nested];
}
