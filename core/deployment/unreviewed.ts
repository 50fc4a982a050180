/** Which changes of a merge group's plan are in no plan that people have read, and how they differ; called by `settle`. */
import type { ReleaseItem } from '../ledger/release-items.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import { countsOf } from '../status-words.ts';
import { isDeferred } from './planning.ts';

/** A pull request's newest plan. */
export interface ReviewedPlan {
  readonly number: number;
  readonly outcomes: readonly OutcomeItem[];
}

export type Unreviewed = NonNullable<ReleaseItem['unreviewed']>[number];

/**
 * A target whose plan is empty, or cannot be made before the merge, changes nothing that somebody could have read. The order of
 * `reviewed` says which plan a change is told against: the group's own pull request comes first.
 */
export function unreviewedChanges(
  planned: readonly OutcomeItem[],
  reviewed: readonly ReviewedPlan[],
): Unreviewed[] {
  return planned.flatMap((target) => {
    const { environment, component, outcome, changeDigest } = target;
    if (outcome !== 'planned' || changeDigest === undefined) return [];
    const plans = reviewed.flatMap(({ number, outcomes }) =>
      outcomes
        .filter((one) => one.environment === environment && one.component === component)
        .map((of) => ({ number, of })),
    );
    if (plans.some(({ of }) => of.outcome === 'planned' && of.changeDigest === changeDigest)) return [];
    return [{ environment, component, why: whyOf(target, plans) }];
  });
}

interface PlanOf {
  readonly number: number;
  readonly of: OutcomeItem;
}

/** `2 to add; in the plan of #7: 1 to add`. */
function whyOf(target: OutcomeItem, plans: readonly PlanOf[]): string {
  const now = changeOf(target);
  const told =
    plans.find(({ of }) => of.outcome === 'planned' && of.changeDigest !== undefined) ??
    plans.find(({ of }) => of.affected !== 'unaffected');
  if (told === undefined) return `${now}; in no plan of a pull request`;
  const { number, of } = told;
  const before =
    of.outcome === 'planned' && !isDeferred(of)
      ? changeOf(of)
      : `${of.outcome ?? of.progress} (${of.reason})`;
  return `${now}; in the plan of #${number}: ${before === now ? `${before}, but not the same` : before}`;
}

const changeOf = ({ changes }: OutcomeItem) => countsOf(changes) || 'a change';
