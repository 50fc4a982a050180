/** Which of the levels of a manifest wins: component-in-environment, component, environment, defaults. Used by `resolve.ts` and the rules. */
import type { JsonValue } from './json-value.ts';
import type { Rollback } from './resolved.ts';

/** What can be set on more than one level. */
export interface Settings {
  readonly env?: Record<string, string>;
  readonly variables?: Record<string, JsonValue>;
  readonly secrets?: Record<string, string>;
  readonly approval?: 'never' | 'on-destroy' | 'always';
  readonly approvers?: string[];
  readonly selfApproval?: boolean;
  readonly protect?: string[];
  readonly rollback?: Rollback;
}

/** One level's settings and where they stand in the document. */
export interface Level<S> {
  readonly path: readonly string[];
  readonly settings: S;
}

type Levels<S> = Readonly<Record<string, S | undefined>> | undefined;

/** What `levelsOf` reads of a manifest, or of a draft of one. */
interface Levelled<S> {
  readonly defaults?: S | undefined;
  readonly environments?: Levels<S>;
  readonly components?: Levels<S & { readonly in?: Levels<S> }>;
}

/** The levels that speak about one target, the strongest first; levels that say nothing are left out. */
export function levelsOf<S>(manifest: Levelled<S>, environment: string, component: string): Level<S>[] {
  const own = entry(manifest.components, component);
  const levels: { path: string[]; settings: S | undefined }[] = [
    { path: ['components', component, 'in', environment], settings: entry(own?.in, environment) },
    { path: ['components', component], settings: own },
    { path: ['environments', environment], settings: entry(manifest.environments, environment) },
    { path: ['defaults'], settings: manifest.defaults },
  ];
  return levels.flatMap(({ path, settings }) => (settings === undefined ? [] : [{ path, settings }]));
}

/** A record's own entry: `constructor` and its like are names as good as any. */
export function entry<T>(
  record: Readonly<Record<string, T | undefined>> | undefined,
  name: string,
): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The strongest level's value. */
export function strongest<S, Value>(
  levels: readonly Level<S>[],
  value: (settings: S) => Value | undefined,
): Value | undefined {
  return levels.map(({ settings }) => value(settings)).find((one) => one !== undefined);
}

/** The maps of all levels laid over each other, key by key; the strongest wins. */
export function merged<S, Value>(
  levels: readonly Level<S>[],
  map: (settings: S) => Readonly<Record<string, Value>> | undefined,
): Record<string, Value> {
  return Object.assign({}, ...levels.map(({ settings }) => map(settings)).reverse());
}

/** The lists of all levels joined, the weakest level's items first, each item once. */
export function joined<S>(
  levels: readonly Level<S>[],
  list: (settings: S) => readonly string[] | undefined,
): string[] {
  return [...new Set(levels.toReversed().flatMap(({ settings }) => list(settings) ?? []))];
}
