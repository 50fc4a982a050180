/** Turns the way a target's flow ended into its outcome and a reason for people; called by `record`. */
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import { EXIT_CODE, jobResultSchema } from '../../core/contracts/job.ts';
import { describeChanges } from '../../core/deployment/changes.ts';
import { exitCodeOf, failureReason, readableReason } from '../../core/deployment/failure.ts';
import { stageKey } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { type Outcome, type Stage, WRITING_STAGES } from '../../core/words.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { readDocument } from '../shared/documents.ts';
import { isOfAttempt } from '../shared/job-result.ts';
import { addressOf } from '../shared/target-address.ts';

export async function conclude(
  { end, ...target }: TargetRef & { readonly end: TargetEnd },
  item: OutcomeItem,
  { ledger, store }: { readonly ledger: Ledger; readonly store: ObjectStore },
): Promise<{ readonly outcome: Outcome; readonly reason: string }> {
  const isRollback = item.rollback !== undefined;
  if (end.kind === 'decided')
    return isRollback ? rollbackEnd(end) : { outcome: end.outcome, reason: readableReason(end.reason) };
  if (end.kind === 'completed') {
    if (item.destroys) return { outcome: 'destroyed', reason: describeChanges(item.changes) };
    if (isRollback) {
      return {
        outcome: 'rolled-back',
        reason: end.applied ? describeChanges(item.changes) : 'the plan is empty',
      };
    }
    return end.applied
      ? { outcome: 'applied', reason: describeChanges(item.changes) }
      : { outcome: 'unchanged', reason: 'the plan is empty' };
  }
  if (end.stage === 'build')
    return { outcome: 'failed', reason: `build failed: ${failureReason(end.error, end.cause)}` };
  const cancelled = await cancellationOf(ledger, target);
  if (cancelled !== undefined && isGivenUp(end.stage, exitCodeOf(end.cause))) {
    const { outcome, reason } = cancelled;
    return {
      outcome,
      reason: end.stage === 'test' ? `applied, but its test was stopped: ${reason}` : reason,
    };
  }
  const key = stageKey(addressOf(target), end.stage, 'result.json');
  const result = await readDocument(store, key, jobResultSchema);
  const why =
    result !== undefined && isOfAttempt(result, item) && result.status === 'failed'
      ? result.reason
      : failureReason(end.error, end.cause);
  const failure = `${end.stage} failed: ${why}`;
  if (end.stage === 'destroy')
    return { outcome: 'failed', reason: `${failure}; a destroy is not rolled back` };
  return { outcome: isRollback ? 'rollback-failed' : 'failed', reason: failure };
}

/** Whatever else ends a pass of a rollback (a person said no, nobody answered), the target is not back. */
function rollbackEnd({ outcome, reason }: Extract<TargetEnd, { kind: 'decided' }>) {
  if (outcome === 'rolled-back' || outcome === 'rollback-failed') return { outcome, reason };
  return { outcome: 'rollback-failed' as const, reason: `${outcome}: ${reason}` };
}

/**
 * Whether a job of a cancelled release ended because of that. A tool that said no by itself has failed; a job that writes is never
 * stopped, only not admitted.
 */
function isGivenUp(stage: Stage, exitCode: number | undefined): boolean {
  if (exitCode === EXIT_CODE.refused) return true;
  if (WRITING_STAGES.includes(stage)) return false;
  return exitCode !== EXIT_CODE.failed && exitCode !== EXIT_CODE.badInput;
}
