/** From a commit of GitHub's merge queue to a release that plans it: which one speaks, what is read first, and what ends it. */
import { expect, test } from '@jest/globals';
import type { MergeGroupChanged } from '../../../core/contracts/merge-group.ts';
import { releaseDocumentSchema } from '../../../core/contracts/release.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { PullItem, ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { Git } from '../../../lambdas/ports.ts';
import { gitMemory } from '../../support/git-memory.ts';
import { NO_MERGE } from '../../support/no-merge.ts';
import { COMMIT, FILES, MANIFEST, push, REPOSITORY, world } from './world.ts';

const HEAD = COMMIT;
const MAIN = '5b1f'.repeat(10);
const AHEAD = 'feed'.repeat(10);
const ID = '20261121-c0ffee1-1';
const repository = { id: REPOSITORY, fullName: 'acme/shop', defaultBranch: 'main' };

const changed = (group: object = {}, more: Partial<MergeGroupChanged> = {}): MergeGroupChanged => ({
  delivery: 'guid-1',
  repository,
  mergeGroup: { number: 7, base: 'main', onto: MAIN, head: HEAD, ...group },
  sender: 'mira-lind',
  ...more,
});
const destroyed = (reason = 'dequeued', delivery = 'guid-9') => changed({}, { delivery, destroyed: reason });

/** The queue's commit has these files, the head of main those. */
function queue(queued: Record<string, string> = FILES, main: Record<string, string> = FILES) {
  const fetched: string[] = [];
  const git: Git = {
    withCommit: (name, commit, use) => {
      fetched.push(commit);
      const files = commit === HEAD ? queued : main;
      return gitMemory(files).withCommit(name, commit, use);
    },
  };
  const github = { ...NO_MERGE.github, branchHead: async () => MAIN };
  return { ...world(git, { github }), fetched };
}
type World = ReturnType<typeof queue>;

/** A pull request that GitHub has told of, with its plan. */
async function known(
  { ledger }: World,
  number: number,
  plan: Partial<ReleaseItem> = {},
  more: Partial<PullItem> = {},
) {
  const id = `20261121-${`${number}`.repeat(7)}-1`;
  const commit = `${number}`.repeat(40);
  const pull = { number, head: commit, base: 'main', fork: false };
  const item: ReleaseItem = {
    ...{ id, repository, commit, branch: 'main', operation: 'plan', sender: 'mira-lind', execution: 'arn:0' },
    ...{ environments: ['dev'], verdict: 'succeeded', reason: 'planned dev', pull },
    startedAt: '2026-11-21T07:00:00.000Z',
    ...plan,
  };
  await ledger.put(ledgerKeys.release(REPOSITORY, id), item);
  const at = '2026-11-21T07:00:00Z';
  const told: PullItem = { version: 1, number, head: commit, at, release: id, ...more };
  await ledger.put(ledgerKeys.pull(REPOSITORY, number), told);
}

async function ready(...files: Parameters<typeof queue>) {
  const w = queue(...files);
  await known(w, 7);
  return w;
}

const releaseItem = (w: World, id = ID) => w.item(`${REPOSITORY}/release/${id}`, 'release');
const documentOf = (w: World) =>
  releaseDocumentSchema.parse(
    JSON.parse(`${w.objects.objects.get(`${REPOSITORY}/releases/${ID}/release.json`)}`),
  );

test("the queue's commit is planned as it is; the pull request keeps its plan, its comment and its checks", async () => {
  const w = await ready();
  const before = await w.item(`${REPOSITORY}/pull/7`, 'pull');
  expect(await w.run('arn:release:1', changed())).toEqual({
    decision: 'plan',
    release: { id: ID, repository: REPOSITORY, commit: HEAD },
    environments: ['dev', 'prod'],
  });
  expect(documentOf(w)).toMatchObject({
    operation: 'plan',
    release: { commit: HEAD },
    mergeGroup: { number: 7, base: 'main', onto: MAIN, fork: false },
  });
  expect(documentOf(w).pull).toBeUndefined();
  expect(w.objects.objects.has(`${REPOSITORY}/sources/${HEAD}.tar.gz`)).toBe(true);
  expect(await releaseItem(w)).toMatchObject({
    operation: 'plan',
    branch: 'main',
    mergeGroup: { number: 7 },
  });
  expect(await w.item(`${REPOSITORY}/commit/${HEAD}`, 'commit')).toMatchObject({ release: ID });
  expect(await w.item(`${REPOSITORY}/pull/7`, 'pull')).toEqual(before);
  // Told twice, it is the same release.
  expect(await w.run('arn:release:1', changed())).toMatchObject({ release: { id: ID } });
  expect(w.releases()).toHaveLength(2);
});

