/** Says on the bus and as metrics what was not said of a release before. Called by `git-status`, before GitHub is told. */
import { newsOf } from '../../core/announcements.ts';
import { ANNOUNCEMENT_EVENT } from '../../core/contracts/announcement.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Bus, Ledger, Measure } from '../ports.ts';
import { readRecord } from './record.ts';

export interface AnnouncePorts {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly measure: Measure;
  /** Base of GitHub's pages. */
  readonly githubUrl: string;
}

/**
 * One message of a release is looked at at a time, so nothing is told twice but by a crash: an announcement when it comes before the
 * note in the ledger, never a metric, which comes after it and is lost then.
 */
export async function announce(ref: ReleaseRef, ports: AnnouncePorts): Promise<void> {
  const { ledger, bus, measure, githubUrl } = ports;
  const record = await readRecord(ref, ledger);
  if (record === undefined) return;
  const news = newsOf(record, githubUrl);
  if (news.length === 0) return;
  for (const { announcement } of news)
    if (announcement !== undefined) await bus.publish({ ...ANNOUNCEMENT_EVENT, detail: announcement });
  const announced = new Set(news.map(({ key }) => key));
  await ledger.update(
    ledgerKeys.release(ref.repository, ref.id),
    { addTo: { announced } },
    { present: true },
  );
  for (const { measurements } of news) for (const measurement of measurements) measure(measurement);
}
