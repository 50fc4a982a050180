/** Brings the ledger's newest truth about one release to GitHub, as checks or as statuses. Called by `git-status`. */
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import { GitHubError } from '../github-error.ts';
import { OverBudget } from './later.ts';
import { type CommitRecord, readCommit } from './record.ts';
import { type ShowChecksPorts, showChecks } from './show-checks.ts';
import { type ShowCommentPorts, showComment } from './show-comment.ts';
import { showStatuses } from './show-statuses.ts';

export interface ShowReleasePorts extends Omit<ShowChecksPorts, 'github'>, Omit<ShowCommentPorts, 'github'> {
  readonly github: ShowChecksPorts['github'] & ShowCommentPorts['github'];
}

/** Says nothing when another release of the commit is the newest: what this one says is past. */
export async function showRelease(
  ref: ReleaseRef,
  found: ReleaseRecord | undefined,
  ports: ShowReleasePorts,
): Promise<void> {
  const commit = await readCommit(ref.repository, ref.commit, ports.ledger);
  if (commit.newest !== ref.id) return;
  if (found === undefined)
    throw new Error(`telling GitHub of release ${ref.id}: the ledger has no such release`);
  const record = { ...found, delay: await delayUntilNow(ref, commit, ports) };
  try {
    await show(record, commit, ports);
  } catch (error) {
    // 404 and 422 do not get better by trying: the repository or the commit is gone, the token may not see it, or the commit has
    // a thousand statuses. The next change of the release asks GitHub again.
    if (error instanceof GitHubError && (error.status === 404 || error.status === 422))
      return noteRefusal(ref, error, ports);
    if (!(error instanceof OverBudget && error.isProgress)) await noteDelay(ref, record, ports);
    throw error;
  }
  if (record.release.unshown !== undefined)
    await ports.ledger.update(releaseKey(ref), { remove: ['unshown'] }, { present: true });
}

const releaseKey = ({ repository, id }: ReleaseRef) => ledgerKeys.release(repository, id);

async function noteRefusal(
  ref: ReleaseRef,
  { status, message }: GitHubError,
  { ledger, log }: ShowReleasePorts,
): Promise<void> {
  log('status refused', { level: 'error', release: ref.id, status, error: message });
  await ledger.update(releaseKey(ref), { set: { unshown: message } }, { present: true });
}

/** What a commit was first shown as, it stays: a status and a check of one name would both be required. */
async function show(
  record: ReleaseRecord,
  { statuses, checks }: CommitRecord,
  ports: ShowReleasePorts,
): Promise<void> {
  if (statuses.length > 0) return showStatuses(record, statuses, ports);
  if ((await ports.github.mode()) === 'app') {
    await showChecks(record, checks, ports);
    return showComment(record, ports);
  }
  if (checks.length === 0) return showStatuses(record, statuses, ports);
  const why = 'the commit has checks of the GitHub App, and the GitHub secret holds a token now';
  ports.log('status dropped', { release: record.release.id, error: why });
}

async function delayUntilNow(
  { repository, commit }: ReleaseRef,
  { delay: known }: CommitRecord,
  { ledger, clock }: ShowReleasePorts,
): Promise<ReleaseRecord['delay']> {
  if (known === undefined) return undefined;
  const delay = { until: clock.now().toISOString(), ...known };
  // Said to be over before GitHub is told so; when that fails again, it is open again.
  if (known.until === undefined) await ledger.put(ledgerKeys.delay(repository, commit), delay);
  return delay;
}

/** How long an end of a delay keeps being part of it when the next failure follows. Milliseconds. */
const JOINED_MS = 60_000;

async function noteDelay(
  { repository, commit }: ReleaseRef,
  { delay }: ReleaseRecord,
  { ledger, clock }: ShowReleasePorts,
): Promise<void> {
  const now = clock.now();
  const isSame = delay !== undefined && now.getTime() - Date.parse(delay.until) < JOINED_MS;
  const since = isSame ? delay.since : now.toISOString();
  await ledger.put(ledgerKeys.delay(repository, commit), { since });
}