test('what may be said before a merge is what the branch itself has, not those ahead in the queue', async () => {
  const mine = MANIFEST.replace('account: "111122223333"', 'account: "999999999999"');
  const w = await ready({ ...FILES, 'belay.yaml': mine });
  await known(w, 6);
  await w.ledger.put(ledgerKeys.mergeGroup(REPOSITORY, AHEAD), { number: 6, onto: MAIN });
  await w.run('arn:release:1', changed({ onto: AHEAD }));
  expect(w.fetched).toEqual([HEAD, MAIN]);
  expect(documentOf(w).environments[0]).toMatchObject({ name: 'dev', account: '111122223333' });
  expect(await releaseItem(w)).toMatchObject({ note: 'planned as on main until merged: account of dev' });
});

test.each<[string, Record<string, string>, object]>([
  ['has no manifest', {}, { verdict: 'nothing-to-do' }],
  ['has a broken manifest', { 'belay.yaml': 'version: 2\n' }, { verdict: 'refused' }],
])('a commit that %s ends at once, with a check', async (_, files, expected) => {
  const w = await ready(files);
  expect(await w.run('arn:release:1', changed())).toMatchObject({ decision: 'end', ...expected });
  expect(await releaseItem(w)).toMatchObject(expected);
  expect(w.changed).toContain(ID);
});

test('the queue of another branch gets a neutral check', async () => {
  const w = queue();
  const reason = 'this merge queue is for next: only those for main are planned';
  expect(await w.run('arn:release:1', changed({ base: 'next' }))).toEqual({
    ...{ decision: 'end', verdict: 'nothing-to-do', reason },
  });
  expect(w.fetched).toEqual([]);
  expect(w.changed).toContain(ID);
});

const UNREAD =
  'nothing of #7 was planned, so nothing of it was reviewed: comment /belay plan on it, read the plan, and queue it again';

test('what nobody has planned is not planned by the queue: the check says what to do', async () => {
  const w = queue();
  expect(await w.run('arn:release:1', changed())).toEqual({
    decision: 'end',
    verdict: 'failed',
    reason: UNREAD,
  });
  const fork = queue();
  const pull = { number: 7, head: HEAD, base: 'main', fork: true };
  await known(fork, 7, { verdict: 'waiting', pull });
  expect(await fork.run('arn:release:1', changed())).toMatchObject({ verdict: 'failed', reason: UNREAD });
  const unnamed = queue();
  expect(await unnamed.run('arn:release:1', changed({ number: undefined }))).toMatchObject({
    verdict: 'failed',
    reason: expect.stringContaining('names no pull request'),
  });
  for (const w of [queue(), fork, unnamed]) expect(w.fetched).toEqual([]);
});

test('a fork ahead in the queue that nobody has let run keeps those behind from being planned; once merged it does not', async () => {
  const fork = { pull: { number: 6, head: AHEAD, base: 'main', fork: true }, verdict: 'waiting' } as const;
  for (const [more, verdict] of [
    [{}, 'failed'],
    [{ merged: AHEAD }, undefined],
  ] as const) {
    const w = await ready();
    await known(w, 6, fork, more);
    await w.ledger.put(ledgerKeys.mergeGroup(REPOSITORY, AHEAD), { number: 6, onto: MAIN });
    await w.run('arn:release:1', changed({ onto: AHEAD }));
    expect((await releaseItem(w))?.verdict).toBe(verdict);
  }
});

test.each([
  ['is from a fork that was let run', { number: 6, head: AHEAD, base: 'main', fork: true }, true],
  ['is of the repository', { number: 6, head: AHEAD, base: 'main', fork: false }, false],
])('one ahead %s: a plan without secrets', async (_, pull, fork) => {
  const w = await ready();
  await known(w, 6, { pull });
  await w.ledger.put(ledgerKeys.mergeGroup(REPOSITORY, AHEAD), { number: 6, onto: MAIN });
  await w.run('arn:release:1', changed({ onto: AHEAD }));
  expect(documentOf(w).mergeGroup?.fork).toBe(fork);
});

