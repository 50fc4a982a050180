/** Is a job's result the one we look for? A job that was killed leaves none, and an earlier one may have left its own. Used by `guard` and `record`. */
import type { JobResult } from '../../core/contracts/job.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';

/** Written in this attempt of the target, for its newest plan. */
export function isOfAttempt(result: JobResult, { round = 0, startedAt = '' }: OutcomeItem): boolean {
  return result.round === round && Date.parse(result.endedAt) >= Date.parse(startedAt);
}
