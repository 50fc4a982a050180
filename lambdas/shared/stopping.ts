/** Stops a release that is marked as cancelled: wakes what waits and ends jobs that only read. Used by `cancel` and `resolve`. */
import type { ReleaseEnvironment } from '../../core/contracts/release.ts';
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { jobKey, releaseKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import { jobItemSchema } from '../../core/ledger/work-items.ts';
import type { JobControl, ObjectStore } from '../ports.ts';
import { cancellationIn } from './cancellation.ts';
import { readDocument } from './documents.ts';
import { readOutcomes } from './items.ts';
import type { TendPorts } from './lease-tending.ts';
import { wakeCancelled } from './waking.ts';

export interface StopPorts extends TendPorts {
  readonly store: ObjectStore;
  readonly jobControl: JobControl;
}

/** Safe to repeat. */
export async function stopCancelled(release: ReleaseItem, ports: StopPorts): Promise<void> {
  await wakeCancelled(release, ports);
  await endJobs(release, ports);
}

/** Jobs that only read are ended; one that has not begun yet is not admitted. */
async function endJobs(release: ReleaseItem, ports: StopPorts): Promise<void> {
  const key = releaseKey(release.repository.id, release.id);
  const document = await readDocument(ports.store, key, releaseDocumentSchema);
  for (const environment of document?.environments ?? []) await endJobsIn(environment, release, ports);
}

async function endJobsIn(environment: ReleaseEnvironment, release: ReleaseItem, ports: StopPorts) {
  const address = { id: release.id, repository: release.repository.id };
  const outcomes = await readOutcomes(ports.ledger, address, environment.name);
  for (const { component, outcome, progress, attempt, round = 0 } of outcomes.values()) {
    const stage = progress === 'planning' ? 'plan' : progress === 'testing' ? 'test' : undefined;
    if (outcome !== undefined || stage === undefined) continue;
    const target = {
      repository: address.repository,
      release: release.id,
      environment: environment.name,
      component,
    };
    const item = await ports.ledger.get(ledgerKeys.job(jobKey(target, stage, { fence: attempt, round })));
    const job = item === undefined ? undefined : jobItemSchema.parse(item);
    if (job?.jobId === undefined || job.ended) continue;
    await ports.jobControl.terminate(
      job.jobId,
      `release ${release.id} was ${cancellationIn(release)?.reason}`,
    );
  }
}
