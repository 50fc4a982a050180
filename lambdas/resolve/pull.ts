/** Which release speaks for a pull request: the one of its newest change. What was being planned before is given up. Steps of `resolve`. */
import type { ReleaseRequest } from '../../core/contracts/operation.ts';
import type { PullRequestChanged } from '../../core/contracts/pull.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { commitItemSchema, type PullItem, pullItemSchema } from '../../core/ledger/release-items.ts';
import type { Clock, Ledger, StatusQueue } from '../ports.ts';
import { type ReleaseAddress, readReleaseItem } from '../shared/items.ts';
import { type StopPorts, stopCancelled } from '../shared/stopping.ts';

export interface PullPorts extends StopPorts {
  readonly clock: Clock;
  readonly statuses: StatusQueue;
}

/**
 * Makes the release the one that speaks for its pull request, after whatever spoke for it before has been told to stop; a call that
 * was cut off in between is repeated whole. Answers why the release is past already, when a newer change was served before it:
 * GitHub does not promise an order.
 */
export async function followPull(
  request: ReleaseRequest,
  release: ReleaseRef,
  ports: PullPorts,
): Promise<string | undefined> {
  if (!('pull' in request)) return undefined;
  const { number, head } = request.pull;
  const key = ledgerKeys.pull(release.repository, number);
  for (;;) {
    const before = await readPull(ports.ledger, release.repository, number);
    const past = before && pastReason(request, before);
    if (past !== undefined) return past;
    if (before?.release === release.id) return undefined;
    if (before !== undefined)
      await giveUp({ id: before.release, repository: release.repository }, release.id, ports);
    const at = 'at' in request ? request.at : (before?.at ?? ports.clock.now().toISOString());
    const item: PullItem = {
      ...before,
      ...{ version: (before?.version ?? 0) + 1, number, head, at, release: release.id },
    };
    const condition =
      before === undefined ? ({ absent: true } as const) : { equals: { version: before.version } };
    if (await ports.ledger.put(key, item, condition)) return undefined;
  }
}

/** A command is about one commit: whoever gave it has not seen another. */
function pastReason(request: Extract<ReleaseRequest, { pull: unknown }>, { head, at }: PullItem) {
  const isPast = 'at' in request ? Date.parse(request.at) < Date.parse(at) : request.pull.head !== head;
  return isPast ? `pull request ${request.pull.number} is at ${head.slice(0, 7)} by now` : undefined;
}

/** Does nothing to a release that has ended. */
async function giveUp({ id, repository }: ReleaseAddress, newer: string, ports: PullPorts): Promise<void> {
  const { ledger, clock, statuses } = ports;
  const cancelled = { by: 'belay', at: clock.now().toISOString(), newer };
  const key = ledgerKeys.release(repository, id);
  await ledger.update(key, { set: { cancelled } }, { present: true, missing: ['cancelled', 'verdict'] });
  const item = await readReleaseItem(ledger, { id, repository });
  if (item.verdict !== undefined || item.cancelled === undefined) return;
  await stopCancelled(item, ports);
  await statuses.changed({ id, repository, commit: item.commit });
}

/** A pull request that was closed is planned no more, and what it became is told in its comment. */
export async function closePull(
  { closed, pull, repository }: PullRequestChanged,
  ports: PullPorts,
): Promise<void> {
  const { ledger } = ports;
  const { id } = repository;
  const commit = closed?.commit;
  if (commit !== undefined) await ledger.put(ledgerKeys.merged(id, commit), { number: pull.number });
  const item = await readPull(ledger, id, pull.number);
  if (item === undefined) return;
  await giveUp({ id: item.release, repository: id }, 'its being closed', ports);
  if (commit === undefined) return;
  await ledger.update(ledgerKeys.pull(id, pull.number), { set: { merged: commit } }, { present: true });
  const newest = await ledger.get(ledgerKeys.commit(id, commit));
  if (newest === undefined) return;
  const { release } = commitItemSchema.parse(newest);
  await ports.statuses.changed({ id: release, repository: id, commit });
}

export async function readPull(
  ledger: Ledger,
  repository: number,
  number: number,
): Promise<PullItem | undefined> {
  const item = await ledger.get(ledgerKeys.pull(repository, number));
  return item === undefined ? undefined : pullItemSchema.parse(item);
}
