/** Judges a plan that destroys a target; called by `guard`. */
import type { PlanSummary } from '../../core/contracts/job.ts';
import { describeRemovals } from '../../core/deployment/policy.ts';

export type DestroyDecision =
  | { readonly decision: 'ask'; readonly reason: string }
  | { readonly decision: 'end'; readonly outcome: 'destroyed'; readonly reason: string };

/** A person is asked always, whatever the policy says: what was asked for was a plan, and this is it. */
export function judgeDestroy({ hasChanges, removals }: PlanSummary): DestroyDecision {
  if (!hasChanges) return { decision: 'end', outcome: 'destroyed', reason: 'nothing of it was left' };
  const what = removals.length > 0 ? describeRemovals(removals) : 'only its outputs are left to destroy';
  return { decision: 'ask', reason: what };
}
