/** The policy's judgement of a plan that brings a target back to last good; called by `guard`. */
import type { PlanSummary } from '../contracts/job.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { STATEFUL_TYPES } from './policy.ts';

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
  const protectedTypes = policy.protect.length > 0 ? policy.protect : STATEFUL_TYPES;
  const guarded = plan.removals.find(({ type }) => protectedTypes.includes(type));
  if (guarded) {
    return ask(`the rollback would ${actOf(guarded)} ${guarded.address}, and ${guarded.type} is protected`);
  }
  const older = plan.removals.find(({ address }) => !creations.includes(address));
  if (older && policy.approval !== 'never') {
    return ask(`the rollback would ${actOf(older)} ${older.address}, which this release did not create`);
  }
  return { decision: 'apply' };
}

const ask = (reason: string): RollbackDecision => ({ decision: 'ask', reason });

const actOf = ({ replace }: { readonly replace: boolean }) => (replace ? 'replace' : 'delete');