test.each<[string, object | undefined]>([
  ['of which nobody has told yet', undefined],
  ['whose branch names no pull request', { onto: MAIN }],
])('one ahead %s may be a fork: a plan without secrets', async (_, group) => {
  const w = queue();
  await known(w, 7);
  if (group !== undefined) await w.ledger.put(ledgerKeys.mergeGroup(REPOSITORY, AHEAD), group);
  await w.run('arn:release:1', changed({ onto: AHEAD }));
  expect(documentOf(w).mergeGroup?.fork).toBe(true);
});

test('given up by the queue, a plan under way ends; one that has ended stays as it is', async () => {
  const w = await ready();
  await w.run('arn:release:1', changed());
  expect(await w.run('arn:release:2', destroyed('invalidated'))).toEqual({
    decision: 'end',
    verdict: 'nothing-to-do',
    reason: 'the merge group of #7 was invalidated',
  });
  expect(await releaseItem(w)).toMatchObject({
    cancelled: { by: 'belay', newer: 'the end of its merge group (invalidated)' },
  });
  expect(await w.item(`${REPOSITORY}/release/20261121-7777777-1`, 'release')).not.toHaveProperty('cancelled');

  const done = await ready();
  await done.run('arn:release:1', changed());
  await done.ledger.update(ledgerKeys.release(REPOSITORY, ID), { set: { verdict: 'succeeded' } });
  await done.run('arn:release:2', destroyed('merged'));
  expect(await releaseItem(done)).not.toHaveProperty('cancelled');
});

test('an end that is told before its beginning is known then', async () => {
  const w = await ready();
  await w.run('arn:release:1', destroyed());
  expect(await w.run('arn:release:2', changed())).toMatchObject({
    verdict: 'superseded',
    reason: 'its merge group was dequeued',
  });
  expect(w.fetched).toEqual([]);
});

test('beginning and end at once: wherever the one is, when the other is told, nothing goes on being planned', async () => {
  const writes = await (async () => {
    const w = await ready();
    let count = 0;
    const ledger = counted(w, async () => {
      count += 1;
    });
    const counting = { ...w.ports, ledger };
    await w.run('arn:release:1', changed(), counting);
    return count;
  })();
  expect(writes).toBeGreaterThan(4);
  for (let at = 1; at <= writes; at++) {
    const w = await ready();
    let count = 0;
    const interrupted = counted(w, async () => {
      count += 1;
      if (count === at) await w.run('arn:release:2', destroyed());
    });
    const answer = await w.run('arn:release:1', changed(), { ...w.ports, ledger: interrupted });
    const item = await releaseItem(w);
    expect([at, answer.decision === 'end' || item?.cancelled !== undefined]).toEqual([at, true]);
  }
});

/** Calls `before` ahead of every write. */
function counted({ ledger }: World, before: () => Promise<void>): World['ports']['ledger'] {
  return {
    ...ledger,
    put: async (...args) => {
      await before();
      return ledger.put(...args);
    },
    update: async (...args) => {
      await before();
      return ledger.update(...args);
    },
  };
}

test("a deployment of the same commit keeps its checks: the queue's commit is what main becomes", async () => {
  const w = await ready();
  await w.run('arn:release:1', push());
  expect(await w.run('arn:release:2', changed({}, { delivery: 'guid-2' }))).toMatchObject({
    verdict: 'superseded',
    reason: `release ${ID} speaks for c0ffee1`,
  });
  expect(await w.item(`${REPOSITORY}/commit/${HEAD}`, 'commit')).toMatchObject({ release: ID });
  // The other way round, as it should be, the deployment takes them over.
  const usual = await ready();
  await usual.run('arn:release:1', changed());
  await usual.run('arn:release:2', push({ delivery: 'guid-2' }));
  expect(await usual.item(`${REPOSITORY}/commit/${HEAD}`, 'commit')).toMatchObject({
    release: '20261121-c0ffee1-2',
  });
});

test("a push of the queue's branch, and its end, are no releases", async () => {
  const w = await ready();
  const ref = `refs/heads/gh-readonly-queue/main/pr-7-${MAIN}`;
  expect(await w.run('arn:release:1', push({ ref }))).toMatchObject({ verdict: 'nothing-to-do' });
  const gone = push({ ref, after: '0'.repeat(40), delivery: 'guid-2' });
  expect(await w.run('arn:release:2', gone)).toMatchObject({ verdict: 'nothing-to-do' });
  expect(w.changed).toEqual([]);
  expect(w.releases()).toEqual(['20261121-7777777-1']);
});
