/** Says on the bus and as metrics what was not said of a release before. Called by `git-status`, before GitHub is told. */
import { newsOf } from '../../core/announcements.ts';
import { ANNOUNCEMENT_EVENT } from '../../core/contracts/announcement.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import type { Bus, Ledger, Measure } from '../ports.ts';

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
export async function announce(record: ReleaseRecord, ports: AnnouncePorts): Promise<void> {
  const { ledger, bus, measure, githubUrl } = ports;
  const news = newsOf(record, githubUrl);
  if (news.length === 0) return;
  for (const { announcement } of news)
    if (announcement !== undefined) await bus.publish({ ...ANNOUNCEMENT_EVENT, detail: announcement });
  const announced = new Set(news.map(({ key }) => key));
  const { repository, id } = record.release;
  await ledger.update(ledgerKeys.release(repository.id, id), { addTo: { announced } }, { present: true });
  for (const { measurements } of news) for (const measurement of measurements) measure(measurement);
}
