/** The audit in Git: nothing twice, nothing lost, in order, wherever it breaks off. */
import { beforeEach, expect, test } from '@jest/globals';
import { entryMessage, leaseIn } from '../../../core/audit/entry.ts';
import { releaseKey } from '../../../core/keys.ts';
import type { EntryItem } from '../../../core/ledger/audit-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import { gitStatus } from '../../../lambdas/git-status/git-status.ts';
import { GitHubError, NotGranted } from '../../../lambdas/github-error.ts';
import type { AuditWriter } from '../../../lambdas/ports.ts';
import { gitObjectsMemory } from '../../support/git-objects-memory.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { NOBODY_COMMENTS } from '../../support/nobody-comments.ts';
import { objectsMemory } from '../../support/objects-memory.ts';
import { COMMIT, deploymentItem, ID, outcome, releaseItem, START } from './world.ts';

const OLDER = 'ba5e000000000000000000000000000000000000';
const HISTORY = 'belay/dev/history';
const LAST_GOOD = 'belay/dev/last-good';

/** A ledger with one release and a repository with two commits. `audit`: what stands between. */
function auditWorld() {
  const ledger = ledgerMemory();
  const store = objectsMemory();
  const repository = gitObjectsMemory({ [COMMIT]: 'tree-new', [OLDER]: 'tree-old' });
  const clock = { now: START };
  const lines: string[] = [];
  const unexpected = async () => {
    throw new Error('the commit has no newest release: nothing is shown');
  };
  const world = {
    ...{ ledger, store, repository, clock, lines },
    audit: repository.writer as AuditWriter | undefined,
    /** One message. */
    async look() {
      const message = {
        messageId: 'm',
        receiptHandle: 'r',
        body: JSON.stringify({ release: { id: ID, repository: 1, commit: COMMIT } }),
        attributes: { ApproximateReceiveCount: 1 },
      };
      const { batchItemFailures } = await gitStatus(
        { Records: [message] },
        {
          ...{ ledger, store, bucket: 'artifacts', audit: world.audit, writesPerHour: 450 },
          github: {
            ...NOBODY_COMMENTS,
            mode: unexpected,
            createStatus: unexpected,
            createCheckRun: unexpected,
            updateCheckRun: unexpected,
          },
          clock: { now: () => new Date(clock.now) },
          messages: { delay: async () => {} },
          log: (event, facts) => void lines.push(JSON.stringify({ event, ...facts })),
        },
      );
      return batchItemFailures.length === 0 ? 'done' : 'again';
    },
    put: (item: OutcomeItem) => ledger.put(ledgerKeys.outcome(1, ID, item), item),
    entry(fence: number, change: Partial<EntryItem> = {}) {
      const { repository: of } = releaseItem();
      const deployed = change.deployed ?? COMMIT;
      const message = entryMessage({
        ...{
          dirty: [],
          isEmpty: false,
          release: { id: ID, commit: COMMIT },
          environment: 'dev',
          operation: 'apply',
          fence,
          deployed,
        },
        verdict: change.isGood === false ? 'rolled-back' : 'succeeded',
        ...{ targets: [outcome('app', { outcome: 'applied' })], actor: 'mira-lind', approvers: [] },
        endedAt: '2026-11-21T08:09:00.000Z',
      });
      const item: EntryItem = {
        ...{ repository: of, release: ID, fence, message, deployed, isGood: true, expiresAt: 2e9 },
        ...change,
      };
      return ledger.put(ledgerKeys.entry(1, 'dev', fence), item, { absent: true });
    },
  };
  return world;
}

type World = ReturnType<typeof auditWorld>;

async function ended(world: World) {
  await world.ledger.put(ledgerKeys.release(1, ID), releaseItem());
  await world.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem({ verdict: 'succeeded' }));
}

async function deploys(world: World, change: { ttl?: number } = {}) {
  await world.ledger.put(ledgerKeys.release(1, ID), releaseItem());
  await world.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem());
  const { repository } = releaseItem();
  const environment = { name: 'dev', account: '111122223333', region: 'eu-west-1', after: [], targets: [] };
  const document = {
    ...{ version: 1, release: { id: ID, repository: 1, commit: COMMIT }, repository, branch: 'main' },
    environments: [{ ...environment, ...change }],
  };
  await world.store.put(releaseKey(1, ID), JSON.stringify(document));
  await world.put(outcome('app'));
}

