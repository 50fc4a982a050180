/** The history in Git: in order, with the right trees, whatever others do to it and whatever GitHub refuses. */
import { beforeEach, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { GitHubError, NotGranted } from '../../../lambdas/github-error.ts';
import {
  auditWorld,
  deploys,
  ended,
  HISTORY,
  LAST_GOOD,
  leases,
  left,
  OLDER,
  type World,
} from './audit-world.ts';
import { COMMIT, START } from './world.ts';

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
    expect(asked).toBe(1);
    expect(await w.look()).toBe('done');
    expect(asked).toBe(1);
    expect(w.lines.join('\n')).toContain('history refused');
    w.clock.now += 3_601_000;
    w.audit = w.repository.writer;
    await w.look();
    expect(w.repository.log(HISTORY)).toHaveLength(1);
  },
);

test('little budget is left: one commit is made for the entry, and the ref is moved to it', async () => {
  const half = { version: 1, level: 30, at: new Date(w.clock.now).toISOString() };
  await w.ledger.put(ledgerKeys.budget('acme'), half);
  await w.entry(9);
  expect(await w.look()).toBe('done');
  expect(w.repository.calls).toEqual(['commit', `new ${HISTORY}`, `new ${LAST_GOOD}`]);
  expect(await left(w)).toBe(0);
});

test('a commit of another hand that names the same lease is not the entry', async () => {
  await w.entry(9);
  await w.look();
  const [tip = ''] = [w.repository.refs.get(HISTORY)];
  const foreign = {
    message: 'Fix\n\nBelay-Release: another\nBelay-Lease: 10',
    tree: 'tree-old',
    parents: [tip],
  };
  const sha = await w.repository.writer.createCommit('acme/shop', foreign);
  w.repository.refs.set(HISTORY, sha);
  await w.entry(10);
  await w.look();
  expect(w.repository.log(HISTORY)).toEqual([
    'tree-new dev: apply c0ffee1 succeeded',
    'tree-old Fix',
    'tree-new dev: apply c0ffee1 succeeded',
  ]);
});

test('a last good that GitHub refuses keeps no entry waiting', async () => {
  w.audit = {
    ...w.repository.writer,
    async createRef(repository, ref, commit) {
      if (ref === LAST_GOOD) throw new GitHubError(403, 'Resource not accessible by integration');
      return w.repository.writer.createRef(repository, ref, commit);
    },
  };
  await w.entry(9);
  await w.entry(10);
  expect(await w.look()).toBe('done');
  expect(w.repository.log(HISTORY)).toHaveLength(2);
  expect(await left(w)).toBe(0);
  expect(w.lines.join('\n')).toContain('last good refused');
});

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

test('where the audit is switched off, nothing is written, and what was noted waits', async () => {
  await deploys(w);
  await w.entry(9);
  w.audit = undefined;
  expect(await w.look()).toBe('done');
  expect(w.repository.calls).toEqual([]);
  expect(await left(w)).toBe(1);
});
