/** Keeps where the time of a release went, once it has ended, as a page among its artifacts. Called by `git-status`. */
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { releaseKey, timelineKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import { factsOf } from '../../core/trace/facts.ts';
import { timelineOf } from '../../core/trace/timeline.ts';
import { timelinePage } from '../../core/trace/timeline-page.ts';
import type { Clock, Ledger, ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';

export interface TimelinePorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly clock: Clock;
}

/** Written once for every end: a release that is redriven ends again. Its end may be known before its last deployment is settled. */
export async function keepTimeline(release: ReleaseItem, ports: TimelinePorts): Promise<void> {
  const { ledger, store } = ports;
  const { id, repository, endedAt } = release;
  if (endedAt === undefined || release.timelineOf === endedAt) return;
  const key = ledgerKeys.release(repository.id, id);
  const document = await readDocument(store, releaseKey(repository.id, id), releaseDocumentSchema);
  const [items, jobs] = await Promise.all([
    ledger.query(key.pk),
    ledger.query(ledgerKeys.jobTimes(repository.id, id, '').pk),
  ]);
  const facts = factsOf({ release, document, items, jobs });
  if (facts.deployments.some(({ askedAt, endedAt }) => askedAt !== undefined && endedAt === undefined))
    return;
  const page = timelinePage(timelineOf(facts, ports.clock.now()));
  await store.put(timelineKey(repository.id, id), page, 'text/html; charset=utf-8');
  await ledger.update(key, { set: { timelineOf: endedAt } }, { equals: { endedAt } });
}
