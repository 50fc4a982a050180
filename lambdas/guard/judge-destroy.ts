/** Judges a plan that destroys a target; called by `guard`. */
import type { PlanSummary } from '../../core/contracts/job.ts';
import { describeRemovals, protectedTypes } from '../../core/deployment/policy.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';

export type DestroyDecision =
  | { readonly decision: 'apply' }
  | { readonly decision: 'ask'; readonly reason: string }
  | { readonly decision: 'end'; readonly outcome: 'destroyed'; readonly reason: string };

/**
 * A person is asked always, whatever the policy says: what was asked for was a plan, and this is it. Only at the end of an
 * environment's life nobody has asked: its `ttl`, reviewed and in force, is the consent then, as far as `ttlPolicy` lets it be.
 */
export function judgeDestroy(
  { hasChanges, removals }: Pick<PlanSummary, 'hasChanges' | 'removals'>,
  ttlPolicy?: Pick<ResolvedTarget['policy'], 'approval' | 'protect'>,
): DestroyDecision {
  if (!hasChanges) return { decision: 'end', outcome: 'destroyed', reason: 'nothing of it was left' };
  const what = removals.length > 0 ? describeRemovals(removals) : 'only its outputs are left to destroy';
  if (ttlPolicy === undefined) return { decision: 'ask', reason: what };
  const types = protectedTypes(ttlPolicy);
  const guarded = removals.filter(({ type }) => types.includes(type));
  if (guarded.length > 0) return { decision: 'ask', reason: `${describeRemovals(guarded)} (protected)` };
  if (ttlPolicy.approval === 'always') return { decision: 'ask', reason: `${what} (approval: always)` };
  return { decision: 'apply' };
}
