/** Sweeps one environment's lease: ended owners, waiters and writers go, unsent answers are sent. Called by `sweep`. */
import type { EnvironmentItem, KnownItem } from '../../core/ledger/environment-items.ts';
import { readTargets } from '../shared/items.ts';
import { tendLease } from '../shared/lease-tending.ts';
import { yieldToNewer } from '../shared/yielding.ts';
import type { StepPorts } from './ports.ts';

export async function sweepLease(
  { repository, environment }: KnownItem,
  ports: StepPorts,
): Promise<readonly string[]> {
  const address = { repository: repository.id, environment };
  const { before, after } = await tendLease(address, ports);
  // A writer that has just been taken out may have been all that kept the owner from giving way.
  await yieldToNewer(address, ports);
  await gauge({ repository, environment }, after, ports);
  if (before.version === after.version) return [];
  const where = `${environment} of ${repository.fullName}`;
  return changesBetween(before, after).map((change) => `${where}: ${change}`);
}

/** What became of the lease; a change that others made in the meantime is told too. */
function changesBetween(before: EnvironmentItem, after: EnvironmentItem): string[] {
  const writers = Object.entries(before.writers).filter(([one, job]) => after.writers[one] !== job);
  const waiting = new Set([...after.queue, after.owner].flatMap((one) => one?.execution ?? []));
  const lost = before.queue.filter(({ execution }) => !waiting.has(execution));
  const isFreed = before.owner !== undefined && before.owner.execution !== after.owner?.execution;
  const unsent = before.answers.filter(({ execution }) => waiting.has(execution));
  return [
    ...writers.map(([component]) => `the job that wrote ${component} has ended`),
    ...(isFreed ? [`the lease of release ${before.owner?.release} is free: its deployment has ended`] : []),
    ...lost.map(({ release }) => `release ${release} left the queue: its deployment has ended`),
    ...(after.owner !== undefined && after.owner.execution !== before.owner?.execution
      ? [`the lease goes to release ${after.owner.release}`]
      : []),
    ...(unsent.length > 0 && !isFreed ? ['what was to be said of the lease was said again'] : []),
  ];
}

/** What is dirty under a lease is being worked on; without one it waits for a person. */
async function gauge(
  { repository, environment }: KnownItem,
  { owner, queue, writers }: EnvironmentItem,
  { ledger, jobs, gauges }: StepPorts,
): Promise<void> {
  const named = (what: string) => `${repository.fullName} ${environment}/${what}`;
  for (const { release } of queue) gauges.count('DeploymentsQueued', named(release));
  for (const [component, jobId] of Object.entries(writers)) {
    const since = await jobs.runningSince(jobId);
    if (since !== undefined) gauges.since('LongestApply', since, named(component));
  }
  if (owner !== undefined) return;
  for (const [component, { live }] of await readTargets(ledger, repository.id, environment))
    if (live?.state === 'dirty') gauges.count('DirtyTargets', named(component));
}
