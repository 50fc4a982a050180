/** The release a delivery becomes: its item and its place as its commit's newest. Steps of `resolve`. */

import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import {
  commitItemSchema,
  type DeliveryItem,
  type ReleaseItem,
  releaseItemSchema,
} from '../../core/ledger/release-items.ts';
import { isNewerRelease, releaseId } from '../../core/release-id.ts';
import type { Request } from '../../core/request.ts';
import type { Operation } from '../../core/words.ts';
import type { Ledger } from '../ports.ts';
import { changeOwnDelivery, isOwner } from './claim.ts';

const READING = 'reading the commit';

/** What it says of itself at first. */
const BEGINNING: Partial<Record<Operation, string>> = {
  apply: READING,
  plan: 'merging it with its base branch',
};

/**
 * The delivery's release, made if there is none yet; the same one however often this is called for the delivery.
 * Undefined when another execution has taken the delivery over.
 */
export async function openRelease(
  delivery: DeliveryItem,
  { request, startedAt }: { readonly request: Request; readonly startedAt: string },
  ledger: Ledger,
): Promise<ReleaseItem | undefined> {
  const { operation, because, repository, commit, branch, by, older, pull, mergeGroup, trace } = request;
  if (delivery.release !== undefined) return adopt(delivery, repository.id, delivery.release, ledger);
  const { execution } = delivery;
  for (let n = 1; ; n++) {
    const item: ReleaseItem = {
      id: releaseId(startedAt, commit, n),
      repository,
      commit,
      branch,
      operation,
      ...(because && { because }),
      sender: by,
      execution,
      ...(trace && { trace }),
      environments: [],
      ...(pull && { pull }),
      ...(mergeGroup && { mergeGroup }),
      reason: mergeGroup ? READING : (BEGINNING[operation] ?? 'reading what is deployed'),
      startedAt,
      ...(older && { older }),
    };
    const key = ledgerKeys.release(repository.id, item.id);
    // An item of this very execution was put by a call that did not get as far as noting it in the delivery.
    if ((await ledger.put(key, item, { absent: true })) || (await ledger.get(key))?.execution === execution) {
      return (await changeOwnDelivery(delivery, { release: item.id }, ledger)) ? item : undefined;
    }
  }
}

/**
 * Makes a release this execution's own. The delivery is looked at between reading and writing the release: who has lost it
 * finds so here, who loses it after that is adopted from in turn.
 */
async function adopt(
  { guid, execution }: DeliveryItem,
  repository: number,
  id: string,
  ledger: Ledger,
): Promise<ReleaseItem | undefined> {
  const key = ledgerKeys.release(repository, id);
  for (;;) {
    const found = releaseItemSchema.parse(await ledger.get(key));
    if (found.execution === execution) return found;
    if (!(await isOwner(guid, execution, ledger))) return undefined;
    await ledger.update(key, { set: { execution } }, { equals: { execution: found.execution } });
  }
}

/** Makes `release` its commit's newest, unless a newer one is: only the newest writes the commit's statuses. */
export async function nameNewest(release: ReleaseRef, ledger: Ledger): Promise<void> {
  const key = ledgerKeys.commit(release.repository, release.commit);
  for (;;) {
    const found = await ledger.get(key);
    const newest = found === undefined ? undefined : commitItemSchema.parse(found).release;
    if (newest !== undefined && !isNewerRelease(release.id, newest)) return;
    const condition = newest === undefined ? ({ absent: true } as const) : { equals: { release: newest } };
    if (await ledger.put(key, { release: release.id }, condition)) return;
  }
}
