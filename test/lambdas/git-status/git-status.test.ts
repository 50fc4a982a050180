import { expect, test } from '@jest/globals';
import { gitStatus as contract } from '../../../core/contracts/functions.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import { gitStatus } from '../../../lambdas/git-status/git-status.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import type { CommitStatus } from '../../../lambdas/github-ports.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { NO_NEWS } from '../../support/no-news.ts';
import { NOBODY_COMMENTS } from '../../support/nobody-comments.ts';
import { objectsMemory } from '../../support/objects-memory.ts';
import { segmentsMemory } from '../../support/segments-memory.ts';

const COMMIT = 'c0ffee1234567890abcdef1234567890abcdef12';
const ID = '20261121-c0ffee1-1';

const releaseItem = (id = ID) => ({
  id,
  repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
  commit: COMMIT,
  branch: 'main',
  sender: 'mira-lind',
  execution: 'arn:1',
  environments: ['dev'],
  reason: 'deploying to dev',
  startedAt: '2026-11-21T08:00:00.000Z',
});

const outcome = (component: string, change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  environment: 'dev',
  component,
  attempt: 1,
  affected: 'changed',
  progress: 'planning',
  reason: '',
  ...change,
});

/** A ledger with one release of two targets, a GitHub that remembers, and messages by release id. */
async function world() {
  const ledger = ledgerMemory();
  const posted: string[] = [];
  const lines: string[] = [];
  const delays: string[] = [];
  const github = { fails: (_: CommitStatus): Error | undefined => undefined };
  const put = (item: OutcomeItem, release = ID) => ledger.put(ledgerKeys.outcome(1, release, item), item);
  await ledger.put(ledgerKeys.release(1, ID), releaseItem());
  await ledger.put(ledgerKeys.commit(1, COMMIT), { release: ID });
  await ledger.put(ledgerKeys.deployment(1, ID, 'dev'), {
    environment: 'dev',
    execution: 'arn:2',
    progress: 'deploying',
    reason: '',
  });
  await put(outcome('app'));
  await put(outcome('network'));

  const segments = segmentsMemory();
  const handler = contract.handle((batch) =>
    gitStatus(batch, {
      ...NO_NEWS,
      audit: undefined,
      ledger,
      store: objectsMemory(),
      bucket: 'artifacts',
      clock: { now: () => new Date('2026-11-21T08:00:00.000Z') },
      writesPerHour: 450,
      segments,
      messages: { delay: async (handle, seconds) => void delays.push(`${handle} ${seconds}`) },
      log: (event, facts) => lines.push(JSON.stringify({ event, ...facts })),
      github: {
        ...NOBODY_COMMENTS,
        mode: async () => 'token',
        createCheckRun: async () => {
          throw new Error('a token writes no checks');
        },
        updateCheckRun: async () => {
          throw new Error('a token writes no checks');
        },
        async createStatus(repository, commit, status) {
          const failure = github.fails(status);
          if (failure !== undefined) throw failure;
          posted.push(
            `${repository}@${commit.slice(0, 7)} ${status.context} ${status.state}: ${status.description}`,
          );
        },
      },
    }),
  );
  const deliver = (...releases: string[]) =>
    handler({
      Records: releases.map((id, index) => ({
        messageId: `message-${index + 1}`,
        receiptHandle: `receipt-${index + 1}`,
        body: JSON.stringify({ release: { id, repository: 1, commit: COMMIT } }),
        attributes: { MessageGroupId: `1/${COMMIT}`, ApproximateReceiveCount: '1' },
      })),
    });
  return { ledger, posted, lines, delays, github, put, deliver, handler, segments };
}

const DONE = { batchItemFailures: [] };

test('the ledger goes to GitHub once, and then only what has changed', async () => {
  const { deliver, posted, put } = await world();
  expect(await deliver(ID)).toEqual(DONE);
  expect(posted).toEqual([
    'acme/shop@c0ffee1 belay/dev/app pending: planning',
    'acme/shop@c0ffee1 belay/dev/network pending: planning',
    'acme/shop@c0ffee1 belay pending: 0 of 2 targets done',
  ]);
  expect(await deliver(ID, ID)).toEqual(DONE);
  expect(posted).toHaveLength(3);

  await put(outcome('network', { progress: 'ended', outcome: 'unchanged', reason: 'the plan is empty' }));
  expect(await deliver(ID)).toEqual(DONE);
  expect(posted.slice(3)).toEqual([
    'acme/shop@c0ffee1 belay/dev/network success: unchanged: the plan is empty',
    'acme/shop@c0ffee1 belay pending: 1 of 2 targets done',
  ]);
});

test('a look that went well belongs to the trace of what changed; one that did not comes again', async () => {
  const { handler, github, segments } = await world();
  const AWSTraceHeader = 'Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  const record = (attributes: object) => ({
    messageId: 'message-1',
    receiptHandle: 'receipt-1',
    body: JSON.stringify({ release: { id: ID, repository: 1, commit: COMMIT } }),
    attributes: { ApproximateReceiveCount: '1', ...attributes },
  });
  github.fails = () => new Error('GitHub could not be reached');
  await handler({ Records: [record({ AWSTraceHeader })] });
  expect(segments.sent).toEqual([]);
  github.fails = () => undefined;
  await handler({ Records: [record({ AWSTraceHeader })] });
  await handler({ Records: [record({})] });
  await handler({ Records: [record({ AWSTraceHeader: 'Root=1-2-3' })] });
  expect(segments.sent).toMatchObject([
    {
      name: 'belay git-status',
      trace: { root: '1-6b014f80-bd862e3fe1be46a994272793', parent: '53995c3f42cd8ad8' },
      annotations: { release: ID },
    },
  ]);
});

