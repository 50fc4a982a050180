/** A commit of GitHub's merge queue from its first word to its last: planned while the queue wants it, given up after. Steps of `resolve`. */
import type { MergeGroup, MergeGroupChanged } from '../../core/contracts/merge-group.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { mergeGroupItemSchema, type ReleaseItem } from '../../core/ledger/release-items.ts';
import type { Ledger } from '../ports.ts';
import { readNewest, readReleaseItem } from '../shared/items.ts';
import { giveUp, type PullPorts } from './pull.ts';
import { nameNewest } from './release-item.ts';

/**
 * Notes the group, for those that will be behind it in the queue, and makes the release what its commit shows. Answers why it is past
 * already, when its end was told before its beginning: GitHub does not promise an order. The commit is named first and the end looked
 * for then, and `leaveQueue` does it the other way round, so that one of the two finds the other.
 */
export async function joinQueue(
  { mergeGroup }: MergeGroupChanged,
  release: ReleaseRef,
  { ledger }: PullPorts,
): Promise<string | undefined> {
  const { repository, commit } = release;
  const newest = await newestOf(repository, commit, ledger);
  // The queue's commit is what the base branch becomes: a deployment's checks are not taken over.
  if (newest !== undefined && newest.mergeGroup === undefined)
    return `release ${newest.id} speaks for ${commit.slice(0, 7)}`;
  const key = ledgerKeys.mergeGroup(repository, commit);
  await ledger.put(key, placeOf(mergeGroup), { absent: true });
  await nameNewest(release, ledger);
  const { destroyed } = mergeGroupItemSchema.parse(await ledger.get(key));
  return destroyed === undefined ? undefined : `its merge group was ${destroyed}`;
}

/** Merged or not: nobody waits for the check any more. */
export async function leaveQueue(
  { mergeGroup, destroyed, repository: { id } }: MergeGroupChanged,
  ports: PullPorts,
): Promise<void> {
  const { head } = mergeGroup;
  await ports.ledger.put(ledgerKeys.mergeGroup(id, head), { ...placeOf(mergeGroup), destroyed });
  const newest = await newestOf(id, head, ports.ledger);
  if (newest?.mergeGroup === undefined) return;
  await giveUp({ id: newest.id, repository: id }, `the end of its merge group (${destroyed})`, ports);
}

const placeOf = ({ number, onto }: MergeGroup) => ({ ...(number !== undefined && { number }), onto });

async function newestOf(
  repository: number,
  commit: string,
  ledger: Ledger,
): Promise<ReleaseItem | undefined> {
  const newest = await readNewest(ledger, repository, commit);
  return newest && readReleaseItem(ledger, newest);
}
