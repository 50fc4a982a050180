/** Which targets a deployment has to look at, by content and by inputs; called by `open` under the lease. */
import { type AffectedTarget, affectedTargets, type KnownTarget } from '../content/affected.ts';
import type { TargetItem } from '../ledger/environment-items.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import type { ResolvedInputs } from './inputs.ts';

/** A target with its content key in this commit, what the ledger knows, and the inputs it would get now. */
export interface TargetFacts {
  readonly component: string;
  readonly key: string;
  readonly item: TargetItem;
  readonly inputs: ResolvedInputs;
}

/**
 * A target whose inputs differ from those of its last good is changed too: an earlier deployment produced new outputs and ended
 * before this target had used them. Its upstream is clean by now, so nothing else would bring it up to date.
 */
export function findAffected(
  targets: readonly Pick<ResolvedTarget, 'component' | 'needs'>[],
  facts: readonly TargetFacts[],
): AffectedTarget[] {
  const byComponent = new Map(facts.map((fact) => [fact.component, fact]));
  const behind = new Set(facts.filter(isBehindItsInputs).map(({ component }) => component));
  const found = affectedTargets({
    environment: { targets },
    keyOf: (component) => byComponent.get(component)?.key ?? '',
    ledger: new Map(facts.map((fact) => [fact.component, known(fact, behind.has(fact.component))])),
  });
  return found.map((one) =>
    one.effect === 'changed' && behind.has(one.component) ? { ...one, reason: 'inputs changed' } : one,
  );
}

/** Only where content alone would not say so. */
function isBehindItsInputs({ key, item: { lastGood, live }, inputs }: TargetFacts): boolean {
  if (lastGood?.contentKey !== key || live?.state === 'dirty') return false;
  return 'problem' in inputs || inputs.key !== lastGood.inputKey;
}

const known = ({ item: { lastGood, live } }: TargetFacts, isBehind: boolean): KnownTarget => ({
  lastGoodKey: isBehind ? undefined : lastGood?.contentKey,
  dirty: live?.state === 'dirty',
});