test('a question that a rollback asks is shown at its target', async () => {
  const { deliver, posted, ledger, put } = await world();
  await put(outcome('app', { progress: 'ended', outcome: 'failed', reason: 'apply failed' }));
  await ledger.update(ledgerKeys.deployment(1, ID, 'dev'), {
    set: { progress: 'rolling back to last good' },
  });
  const at = { environment: 'dev', component: 'app', pass: 'reverse' } as const;
  const asking = { progress: 'approving', reason: 'to roll back it would destroy x' } as const;
  await ledger.put(ledgerKeys.outcome(1, ID, at), outcome('app', asking));
  expect(await deliver(ID)).toEqual(DONE);
  expect(posted).toContain(
    'acme/shop@c0ffee1 belay/dev/app pending: waiting for approval: to roll back it would destroy x',
  );
});

test('an older release of the commit no longer speaks for it', async () => {
  const { deliver, posted, ledger } = await world();
  const newer = '20261121-c0ffee1-2';
  await ledger.put(ledgerKeys.release(1, newer), {
    ...releaseItem(newer),
    verdict: 'nothing-to-do',
    reason: '',
  });
  await ledger.put(ledgerKeys.commit(1, COMMIT), { release: newer });
  expect(await deliver(ID)).toEqual(DONE);
  expect(posted).toEqual([]);
  expect(await deliver(newer, ID)).toEqual(DONE);
  expect(posted).toEqual(['acme/shop@c0ffee1 belay success: nothing to do']);
});

test('a failed message fails with all after it of its commit, and what was written is not written again', async () => {
  const { deliver, posted, github, lines, delays } = await world();
  github.fails = ({ context }) =>
    context === 'belay/dev/network' ? new GitHubError(403, 'secondary rate limit') : undefined;
  const gone = '20261120-c0ffee1-1';
  expect(await deliver(gone, ID, ID)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'message-2' }, { itemIdentifier: 'message-3' }],
  });
  expect(lines.join()).toContain('secondary rate limit');
  expect(delays).toEqual(['receipt-2 5', 'receipt-3 5']);
  github.fails = () => undefined;
  expect(await deliver(ID, ID)).toEqual(DONE);
  expect(posted.map((line) => line.split(' ')[1])).toEqual(['belay/dev/app', 'belay/dev/network', 'belay']);
});

test('another commit does not wait for one that GitHub refuses', async () => {
  const { handler, ledger, posted, github } = await world();
  const other = 'beef001234567890abcdef1234567890abcdef12';
  const id = '20261121-beef001-1';
  await ledger.put(ledgerKeys.release(1, id), {
    ...releaseItem(id),
    commit: other,
    verdict: 'nothing-to-do',
    reason: '',
  });
  await ledger.put(ledgerKeys.commit(1, other), { release: id });
  github.fails = ({ context }) => (context === 'belay/dev/app' ? new GitHubError(500, 'no') : undefined);
  const record = (name: string, release: object) => ({
    messageId: name,
    receiptHandle: name,
    body: JSON.stringify({ release: { repository: 1, ...release } }),
    attributes: { ApproximateReceiveCount: '1' },
  });
  const one = { id: ID, commit: COMMIT };
  const Records = [record('a', one), record('b', { id, commit: other }), record('c', one)];
  expect(await handler({ Records })).toEqual({
    batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'c' }],
  });
  expect(posted).toEqual(['acme/shop@beef001 belay success: nothing to do']);
});

test.each([500, 502, 429, 401])('GitHub answering %d is tried again', async (status) => {
  const { deliver, github } = await world();
  github.fails = () => new GitHubError(status, 'no');
  expect((await deliver(ID)).batchItemFailures).toHaveLength(1);
});

test.each([404, 422])(
  'GitHub answering %d is not tried again, and stands in the log and in the ledger until it takes them',
  async (status) => {
    const { deliver, github, lines, posted, ledger } = await world();
    const unshown = async () => (await ledger.get(ledgerKeys.release(1, ID)))?.unshown;
    github.fails = () => new GitHubError(status, 'No commit found for SHA');
    expect(await deliver(ID)).toEqual(DONE);
    expect(posted).toEqual([]);
    expect(lines).toHaveLength(1);
    for (const part of ['status refused', '"level":"error"', `"status":${status}`, 'No commit found for SHA'])
      expect(lines[0]).toContain(part);
    expect(await unshown()).toBe('No commit found for SHA');

    github.fails = () => undefined;
    expect(await deliver(ID)).toEqual(DONE);
    expect(posted).not.toEqual([]);
    expect(await unshown()).toBeUndefined();
  },
);

test('a status that was set while the note of it was lost is set again, no more', async () => {
  const { deliver, posted, ledger } = await world();
  const put = ledger.put;
  let lose = true;
  ledger.put = async (key, item, condition) => {
    if (lose && key.sk === 'status/belay/dev/app') {
      lose = false;
      throw new Error('throttled');
    }
    return put(key, item, condition);
  };
  expect((await deliver(ID)).batchItemFailures).toHaveLength(1);
  expect(await deliver(ID)).toEqual(DONE);
  expect(posted.filter((line) => line.includes('belay/dev/app'))).toHaveLength(2);
  expect(posted).toHaveLength(4);
});

test('a message that cannot be read fails, it is not swallowed', async () => {
  const { deliver, ledger } = await world();
  expect((await deliver('not-a-release')).batchItemFailures).toEqual([{ itemIdentifier: 'message-1' }]);
  await ledger.put(ledgerKeys.commit(1, COMMIT), { release: '20261121-c0ffee1-9' });
  expect((await deliver('20261121-c0ffee1-9')).batchItemFailures).toHaveLength(1);
});
