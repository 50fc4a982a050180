/** Keeps how a job spent its time, in the ledger and as a segment of its change's trace; called by `admit` when the job signs off. */
import type { JobSpec } from '../../core/contracts/job.ts';
import type { JobTimes } from '../../core/contracts/job-times.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { JobTimesItem } from '../../core/ledger/work-items.ts';
import { jobSpans } from '../../core/trace/job-spans.ts';
import { segmentIn } from '../../core/trace/segment.ts';
import type { Ledger, Segments } from '../ports.ts';

/**
 * The job writes no segment itself: its role may call functions only, and what runs in it is user code. So nothing but times, for
 * its own target and under names of the executor's, can come from there.
 */
export async function keepTimes(
  { release, target, pass, stage, preparedAt }: JobSpec,
  { jobId, times }: { readonly jobId: string; readonly times: JobTimes },
  { ledger, segments }: { readonly ledger: Ledger; readonly segments: Segments },
): Promise<void> {
  const { environment, component, arch } = target;
  const item: JobTimesItem = {
    ...{ environment, component, pass, stage, jobId, architecture: arch },
    ...(preparedAt && { preparedAt }),
    times,
  };
  await ledger.put(ledgerKeys.jobTimes(release.repository, release.id, jobId), item);
  const segment = segmentIn(release.trace, {
    name: `belay ${stage}`,
    startedAt: new Date(preparedAt ?? times.startedAt),
    endedAt: new Date(times.endedAt),
    parts: jobSpans(item),
    failed: times.failed,
    annotations: { release: release.id, target: `${environment}/${component}`, pass },
  });
  if (segment !== undefined) await segments.send(segment);
}
