/** How comments are answered: one reaction that says how far it is, and never more than one reply. */
import { beforeEach, expect, test } from '@jest/globals';
import { gitStatus as contract } from '../../../core/contracts/functions.ts';
import type { Reply } from '../../../core/ledger/conversation-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { gitStatus } from '../../../lambdas/git-status/git-status.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import type { CommentWriter, GitHubWriter } from '../../../lambdas/github-ports.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { NO_NEWS } from '../../support/no-news.ts';
import { objectsMemory } from '../../support/objects-memory.ts';
import { segmentsMemory } from '../../support/segments-memory.ts';

const NOW = '2026-11-21T08:00:00.000Z';
const KEY = ledgerKeys.comment(1, 55);
let ledger: ReturnType<typeof ledgerMemory>;
let told: string[];
let lines: string[];
let delays: number[];
/** Called before and after GitHub does something. */
let before: (call: string) => void;
let after: (call: string) => void;
let comments: string[];

const unexpected = () => Promise.reject(new Error('only comments are answered here'));
const github: GitHubWriter & CommentWriter = {
  mode: async () => 'app',
  createStatus: unexpected,
  createCheckRun: unexpected,
  updateCheckRun: unexpected,
  updateComment: unexpected,
  react: (repository, comment, reaction) => done(`${reaction} on ${comment} of ${repository}`),
  async createComment(repository, pull, body) {
    await done(`comment on ${pull} of ${repository}`, () => void comments.push(body));
    return comments.length;
  },
  async findComment(_, __, { since, words }) {
    await done(`look for "${words}" since ${since}`);
    const found = comments.findIndex((body) => body.includes(words));
    return found === -1 ? undefined : found + 1;
  },
};

async function done(call: string, effect = () => {}): Promise<void> {
  before(call);
  effect();
  told.push(call);
  after(call);
}

beforeEach(async () => {
  ledger = ledgerMemory();
  [told, lines, delays, comments] = [[], [], [], []];
  before = () => {};
  after = () => {};
  await ledger.put(KEY, {
    ...{ state: 'begun', until: NOW, expiresAt: 1, fullName: 'acme/shop', pull: 3, at: NOW },
  });
});

const answer = (reply: Reply) => ledger.update(KEY, { set: { state: 'done', answer: reply } });
const message = (tries = 1) => ({
  messageId: 'm',
  receiptHandle: 'r',
  body: JSON.stringify({ answer: { repository: 1, pull: 3, comment: 55 } }),
  attributes: { ApproximateReceiveCount: String(tries) },
});
const look = (...records: object[]) =>
  contract.handle((batch) =>
    gitStatus(batch, {
      ...NO_NEWS,
      audit: undefined,
      ...{ ledger, store: objectsMemory(), bucket: 'artifacts', github, writesPerHour: 450 },
      clock: { now: () => new Date(NOW) },
      segments: segmentsMemory(),
      messages: { delay: async (_, seconds) => void delays.push(seconds) },
      log: (event, facts) => void lines.push(JSON.stringify({ event, ...facts })),
    }),
  )({ Records: records.length === 0 ? [message()] : records });

const failed = { batchItemFailures: [{ itemIdentifier: 'm' }] };
const fine = { batchItemFailures: [] };
const MARK = '<!-- belay answers 55 -->';

test('eyes while it is being done, then a thumb; told again, nothing is written again', async () => {
  await look();
  await look();
  await answer({ reaction: '+1' });
  await look();
  await look();
  expect(told).toEqual(['eyes on 55 of acme/shop', '+1 on 55 of acme/shop']);
});

test('what is done before anybody looked has its thumb only, and its words once', async () => {
  await answer({ reaction: '-1', text: '- `/belay aprove`: no' });
  await look(message(), { ...message(), messageId: 'n' });
  await look();
  expect(told).toEqual(['-1 on 55 of acme/shop', 'comment on 3 of acme/shop']);
  expect(comments).toEqual([`- \`/belay aprove\`: no\n\n${MARK}`]);
});

test('a reply that nobody came to note is found, not written again', async () => {
  await answer({ reaction: '+1', text: 'words' });
  after = (call) => {
    if (call.startsWith('comment')) throw new Error('killed');
  };
  expect(await look()).toEqual(failed);
  after = () => {};
  expect(await look(message(2))).toEqual(fine);
  await look();
  expect(comments).toHaveLength(1);
  expect(told.slice(2)).toEqual([`look for "${MARK}" since ${NOW}`]);
});

test('a reply that GitHub did not take is written once it does', async () => {
  await answer({ reaction: '+1', text: 'words' });
  before = (call) => {
    if (call.startsWith('comment')) throw new GitHubError(503, 'away', undefined);
  };
  expect(await look()).toEqual(failed);
  expect(delays).toEqual([5]);
  before = () => {};
  expect(await look(message(2))).toEqual(fine);
  expect(comments).toHaveLength(1);
});

test.each([403, 404, 410, 422])(
  'a refusal that stays, %i, is dropped with a line in the log',
  async (status) => {
    before = () => {
      throw new GitHubError(status, 'GitHub said no', undefined);
    };
    expect(await look()).toEqual(fine);
    expect(lines).toEqual([
      `{"event":"answer dropped","repository":1,"pull":3,"comment":55,"error":"GitHub said no"}`,
    ]);
  },
);

test('a limit is waited for, and answers leave half of the budget to releases', async () => {
  before = () => {
    throw new GitHubError(403, 'slow down', new Date('2026-11-21T08:00:40.000Z'));
  };
  expect(await look()).toEqual(failed);
  expect(delays).toEqual([40]);
  before = () => {};
  const budget = { version: 1, level: 29, at: NOW };
  await ledger.put(ledgerKeys.budget('acme'), budget);
  expect(await look()).toEqual(failed);
  await ledger.put(ledgerKeys.budget('acme'), { ...budget, level: 31 });
  expect(await look()).toEqual(fine);
  expect(told).toEqual(['eyes on 55 of acme/shop']);
});
