/** Which release speaks for a pull request: the one of its newest change. What was being planned before is given up. Steps of `resolve`. */
import type { ReleaseRequest } from '../../core/contracts/operation.ts';
import type { PullRequestChanged } from '../../core/contracts/pull.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { PullItem } from '../../core/ledger/release-items.ts';
import { isNewerRelease } from '../../core/release-id.ts';
import type { Clock, Ledger, StatusQueue } from '../ports.ts';
import { type ReleaseAddress, readNewest, readPull, readReleaseItem } from '../shared/items.ts';
import { type StopPorts, stopCancelled } from '../shared/stopping.ts';
import { nameNewest } from './release-item.ts';

export interface PullPorts extends StopPorts {
  readonly clock: Clock;
  readonly statuses: StatusQueue;
}

/** A release that has just begun; `isWaiting`: of a pull request that is not planned before somebody says so. */
interface Begun {
  readonly release: ReleaseRef;
  readonly isWaiting: boolean;
}

/**
 * Makes the release its commit's newest and, of a pull request, the one that speaks for it, after whatever spoke for it before has been
 * told to stop; a call that was cut off in between is repeated whole. Answers why the release is past already, when a newer change was
 * served before it: GitHub does not promise an order.
 */
export async function becomeNewest(
  request: ReleaseRequest,
  { release, isWaiting }: Begun,
  ports: PullPorts,
): Promise<string | undefined> {
  const { ledger } = ports;
  if (!('pull' in request)) return void (await nameNewest(release, ledger));
  const { number, head } = request.pull;
  const key = ledgerKeys.pull(release.repository, number);
  for (;;) {
    const before = await readPull(ledger, release.repository, number);
    const past = before && pastReason(request, release, before);
    if (past !== undefined) return past;
    // Anybody may open a pull request for a commit that is somebody else's: what only waits takes no commit's checks over.
    if (!isWaiting || !(await isOthers(release, number, ledger))) await nameNewest(release, ledger);
    if (before?.release === release.id) return undefined;
    if (before !== undefined)
      await giveUp({ id: before.release, repository: release.repository }, release.id, ports);
    const at = 'at' in request ? request.at : (before?.at ?? NEVER_TOLD);
    const item: PullItem = {
      ...before,
      ...{ version: (before?.version ?? 0) + 1, number, head, at, release: release.id },
    };
    const condition =
      before === undefined ? ({ absent: true } as const) : { equals: { version: before.version } };
    if (await ledger.put(key, item, condition)) return undefined;
  }
}

/** Of a pull request that GitHub has told nothing of: whatever it tells is newer. */
const NEVER_TOLD = '1970-01-01T00:00:00.000Z';

/** Is the commit's newest release of no pull request, or of another one? */
async function isOthers(
  { repository, commit }: ReleaseRef,
  number: number,
  ledger: Ledger,
): Promise<boolean> {
  const newest = await readNewest(ledger, repository, commit);
  if (newest === undefined) return false;
  const { pull } = await readReleaseItem(ledger, newest);
  return pull?.number !== number;
}

/** A command is about one commit: whoever gave it has not seen another. Of two that want the same commit planned the later stays. */
function pastReason(
  request: Extract<ReleaseRequest, { pull: unknown }>,
  { id }: ReleaseRef,
  { head, at, release }: PullItem,
) {
  const { number } = request.pull;
  const isPast = 'at' in request ? Date.parse(request.at) < Date.parse(at) : request.pull.head !== head;
  if (isPast) return `pull request ${number} is at ${head.slice(0, 7)} by now`;
  const isSame = request.pull.head === head && isNewerRelease(release, id);
  return isSame ? `release ${release} speaks for pull request ${number}` : undefined;
}

/** Does nothing to a release that has ended. */
export async function giveUp(
  { id, repository }: ReleaseAddress,
  newer: string,
  ports: PullPorts,
): Promise<void> {
  const { ledger, clock, statuses } = ports;
  const cancelled = { by: 'belay', at: clock.now().toISOString(), newer };
  const key = ledgerKeys.release(repository, id);
  await ledger.update(key, { set: { cancelled } }, { present: true, missing: ['cancelled', 'verdict'] });
  const item = await readReleaseItem(ledger, { id, repository });
  if (item.verdict !== undefined || item.cancelled === undefined) return;
  await stopCancelled(item, ports);
  await statuses.changed({ id, repository, commit: item.commit });
}

/** A pull request that was closed, or is for a branch now that is not deployed, is planned no more; what it became is told in its comment. */
export async function leavePull(change: PullRequestChanged, ports: PullPorts): Promise<void> {
  const { closed, pull, repository } = change;
  const { ledger } = ports;
  const { id } = repository;
  const commit = closed?.commit;
  if (commit !== undefined) await ledger.put(ledgerKeys.merged(id, commit), { number: pull.number });
  const item = await noteMerged(change, ledger);
  if (item === undefined || Date.parse(change.at) < Date.parse(item.at)) return;
  const why = closed === undefined ? `its new base branch, ${pull.base}` : 'its being closed';
  await giveUp({ id: item.release, repository: id }, why, ports);
  if (commit === undefined) return;
  const newest = await readNewest(ledger, id, commit);
  if (newest !== undefined) await ports.statuses.changed({ ...newest, commit });
}

/** The pull request, with what it became. */
async function noteMerged(
  { closed, pull, repository }: PullRequestChanged,
  ledger: Ledger,
): Promise<PullItem | undefined> {
  const key = ledgerKeys.pull(repository.id, pull.number);
  for (;;) {
    const item = await readPull(ledger, repository.id, pull.number);
    const merged = closed?.commit;
    if (item === undefined || merged === undefined) return item;
    const { version } = item;
    if (await ledger.update(key, { set: { merged, version: version + 1 } }, { equals: { version } }))
      return item;
  }
}
