/** Keeps where the time of a release went, once it has ended, as a page among its artifacts, and tells what it has cost. Called by `git-status`. */
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { releaseCost } from '../../core/cost/release-cost.ts';
import { releaseKey, timelineKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import { jobTimesItemSchema } from '../../core/ledger/work-items.ts';
import { factsOf } from '../../core/trace/facts.ts';
import { timelineOf } from '../../core/trace/timeline.ts';
import { timelinePage } from '../../core/trace/timeline-page.ts';
import type { Clock, Ledger, Measure, ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';

export interface TimelinePorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly measure: Measure;
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
  const { usd } = releaseCost({
    deployments: facts.deployments,
    outcomes: facts.targets.map(({ outcome }) => outcome),
    jobs: jobTimesItemSchema.array().parse(jobs),
  });
  await tellCost(release, { endedAt, usd }, ports);
}

/**
 * Noted first: of two looks one tells, and a crash in between loses the value. What it had cost at an end before was told then; a redrive
 * opens some of its targets anew, so it may seem to have cost less.
 */
async function tellCost(
  { id, repository, operation = 'apply', timelineOf: before, costUsd: told = 0 }: ReleaseItem,
  { endedAt, usd }: { readonly endedAt: string; readonly usd: number },
  { ledger, measure }: TimelinePorts,
): Promise<void> {
  const set = { timelineOf: endedAt, costUsd: Math.max(told, usd) };
  const asItWas =
    before === undefined
      ? { equals: { endedAt }, missing: ['timelineOf'] }
      : { equals: { endedAt, timelineOf: before } };
  const noted = await ledger.update(ledgerKeys.release(repository.id, id), { set }, asItWas);
  if (noted === undefined) return;
  const facts = { release: id, repository: repository.fullName, operation };
  measure({ metric: 'ReleaseCost', value: set.costUsd - told, facts });
}
