/** Turns the way a target's flow ended into its outcome and a reason for people; called by `record`. */
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import { jobResultSchema } from '../../core/contracts/job.ts';
import { describeChanges } from '../../core/deployment/changes.ts';
import { failureReason, readableReason } from '../../core/deployment/failure.ts';
import { stageKey } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger.ts';
import type { Outcome } from '../../core/words.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { addressOf } from '../shared/target-address.ts';

export async function conclude(
  { end, ...target }: TargetRef & { readonly end: TargetEnd },
  item: OutcomeItem,
  store: ObjectStore,
): Promise<{ readonly outcome: Outcome; readonly reason: string }> {
  const isRollback = item.rollback !== undefined;
  if (end.kind === 'decided')
    return isRollback ? rollbackEnd(end) : { outcome: end.outcome, reason: readableReason(end.reason) };
  if (end.kind === 'completed') {
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
  const key = stageKey(addressOf(target), end.stage, 'result.json');
  const result = await readDocument(store, key, jobResultSchema);
  // A job that was killed leaves none, and an earlier attempt may have left its own.
  const isOurs = result !== undefined && Date.parse(result.endedAt) >= Date.parse(item.startedAt ?? '');
  const why = isOurs && result.status === 'failed' ? result.reason : failureReason(end.error, end.cause);
  return { outcome: isRollback ? 'rollback-failed' : 'failed', reason: `${end.stage} failed: ${why}` };
}

/** Whatever else ends a pass of a rollback (a person said no, nobody answered), the target is not back. */
function rollbackEnd({ outcome, reason }: Extract<TargetEnd, { kind: 'decided' }>) {
  if (outcome === 'rolled-back' || outcome === 'rollback-failed') return { outcome, reason };
  return { outcome: 'rollback-failed' as const, reason: `${outcome}: ${reason}` };
}
