/** Keeps the one comment on a pull request at what the ledger says. Called by `show-release`, for plans and for what was merged. */
import { createHash } from 'node:crypto';
import { pullComment } from '../../core/checks/pull-comment.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type PullItem, pullItemSchema } from '../../core/ledger/release-items.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import { GitHubError } from '../github-error.ts';
import type { PullCommentWriter } from '../github-ports.ts';
import type { Log } from '../ports.ts';
import { readMergedAs, readNewest } from '../shared/items.ts';
import { isFinal } from './final.ts';
import { readRecord } from './record.ts';
import { type SpendingPorts, spending } from './spending.ts';

export interface ShowCommentPorts extends SpendingPorts {
  readonly github: PullCommentWriter;
  readonly log: Log;
}

type Comment = NonNullable<PullItem['comment']>;

/** Where a pull request is. */
interface Pull {
  readonly repository: ReleaseRecord['release']['repository'];
  readonly number: number;
}

/** Longer than a run of this function: whoever has begun to write and not ended by then is gone. Milliseconds. */
const GONE_MS = 120_000;

/** GitHub's clock may be behind ours. Milliseconds. */
const SKEW_MS = 300_000;

/** When somebody has begun who is known to be gone. */
const NOBODY_WRITES = new Date(0).toISOString();

export async function showComment({ release }: ReleaseRecord, ports: ShowCommentPorts): Promise<void> {
  // The merge queue plans what the pull request's own plan has told.
  if (release.mergeGroup !== undefined) return;
  const number =
    release.pull?.number ?? (await readMergedAs(ports.ledger, release.repository.id, release.commit));
  if (number === undefined) return;
  const pull = { repository: release.repository, number };
  try {
    let end = await write(pull, ports, false);
    while (end !== 'done') end = await write(pull, ports, end === 'overtaken');
  } catch (error) {
    if (!isFinal(error)) throw error;
    ports.log('comment dropped', {
      level: 'error',
      pull: number,
      error: error.message,
    });
  }
}

/**
 * Releases of two commits may have something to say at once. Each notes that it writes before it does, so whoever finds that somebody
 * has begun since writes once more: the last to write has read last. `overtaken`: what was written may be older than what is there.
 */
async function write(
  pull: Pull,
  ports: ShowCommentPorts,
  isOvertaken: boolean,
): Promise<'done' | 'again' | 'overtaken'> {
  const { repository, number } = pull;
  const key = ledgerKeys.pull(repository.id, number);
  const found = await ports.ledger.get(key);
  if (found === undefined) return 'done';
  const item = pullItemSchema.parse(found);
  const desired = await desiredComment(item, repository.id, ports);
  if (desired === undefined) return 'done';
  const digest = createHash('sha256').update(desired.body).digest('hex');
  const { comment: known, version } = item;
  if (known?.digest === digest && !isOvertaken) return 'done';
  const now = ports.clock.now();
  if (known !== undefined && known.id === undefined && now.getTime() - Date.parse(known.at) < GONE_MS)
    throw new Error(`commenting on pull request ${number}: another function is writing the comment`);

  const at = now.toISOString();
  const begun = { ...known, digest: '', since: known?.since ?? at, at };
  const note = (of: number, comment: Comment | undefined) => {
    const change = comment === undefined ? { remove: ['comment'] } : {};
    const set = { version: of + 1, ...(comment !== undefined && { comment }) };
    return ports.ledger.update(key, { set, ...change }, { equals: { version: of } });
  };
  return spending(repository.fullName, desired.kind, {
    ports,
    write: async () => {
      if ((await note(version, begun)) === undefined) return 'again';
      const put = putComment(pull, { begun, isTakenOver: known !== undefined, body: desired.body }, ports);
      const id = await put.catch(async (error: unknown) => {
        // The next look need not wait for us, only search: what seems to have failed may have been written, also by whom we took over from.
        const isUnwritten = known === undefined && isFinal(error);
        await note(version + 1, isUnwritten ? undefined : { ...begun, at: NOBODY_WRITES });
        throw error;
      });
      const ended = await note(version + 1, id === undefined ? undefined : { ...begun, id, digest });
      if (ended === undefined) return 'overtaken';
      return id === undefined ? 'again' : 'done';
    },
  });
}

async function desiredComment(item: PullItem, repository: number, ports: ShowCommentPorts) {
  const plan = await readRecord({ id: item.release, repository }, ports.ledger);
  if (plan === undefined) return undefined;
  const newest = item.merged && (await readNewest(ports.ledger, repository, item.merged));
  const merge = newest ? await readRecord(newest, ports.ledger) : undefined;
  // Until its deployment begins, the commit has only what the merge queue planned.
  return pullComment(plan, merge?.release.mergeGroup === undefined ? merge : undefined);
}

/** The comment's id; undefined when somebody has deleted it: then a new one is due. */
async function putComment(
  { repository: { fullName }, number }: Pull,
  { begun, isTakenOver, body }: { begun: Comment; isTakenOver: boolean; body: string },
  { github }: ShowCommentPorts,
): Promise<number | undefined> {
  // Not shown by GitHub; by it a comment is found that was written when nobody came to note it.
  const mark = `<!-- belay plans this since ${begun.since} -->`;
  const text = `${body}\n\n${mark}`;
  const since = new Date(Date.parse(begun.since) - SKEW_MS).toISOString();
  const found = begun.id === undefined && isTakenOver;
  const id = found ? await github.findComment(fullName, number, { since, words: mark }) : begun.id;
  if (id === undefined) return github.createComment(fullName, number, text);
  try {
    await github.updateComment(fullName, id, text);
    return id;
  } catch (error) {
    if (error instanceof GitHubError && error.status === 404) return undefined;
    throw error;
  }
}
