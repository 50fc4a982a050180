/** What a pull request's own manifest may say, and what stays as its base branch says it; called by `resolve`. */
import { namesOf } from './resolve.ts';
import type { Manifest } from './schema.ts';
import { entry } from './settings.ts';

/** Only what code is planned with; the rest says where, with which powers and under whose eyes. */
const OF_HEAD = ['env', 'variables'] as const;
const TOOL = ['tool', 'toolVersion', 'arch'] as const;
const POLICY = ['approval', 'approvers', 'selfApproval', 'protect', 'rollback'] as const;
const GUARDED = [...TOOL, ...POLICY, 'secrets'] as const;

/**
 * The head's components, paths, needs, commands and values, with accounts, regions, tools, secrets and policies of the base. An
 * environment that only one of them has is left out. A new component has the tool it names itself, and no secrets.
 */
export function plannedManifest(head: Manifest, base: Manifest): Manifest {
  const isKept = (name: string) => entry(base.environments, name) && entry(head.environments, name);
  const environments = Object.entries(base.environments).flatMap(([name, environment]) => {
    const after = namesOf(environment.after).filter(isKept);
    const values = pick(entry(head.environments, name), OF_HEAD);
    return isKept(name) ? [[name, { ...omit(environment, OF_HEAD), ...values, after }]] : [];
  });
  const components = Object.entries(head.components).map(([name, component]) => {
    const before = entry(base.components, name);
    const guarded = before === undefined ? pick(component, TOOL) : pick(before, GUARDED);
    const places = new Set([...Object.keys(component.in ?? {}), ...Object.keys(before?.in ?? {})]);
    const inPlace = [...places].map((place) => [
      place,
      { ...pick(entry(before?.in, place), GUARDED), ...pick(entry(component.in, place), OF_HEAD) },
    ]);
    return [name, { ...omit(component, GUARDED), ...guarded, in: Object.fromEntries(inPlace) }];
  });
  return {
    version: 1,
    environments: Object.fromEntries(environments),
    defaults: { ...omit(base.defaults ?? {}, OF_HEAD), ...pick(head.defaults, OF_HEAD) },
    components: Object.fromEntries(components),
  };
}

/** Environments that are in the head alone: nobody has allowed them yet. */
export const newEnvironments = (head: Manifest, base: Manifest): string[] =>
  Object.keys(head.environments).filter((name) => entry(base.environments, name) === undefined);

const pick = (from: object | undefined, names: readonly string[]) =>
  Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => names.includes(name)));

const omit = <T extends object>(from: T, names: readonly string[]): T =>
  Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name))) as T;
