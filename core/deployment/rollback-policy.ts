/** The policy's judgement of a plan that brings a target back to last good; called by `guard`. */
import type { PlanSummary } from '../contracts/job.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { describeRemovals, protectedTypes } from './policy.ts';

/** What becomes of the plan. `reason` is one line for people. */
export type RollbackDecision =
  | { readonly decision: 'apply' }
  | { readonly decision: 'test' }
  | { readonly decision: 'ask'; readonly reason: string }
  | { readonly decision: 'end'; readonly outcome: 'rolled-back'; readonly reason: string };

/** What the policy is asked about. */
export interface RollbackQuestion {
  readonly plan: Pick<PlanSummary, 'hasChanges' | 'removals'>;
  readonly policy: Pick<ResolvedTarget['policy'], 'approval' | 'protect'>;
  /** Addresses of resources the failed release was about to create: whatever lies there is its own work. */
  readonly creations: readonly string[];
  /** The verifying pass tests, where last good has a test. */
  readonly hasTest: boolean;
  /** An apply was cut off, or outputs were never recorded: an empty plan is applied then, to record them. */
  readonly isUnrecorded: boolean;
}

/**
 * A return to what was good asks nobody, except where it would take away something that was there before: `approval: always` does
 * not hold it, for the failed change is what nobody has approved to stay. A protected resource is never removed without a person.
 */
export function judgeRollback(question: RollbackQuestion): RollbackDecision {
  const { plan, policy, creations, hasTest, isUnrecorded } = question;
  if (!plan.hasChanges) {
    if (isUnrecorded) return { decision: 'apply' };
    if (hasTest) return { decision: 'test' };
    return { decision: 'end', outcome: 'rolled-back', reason: 'the plan is empty' };
  }
  const types = protectedTypes(policy);
  const guarded = plan.removals.filter(({ type }) => types.includes(type));
  if (guarded.length > 0) return ask(`${describeRemovals(guarded)} (protected)`);
  const older = plan.removals.filter(({ address }) => !creations.includes(address));
  if (older.length > 0 && policy.approval !== 'never') {
    return ask(`${describeRemovals(older)}, which this release did not create`);
  }
  return { decision: 'apply' };
}

const ask = (reason: string): RollbackDecision => ({ decision: 'ask', reason: `to roll back ${reason}` });