const left = async (world: World) => (await world.ledger.query('1/history/dev', 'entry/')).length;

/** Of the entries in the history, newest first. */
const leases = (world: World) => world.repository.messages(HISTORY).map(leaseIn);

let w: World;
beforeEach(async () => {
  w = auditWorld();
  await ended(w);
});

test('entries become a chain in the order of their leases, with the trees the environment is at; last good is pointed at', async () => {
  await w.entry(12, { isGood: false, deployed: OLDER });
  await w.entry(9, { deployed: OLDER });
  await w.look();
  expect(w.repository.log(HISTORY)).toEqual([
    'tree-old dev: apply c0ffee1 rolled back',
    'tree-old dev: apply c0ffee1 succeeded',
  ]);
  await w.entry(13);
  await w.look();
  expect(w.repository.log(HISTORY)[0]).toBe('tree-new dev: apply c0ffee1 succeeded');
  expect(w.repository.refs.get(LAST_GOOD)).toBe(COMMIT);
  // Somebody goes back by command: the pointer goes back, the chain goes on.
  await w.entry(14, { deployed: OLDER });
  await w.look();
  expect(w.repository.log(HISTORY)).toHaveLength(4);
  expect(w.repository.refs.get(LAST_GOOD)).toBe(OLDER);
  expect(await left(w)).toBe(0);
});

test('an entry noted again after others were written is not written again, and does not move last good', async () => {
  await w.entry(9, { deployed: OLDER });
  await w.entry(10);
  await w.look();
  const calls = w.repository.calls.length;
  await w.entry(9, { deployed: OLDER });
  await w.look();
  expect(w.repository.calls).toHaveLength(calls);
  expect(w.repository.refs.get(LAST_GOOD)).toBe(COMMIT);
  expect(await left(w)).toBe(0);
});

/** Calls until the `count`th has been done; then nothing any more. */
function dying<T extends object>(port: T, count: { left: number }): T {
  const wrap =
    (method: (...given: unknown[]) => unknown) =>
    async (...given: unknown[]) => {
      if (count.left <= 0) throw new Error('killed');
      const answer = await method(...given);
      count.left -= 1;
      if (count.left === 0) throw new Error('killed');
      return answer;
    };
  return Object.fromEntries(Object.entries(port).map(([name, method]) => [name, wrap(method)])) as T;
}

test('killed after every call to GitHub or the ledger, it writes each entry once when it comes again', async () => {
  let points = 0;
  for (let at = 1; ; at++) {
    const world = auditWorld();
    await deploys(world);
    await world.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem({ verdict: 'succeeded' }));
    await world.put(outcome('app', { outcome: 'applied' }));
    await world.entry(9, { deployed: OLDER });
    await world.entry(10);
    const count = { left: at };
    const alive = { ...world.ledger };
    const { put, get, query, update, remove } = dying(alive, count);
    Object.assign(world.ledger, { put, get, query, update, remove });
    world.audit = dying(world.repository.writer, count);
    await world.look().catch(() => 'again');
    const isKilled = count.left <= 0;
    Object.assign(world.ledger, alive);
    world.audit = world.repository.writer;
    world.clock.now += 121_000;
    expect(await world.look()).toBe('done');
    expect(world.repository.log(HISTORY)).toEqual([
      'tree-new dev: apply c0ffee1 succeeded',
      'tree-old dev: apply c0ffee1 succeeded',
    ]);
    expect(world.repository.refs.get(LAST_GOOD)).toBe(COMMIT);
    expect(await left(world)).toBe(0);
    expect(world.repository.deployments).toHaveLength(1);
    expect(world.repository.deployments[0]?.states.at(-1)).toBe('success: succeeded: 1 target: 1 applied');
    if (!isKilled) break;
    points = at;
  }
  expect(points).toBeGreaterThan(30);
});

