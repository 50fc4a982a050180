/** The two hashes that decide what is deployed again: of what a target is made of, and of the output values it consumes. Called by `resolve`, `turn` and `record`. */
import { createHash } from 'node:crypto';
import type { JsonValue } from '../manifest/json-value.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { canonicalJson } from './canonical-json.ts';
import type { SourceTree } from './tree.ts';

/** What a content key is made of. */
export interface ContentKeyParts {
  readonly target: ResolvedTarget;
  /** The environment's account (12 digits) and region. */
  readonly account: string;
  readonly region: string;
  readonly tree: Pick<SourceTree, 'entryAt' | 'matching'>;
  /** Repository paths the target reads besides its own directory: what its last plan read, else `findReferences`. */
  readonly dependencies: readonly string[];
}

/**
 * SHA-256 (hex) of all that makes a target what it is. Two commits with equal keys would plan the same, given the same inputs.
 * Its own name and its policy are not part of it: who approves a change is not a change. Of secrets only the names count, of inputs only where
 * they come from (their values are in the input key).
 */
export function contentKey({ target, account, region, tree, dependencies }: ContentKeyParts): string {
  const { component, formerly, environment, watch, policy, ...entry } = target;
  const context = target.build === undefined ? [] : [target.build.context];
  const paths = [...new Set([target.path, ...context, ...dependencies])].sort();
  const watched = tree.matching(watch).map(({ path, mode, id }) => [path, mode, id]);
  return hash('belay-content-1', {
    account,
    region,
    entry: { ...entry, needs: entry.needs.toSorted() },
    sources: paths.map((path) => [path, ...identityAt(tree, path)]),
    watched: watched.sort(([one = ''], [other = '']) => (one < other ? -1 : 1)),
  });
}

/** SHA-256 (hex) of the values of a target's inputs, by input name. */
export function inputKey(values: Readonly<Record<string, JsonValue>>): string {
  return hash('belay-inputs-1', values);
}

/** A path that is not in the commit counts too: it changes the key when it appears. */
function identityAt(tree: Pick<SourceTree, 'entryAt'>, path: string): string[] {
  const entry = tree.entryAt(path);
  return entry === undefined ? ['missing'] : [entry.mode, entry.id];
}

/** `version` names the way of hashing: a new one makes every old key differ, so that everything is planned anew, once. */
function hash(version: string, value: unknown): string {
  return createHash('sha256')
    .update(`${version}\n${canonicalJson(value)}`)
    .digest('hex');
}
