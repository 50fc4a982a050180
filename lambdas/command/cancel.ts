/** `cancel`: a person wants a release stopped. A mark in the ledger, and everything that waits is woken to read it. */
import type { ReleaseEnvironment } from '../../core/contracts/release.ts';
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { jobKey, releaseKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ReleaseItem, releaseItemSchema } from '../../core/ledger/release-items.ts';
import { jobItemSchema } from '../../core/ledger/work-items.ts';
import type { JobControl, ObjectStore, Redrives, StatusQueue } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { readOutcomes } from '../shared/items.ts';
import type { TendPorts } from '../shared/lease-tending.ts';
import { wakeCancelled } from '../shared/waking.ts';
import type { Answer, ReleaseName } from './answer.ts';
import { findRelease, noSuchRelease } from './answer.ts';

export interface CancelPorts extends TendPorts {
  readonly store: ObjectStore;
  readonly status: StatusQueue;
  readonly redrives: Redrives;
  readonly jobControl: JobControl;
  readonly clock: { now(): Date };
}

/**
 * The mark stands before anybody is woken, and whoever begins to wait looks at it after that: nobody waits unseen. What is being
 * applied runs to its end and stays.
 */
export async function cancel({ by, ...name }: ReleaseName, ports: CancelPorts): Promise<Answer> {
  const found = await findRelease(name, ports.ledger);
  if (found === undefined) return noSuchRelease(name);
  const { status } = await ports.redrives.look(found.execution);
  if (found.verdict !== undefined || status !== 'RUNNING') {
    const how = found.verdict ?? 'broken off';
    return { accepted: false, message: `release ${name.release} has ended already: ${how}` };
  }
  const key = ledgerKeys.release(name.repository, name.release);
  const cancelled = { by, at: ports.clock.now().toISOString() };
  await ports.ledger.update(key, { set: { cancelled } }, { missing: ['cancelled', 'verdict'] });
  const item = releaseItemSchema.parse(await ports.ledger.get(key));
  await wakeCancelled(item, ports);
  await endJobs(item, ports);
  await ports.status.changed({ id: item.id, repository: item.repository.id, commit: item.commit });
  return {
    accepted: true,
    message: `release ${name.release} is being cancelled; what is being applied now runs to its end and stays`,
  };
}

/** Jobs that only read are ended; one that has not begun yet is not admitted. */
async function endJobs(release: ReleaseItem, ports: CancelPorts): Promise<void> {
  const key = releaseKey(release.repository.id, release.id);
  const document = await readDocument(ports.store, key, releaseDocumentSchema);
  for (const environment of document?.environments ?? []) await endJobsIn(environment, release, ports);
}

async function endJobsIn(environment: ReleaseEnvironment, release: ReleaseItem, ports: CancelPorts) {
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
      `release ${release.id} was cancelled by ${release.cancelled?.by}`,
    );
  }
}