test('whoever moves the ref at the same moment is not overwritten: the entry goes on top', async () => {
  await w.entry(9, { deployed: OLDER });
  await w.look();
  await w.entry(10);
  const { createCommit } = w.repository.writer;
  let isFirst = true;
  w.audit = {
    ...w.repository.writer,
    async createCommit(repository, commit) {
      const sha = await createCommit(repository, commit);
      if (!isFirst) return sha;
      isFirst = false;
      const other = await createCommit(repository, { ...commit, message: 'by another hand' });
      w.repository.refs.set(HISTORY, other);
      return sha;
    },
  };
  await w.look();
  expect(w.repository.log(HISTORY)).toEqual([
    'tree-new dev: apply c0ffee1 succeeded',
    'tree-new by another hand',
    'tree-old dev: apply c0ffee1 succeeded',
  ]);
  expect(w.lines.join('\n')).toContain('history was changed by somebody');
});

test('two functions at once: the second comes again, and each entry is there once', async () => {
  await w.entry(9);
  const { createCommit } = w.repository.writer;
  const answers: string[] = [];
  w.audit = {
    ...w.repository.writer,
    async createCommit(...given) {
      w.audit = w.repository.writer;
      answers.push(await w.look());
      return createCommit(...given);
    },
  };
  answers.push(await w.look(), await w.look());
  expect(answers).toEqual(['again', 'done', 'done']);
  expect(w.repository.log(HISTORY)).toHaveLength(1);
});

test('a deleted history goes on where it was, and that is logged; one whose commits are gone begins anew', async () => {
  await w.entry(9, { deployed: OLDER });
  await w.look();
  w.repository.refs.delete(HISTORY);
  await w.entry(10);
  await w.look();
  expect(w.repository.log(HISTORY)).toHaveLength(2);
  expect(w.lines.join('\n')).toContain('history was changed by somebody');
  w.repository.commits.delete(w.repository.refs.get(HISTORY) ?? '');
  w.repository.refs.delete(HISTORY);
  await w.entry(11);
  await w.look();
  expect(w.repository.log(HISTORY)).toEqual(['tree-new dev: apply c0ffee1 succeeded']);
});

test.each([
  ['403', new GitHubError(403, 'Resource not accessible by personal access token')],
  ['404', new GitHubError(404, 'Not Found')],
  ['422', new GitHubError(422, 'Repository rule violations found')],
  ['no permission of the App', new NotGranted('the App may not have contents: write')],
])(
  'refused for good (%s), nothing waits; an hour later it is asked again, and nothing is lost',
  async (_, error) => {
    await w.entry(9);
    let asked = 0;
    w.audit = {
      ...w.repository.writer,
      async createRef() {
        asked += 1;
        throw error;
      },
    };
    expect(await w.look()).toBe('done');
    const before = asked;
    expect(before).toBeGreaterThan(0);
    expect(await w.look()).toBe('done');
    expect(asked).toBe(before);
    expect(w.lines.join('\n')).toContain('history refused');
    w.clock.now += 3_601_000;
    w.audit = w.repository.writer;
    await w.look();
    expect(w.repository.log(HISTORY)).toHaveLength(1);
  },
);

test('what may get better is tried again at once: a limit, or GitHub being down', async () => {
  await w.entry(9);
  const failures = [
    new GitHubError(502, 'Bad Gateway'),
    new GitHubError(403, 'limit', new Date(START + 5000)),
  ];
  w.audit = {
    ...w.repository.writer,
    async createCommit(...given) {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return w.repository.writer.createCommit(...given);
    },
  };
  expect([await w.look(), await w.look()]).toEqual(['again', 'again']);
  w.clock.now += 6000;
  expect(await w.look()).toBe('done');
  expect(w.repository.log(HISTORY)).toHaveLength(1);
});

test('a commit that is no longer there: the entry keeps the tree before it; without one it waits, and is not lost', async () => {
  await w.entry(9, { deployed: 'dead'.repeat(10) });
  await w.look();
  expect(w.lines.join('\n')).toContain('is not in acme/shop');
  const reads = w.lines.length;
  await w.look();
  expect(w.lines).toHaveLength(reads);
  w.clock.now += 3_601_000;
  await w.entry(10, { deployed: OLDER });
  await w.look();
  expect(w.repository.log(HISTORY)).toEqual(['tree-old dev: apply c0ffee1 succeeded']);
  expect(await left(w)).toBe(1);
  await w.look();
  expect(leases(w)).toEqual([9, 10]);
  expect(w.repository.log(HISTORY)[0]).toMatch(/^tree-old /);
  expect(w.repository.refs.get(LAST_GOOD)).toBe(OLDER);
  expect(await left(w)).toBe(0);
});

