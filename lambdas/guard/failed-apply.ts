/** What becomes of an apply (or a destroy) that failed: planned again when the state had moved, else it stays failed. Called by `guard`. */
import type * as z from 'zod';
import type { guard as contract, TargetRef } from '../../core/contracts/functions.ts';
import { jobResultSchema } from '../../core/contracts/job.ts';
import { stageKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { readDocument } from '../shared/documents.ts';
import { isOfAttempt } from '../shared/job-result.ts';
import { requireOutcome } from '../shared/outcome-item.ts';
import { addressOf } from '../shared/target-address.ts';
import type { GuardPorts } from './guard.ts';

/** Who keeps moving the state of a target this often while it is deployed has to be found first. */
const MAX_ROUNDS = 3;

type Judgement = z.input<typeof contract.output>;

/**
 * A new round is counted by the write that leaves `applying`, so a repeated call finds it counted and answers the same.
 * @throws Error when the target was opened under another fence.
 */
export async function judgeFailedApply(
  target: TargetRef,
  { ledger, store, status }: GuardPorts,
): Promise<Judgement> {
  const item = await requireOutcome(ledger, target);
  if (item.progress === 'planning') return { decision: 'plan-again' };
  const key = stageKey(addressOf(target), item.destroys ? 'destroy' : 'apply', 'result.json');
  const result = await readDocument(store, key, jobResultSchema);
  const { round = 0 } = item;
  const isStale = result?.failure === 'stale-plan' && isOfAttempt(result, item);
  if (round >= MAX_ROUNDS || !isStale) return { decision: 'failed' };
  const { repository, id } = target.release;
  await ledger.update(
    ledgerKeys.outcome(repository, id, target),
    { set: { progress: 'planning', round: round + 1 } },
    { equals: { attempt: target.fence, progress: 'applying' }, missing: ['outcome'] },
  );
  await status.changed(target.release);
  return { decision: 'plan-again' };
}
