/** Which targets of an environment a commit touches; called by `resolve` and, under the lease, by `open`. */
import { reachableFrom } from '../manifest/graph.ts';
import type { ResolvedEnvironment } from '../manifest/resolve.ts';

/** What the ledger knows about a target. */
export interface KnownTarget {
  /** Content key of its last good; absent when it has none. */
  readonly lastGoodKey?: string;
  /** Whether something was started on it that did not come to a good end. */
  readonly dirty: boolean;
}

/**
 * `changed`: it must be planned. `downstream`: it needs something that is changed, and gets its turn to see whether its inputs are.
 * `unaffected`: nothing is to be done. `reason` is one line for people.
 */
export type AffectedTarget =
  | { readonly component: string; readonly effect: 'changed' | 'downstream'; readonly reason: string }
  | { readonly component: string; readonly effect: 'unaffected' };

/** What is asked of `affectedTargets`. */
export interface AffectedQuestion {
  readonly environment: {
    readonly targets: readonly Pick<ResolvedEnvironment['targets'][number], 'component' | 'needs'>[];
  };
  /** The content key of a component's target in this commit. */
  keyOf(component: string): string;
  /** By component; one without an entry was never deployed. */
  readonly ledger: ReadonlyMap<string, KnownTarget>;
}

/** One answer a target, in the order of the environment's targets. Inputs come from `needs` only, so `needs` is all there is to follow. */
export function affectedTargets({ environment, keyOf, ledger }: AffectedQuestion): AffectedTarget[] {
  const { targets } = environment;
  const changes = new Map<string, string>();
  for (const { component } of targets) {
    const reason = reasonToChange(ledger.get(component), keyOf(component));
    if (reason !== undefined) changes.set(component, reason);
  }
  const needs = new Map(targets.map((target) => [target.component, target.needs]));
  return targets.map(({ component }) => {
    const reason = changes.get(component);
    if (reason !== undefined) return { component, effect: 'changed', reason };
    const upstream = [...reachableFrom(needs, [component])].find((one) => changes.has(one));
    if (upstream === undefined) return { component, effect: 'unaffected' };
    return { component, effect: 'downstream', reason: `downstream of ${upstream}` };
  });
}

function reasonToChange(known: KnownTarget | undefined, key: string): string | undefined {
  if (known?.dirty) return 'left dirty';
  if (known?.lastGoodKey === undefined) return 'new';
  return known.lastGoodKey === key ? undefined : 'content changed';
}