test('an entry that is noted late, or again, is there once, whatever came before it', async () => {
  await w.entry(8);
  await w.entry(12, { deployed: OLDER });
  await w.look();
  await w.entry(9, { isGood: false });
  await w.look();
  expect(leases(w)).toEqual([9, 12, 8]);
  const { length } = w.repository.calls;
  for (const fence of [8, 9]) await w.entry(fence);
  await w.entry(12, { deployed: OLDER });
  await w.look();
  expect(leases(w)).toEqual([9, 12, 8]);
  expect(w.repository.calls).toHaveLength(length);
  expect(await left(w)).toBe(0);
});

test('killed between the ref and its note, and a commit of another hand on top: still once', async () => {
  await w.entry(8);
  await w.look();
  await w.entry(9);
  const { put } = w.ledger;
  w.audit = {
    ...w.repository.writer,
    async updateRef(...given) {
      await w.repository.writer.updateRef(...given);
      w.ledger.put = async () => {
        throw new Error('killed');
      };
    },
  };
  await expect(w.look()).resolves.toBe('again');
  w.ledger.put = put;
  w.audit = w.repository.writer;
  const parents = [w.repository.refs.get(HISTORY) ?? ''];
  const other = await w.audit.createCommit('acme/shop', { message: 'by another hand', tree: 't', parents });
  w.repository.refs.set(HISTORY, other);
  w.clock.now += 121_000;
  await w.look();
  expect(leases(w)).toEqual([undefined, 9, 8]);
  expect(await left(w)).toBe(0);
});

test('the answer to a new commit is lost: it is made again, and one of the two is in the history', async () => {
  await w.entry(9);
  w.audit = {
    ...w.repository.writer,
    async createCommit(...given) {
      w.audit = w.repository.writer;
      await w.repository.writer.createCommit(...given);
      throw new Error('no answer');
    },
  };
  expect([await w.look(), await w.look()]).toEqual(['again', 'done']);
  expect(leases(w)).toEqual([9]);
});

test('the answer to a new ref is lost: nothing is made again', async () => {
  await w.entry(9);
  w.audit = {
    ...w.repository.writer,
    async createRef(...given) {
      w.audit = w.repository.writer;
      await w.repository.writer.createRef(...given);
      throw new Error('no answer');
    },
  };
  expect([await w.look(), await w.look()]).toEqual(['again', 'done']);
  expect(leases(w)).toEqual([9]);
  expect(w.repository.calls.filter((call) => call === 'commit')).toHaveLength(1);
});

test('where the audit is switched off, nothing is written, and what was noted waits', async () => {
  await deploys(w);
  await w.entry(9);
  w.audit = undefined;
  expect(await w.look()).toBe('done');
  expect(w.repository.calls).toEqual([]);
  expect(await left(w)).toBe(1);
});

test('a GitHub deployment is begun once and ended once, however often it is looked at; a redrive goes on with it', async () => {
  w = auditWorld();
  await deploys(w, { ttl: 3600 });
  await w.look();
  await w.look();
  await w.put(outcome('app', { outcome: 'failed' }));
  await w.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem({ verdict: 'failed' }));
  await w.look();
  await w.look();
  await w.put(outcome('app', { attempt: 2 }));
  await w.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem());
  await w.look();
  expect(w.repository.deployments).toEqual([
    {
      order: expect.objectContaining({ transient_environment: true, production_environment: false }),
      states: ['in_progress: apply', 'failure: failed: 1 target: 1 failed', 'in_progress: apply'],
    },
  ]);
});

test('a token that may not: the release is asked for once, and its statuses do not wait for it', async () => {
  w = auditWorld();
  await deploys(w);
  let asked = 0;
  w.audit = {
    ...w.repository.writer,
    async createDeployment() {
      asked += 1;
      throw new GitHubError(403, 'Resource not accessible by personal access token');
    },
  };
  expect([await w.look(), await w.look()]).toEqual(['done', 'done']);
  expect(asked).toBe(1);
  expect(w.lines.join('\n')).toContain('deployment dropped');
});
