/** Rules about names that refer to one another: `after`, `environments`, `in`, `needs`, `inputs`. Run by `parse.ts`. */
import type { Draft } from './draft.ts';
import { findCircles, type Graph } from './graph.ts';
import type { Finding } from './problem.ts';
import { namesOf, outputReference } from './resolve.ts';
import type { Manifest } from './schema.ts';
import { entry } from './settings.ts';
import { didYouMean } from './suggest.ts';

type Component = Draft<Manifest['components'][string]>;

/** A name somewhere in a list, with the place it stands at. */
interface Reference {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/** Every reference to something that does not exist, is not there where it is used, or depends on itself. */
export function checkReferences(manifest: Draft<Manifest>): Finding[] {
  const environments = Object.keys(manifest.environments ?? {});
  return [
    ...checkAfter(manifest),
    ...Object.entries(manifest.components ?? {}).flatMap(([name, component]) =>
      component === undefined
        ? []
        : [
            ...checkEnvironmentNames(name, component, environments),
            ...checkNeeds(name, component, manifest),
            ...checkInputs(name, component, manifest),
          ],
    ),
    ...checkCircles('needs', 'components', mapOf(manifest.components, needsOf)),
  ];
}

function checkAfter(manifest: Draft<Manifest>): Finding[] {
  const references = mapOf(manifest.environments, afterOf);
  return [
    ...[...references.values()]
      .flat()
      .flatMap((reference) => unknown(reference, 'environment', [...references.keys()])),
    ...checkCircles('after', 'environments', references),
  ];
}

function checkEnvironmentNames(name: string, component: Component, environments: string[]): Finding[] {
  const listed = listReferences(component.environments, ['components', name, 'environments']);
  const deployed = deployedIn(component, environments);
  const overridden = Object.keys(component.in ?? {}).map((one) => ({
    name: one,
    path: ['components', name, 'in', one],
  }));
  return [
    ...listed.flatMap((reference) => unknown(reference, 'environment', environments)),
    ...overridden.flatMap((reference) => {
      const problems = unknown(reference, 'environment', environments).map((one) => ({
        ...one,
        at: 'key' as const,
      }));
      if (problems.length > 0 || deployed === undefined || deployed.includes(reference.name)) return problems;
      return [keyFinding(reference.path, `\`${name}\` is not deployed in \`${reference.name}\``)];
    }),
  ];
}

function checkNeeds(name: string, component: Component, manifest: Draft<Manifest>): Finding[] {
  const environments = Object.keys(manifest.environments ?? {});
  const deployed = deployedIn(component, environments);
  return needsOf(name, component).flatMap((reference) => {
    const problems = unknown(reference, 'component', Object.keys(manifest.components ?? {}));
    const needed = entry(manifest.components, reference.name);
    const neededIn = needed === undefined ? undefined : deployedIn(needed, environments);
    if (deployed === undefined || neededIn === undefined) return problems;
    const absent = deployed.filter((environment) => !neededIn.includes(environment));
    if (absent.length === 0) return problems;
    const message = `\`${reference.name}\` is not deployed in ${quoted(absent)}, where \`${name}\` is`;
    return [...problems, { path: reference.path, at: 'value', message }];
  });
}

function checkInputs(name: string, component: Component, manifest: Draft<Manifest>): Finding[] {
  const components = Object.keys(manifest.components ?? {});
  const needs = component.needs ?? [];
  const needsAreKnown =
    !needs.includes(undefined) && !(Object.hasOwn(component, 'needs') && component.needs === undefined);
  return Object.entries(component.inputs ?? {}).flatMap(([input, source]): Finding[] => {
    if (source === undefined) return [];
    const path = ['components', name, 'inputs', input];
    const from = outputReference(source).component;
    const problems = unknown({ name: from, path }, 'component', components);
    if (problems.length > 0 || !needsAreKnown || needs.includes(from)) return problems;
    return [
      { path, at: 'value', message: `comes from \`${from}\`, which is not in the \`needs\` of \`${name}\`` },
    ];
  });
}

function checkCircles(key: string, section: string, references: Map<string, Reference[]>): Finding[] {
  const graph: Graph = new Map([...references].map(([name, list]) => [name, list.map((one) => one.name)]));
  return findCircles(graph).map((circle) => {
    const edge = references.get(circle[0] ?? '')?.find(({ name }) => name === circle[1]);
    return {
      path: edge?.path ?? [section],
      at: 'value',
      message: `\`${key}\` goes in a circle: ${circle.join(' → ')}`,
    };
  });
}

/** The environments a component is deployed in; `undefined` where its list was wrong itself. */
export function deployedIn(component: Component, environments: string[]): string[] | undefined {
  const { environments: own } = component;
  if (own === undefined) return Object.hasOwn(component, 'environments') ? undefined : environments;
  return own.includes(undefined) ? undefined : environments.filter((one) => own.includes(one));
}

function needsOf(name: string, component: Component): Reference[] {
  return listReferences(component.needs, ['components', name, 'needs']);
}

function afterOf(name: string, environment: Draft<Manifest['environments'][string]>): Reference[] {
  const path = ['environments', name, 'after'];
  const { after } = environment;
  return Array.isArray(after)
    ? listReferences(after, path)
    : namesOf(after).map((one) => ({ name: one, path }));
}

function listReferences(
  list: readonly (string | undefined)[] | undefined,
  path: readonly (string | number)[],
): Reference[] {
  return (list ?? []).flatMap((name, index) =>
    name === undefined ? [] : [{ name, path: [...path, index] }],
  );
}

function mapOf<Part>(
  section: Readonly<Record<string, Part | undefined>> | undefined,
  references: (name: string, part: Part) => Reference[],
): Map<string, Reference[]> {
  return new Map(
    Object.entries(section ?? {}).map(([name, part]) => [
      name,
      part === undefined ? [] : references(name, part),
    ]),
  );
}

function unknown({ name, path }: Reference, kind: 'component' | 'environment', known: string[]): Finding[] {
  if (known.includes(name)) return [];
  const hint =
    didYouMean(name, known) || (known.length > 0 ? `; there are ${quoted(known.slice(0, 10))}` : '');
  return [{ path, at: 'value', message: `there is no ${kind} \`${name}\`${hint}` }];
}

function keyFinding(path: readonly (string | number)[], message: string): Finding {
  return { path, at: 'key', message };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
