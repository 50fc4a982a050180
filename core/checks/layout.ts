/** Which statuses or checks a release has: one for itself and one per affected target, or per environment where there are many. */
import { createHash } from 'node:crypto';
import type { ReleaseItem } from '../ledger/release-items.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';

/** More affected targets than this, and an environment has one check with a table. */
export const MAX_TARGETS = 25;

/** Longest name GitHub takes. Characters. */
export const MAX_CONTEXT = 255;

/** The release's own name: the one to require. */
export const RELEASE_NAME = 'belay';

/** One thing that is shown on a commit. */
export type Piece =
  | { readonly kind: 'target'; readonly name: string; readonly target: OutcomeItem }
  | {
      readonly kind: 'environment';
      readonly name: string;
      readonly environment: string;
      readonly targets: readonly OutcomeItem[];
    }
  | { readonly kind: 'past'; readonly name: string }
  | { readonly kind: 'release'; readonly name: typeof RELEASE_NAME };

/** The names a commit has already, and whether what was last written under each is still to come to an end. */
export type Shown = ReadonlyMap<string, 'open' | 'ended'>;

/**
 * The pieces, the release's own last. What an environment was first shown as, it stays. Unaffected targets have none, unless an
 * earlier release of the commit left one: that must not stay as it was. Nor does what an earlier release left open and this one, when
 * it has ended, has no part in: nobody else ends it.
 */
export function piecesOf(
  { environments, verdict }: Pick<ReleaseItem, 'environments' | 'verdict'>,
  outcomes: readonly OutcomeItem[],
  shown: Shown,
): Piece[] {
  const pieces: Piece[] = [];
  let single = 0;
  for (const environment of namesIn(environments, outcomes)) {
    const all = outcomes.filter((target) => target.environment === environment);
    const targets = all.filter(({ affected }) => affected !== 'unaffected');
    const own = all.map((target) => ({ target, name: targetContext(environment, target.component) }));
    const name = environmentContext(environment);
    const isSingle = own.some((one) => shown.has(one.name)) || single + targets.length <= MAX_TARGETS;
    if (isSingle && !shown.has(name)) {
      single += targets.length;
      const visible = own.filter((one) => one.target.affected !== 'unaffected' || shown.has(one.name));
      pieces.push(...visible.map((one) => ({ kind: 'target' as const, ...one })));
    } else pieces.push({ kind: 'environment', name, environment, targets });
  }
  const own = new Set([RELEASE_NAME, ...pieces.map(({ name }) => name)]);
  const left = [...shown].filter(([name, state]) => state === 'open' && !own.has(name));
  const past = verdict === undefined ? [] : left.map(([name]) => ({ kind: 'past' as const, name }));
  return [...pieces, ...past, { kind: 'release', name: RELEASE_NAME }];
}

/** In the order they are deployed in. */
const namesIn = (environments: readonly string[], outcomes: readonly OutcomeItem[]) =>
  [...new Set([...environments, ...outcomes.map(({ environment }) => environment)])].filter((name) =>
    outcomes.some(({ environment }) => environment === name),
  );

/** `belay/<environment>`. */
export const environmentContext = (environment: string) => fitted(`${RELEASE_NAME}/${environment}`);

/** `belay/<environment>/<component>`; one that is too long ends in a hash, so that two stay distinct. */
export const targetContext = (environment: string, component: string) =>
  fitted(`${RELEASE_NAME}/${environment}/${component}`);

function fitted(context: string): string {
  if (context.length <= MAX_CONTEXT) return context;
  const hash = createHash('sha256').update(context).digest('hex').slice(0, 12);
  return `${context.slice(0, MAX_CONTEXT - hash.length - 1).replace(/[\ud800-\udbff]$/, '')}~${hash}`;
}
