/** Does a job still belong to what its target is doing? Asked by `admit` before it begins and by `artifacts` before it leaves anything. */
import type { JobSpec } from '../../core/contracts/job.ts';
import type { Ledger } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { readOutcome } from './outcome-item.ts';

/** `now` is the target's current attempt. Undefined when the job is wanted; else why it is not: an execution that was stopped leaves its jobs in Batch's queue. */
export async function supersededReason(
  { release, target: { environment, component }, pass, fence, round }: JobSpec,
  now: Attempt,
  ledger: Ledger,
): Promise<string | undefined> {
  if (now.fence !== fence) return LOST_LEASE;
  const outcome = await readOutcome(ledger, { release, environment, component, pass, fence });
  if (outcome === undefined) return 'its target was opened anew since: another job does its work';
  if ((outcome.round ?? 0) !== round) return 'its target was planned again since: another job does its work';
  return undefined;
}

export const LOST_LEASE = 'its deployment does not hold the lease any more';
