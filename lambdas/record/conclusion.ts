/** Turns the way a target's flow ended into its outcome and a reason for people; called by `record`. */
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import { jobResultSchema } from '../../core/contracts/job.ts';
import { describeChanges } from '../../core/deployment/changes.ts';
import { failureReason } from '../../core/deployment/failure.ts';
import { stageKey } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger.ts';
import type { Outcome } from '../../core/words.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { isOfAttempt } from '../shared/job-result.ts';
import { addressOf } from '../shared/target-address.ts';

export async function conclude(
  { end, ...target }: TargetRef & { readonly end: TargetEnd },
  item: OutcomeItem,
  store: ObjectStore,
): Promise<{ readonly outcome: Outcome; readonly reason: string }> {
  if (end.kind === 'decided') return { outcome: end.outcome, reason: end.reason };
  if (end.kind === 'completed') {
    return end.applied
      ? { outcome: 'applied', reason: describeChanges(item.changes) }
      : { outcome: 'unchanged', reason: 'the plan is empty' };
  }
  const key = stageKey(addressOf(target), end.stage, 'result.json');
  const result = await readDocument(store, key, jobResultSchema);
  const why =
    result !== undefined && isOfAttempt(result, item) && result.status === 'failed'
      ? result.reason
      : failureReason(end.error, end.cause);
  return { outcome: 'failed', reason: `${end.stage} failed: ${why}` };
}
