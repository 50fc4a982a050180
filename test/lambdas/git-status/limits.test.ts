/** Rate limits, outages and large releases: GitHub is never pressed, and the last state is never lost. */
import { expect, test } from '@jest/globals';
import type { ReleaseDocument } from '../../../core/contracts/release.ts';
import { releaseKey } from '../../../core/keys.ts';
import type { EntryItem } from '../../../core/ledger/audit-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import { gitObjectsMemory } from '../../support/git-objects-memory.ts';
import { COMMIT, ID, outcome, releaseItem, START, statusWorld } from './world.ts';

/** Numbers that look random, the same in every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield state / 2147483648;
  }
}

const STEPS: readonly Partial<OutcomeItem>[] = [
  { progress: 'waiting' },
  { progress: 'applying', planDigest: 'p', changeDigest: 'c' },
  { outcome: 'applied', planDigest: 'p', changeDigest: 'c' },
];

/** Takes `count` targets from waiting to applied in any order; after every single step, GitHub is told. */
async function release(world: Awaited<ReturnType<typeof statusWorld>>, count: number, secondsEach: number) {
  const next = numbers(7);
  const open = Array.from({ length: count }, (_, index) => ({ name: `c${index}`, step: 0 }));
  await world.changed();
  for (const { name } of open) await world.put(outcome(name, STEPS[0]));
  await world.changed();
  while (open.length > 0) {
    const at = Math.floor((next.next().value ?? 0) * Math.min(open.length, 20));
    const one = open[at];
    if (one === undefined) break;
    one.step += 1;
    await world.put(outcome(one.name, STEPS[one.step]));
    if (one.step === STEPS.length - 1) open.splice(at, 1);
    await world.changed();
    await world.wait(secondsEach);
  }
  await world.deployment({ verdict: 'succeeded' });
  await world.changed();
  await world.release({ verdict: 'succeeded', endedAt: '2026-11-21T09:00:00.000Z' });
  await world.changed();
}

const { repository: REPOSITORY } = releaseItem();
const DOCUMENT: ReleaseDocument = {
  version: 1,
  release: { id: ID, repository: 1, commit: COMMIT },
  repository: REPOSITORY,
  branch: 'main',
  environments: [{ name: 'dev', account: '111122223333', region: 'eu-west-1', after: [], targets: [] }],
};
const ENTRY: EntryItem = {
  repository: REPOSITORY,
  release: ID,
  fence: 1,
  message: 'dev: apply c0ffee1 succeeded\n\nBelay-Lease: 1',
  deployed: COMMIT,
  isGood: true,
  expiresAt: 2e9,
};

test.each([
  ['app', 300],
  ['token', 100],
] as const)(
  '%s: a release of %d targets makes at most 60 calls, the audit in Git among them, although it is looked at after every single step',
  async (mode, count) => {
    const objects = gitObjectsMemory({ [COMMIT]: 'tree' });
    const world = await statusWorld(mode, 1_000_000, objects.writer);
    await world.store.put(releaseKey(1, ID), JSON.stringify(DOCUMENT));
    await world.ledger.put(ledgerKeys.entry(1, 'dev', 1), ENTRY);
    await release(world, count, 0);
    expect(world.github.calls.length + objects.calls.length).toBeLessThanOrEqual(60);
    expect(objects.calls).toEqual([
      'deployment of c0ffee1 to dev',
      'deployment 1 in_progress',
      'deployment 1 success',
      'commit',
      'new belay/dev/history',
      'new belay/dev/last-good',
    ]);
    const told = world.told();
    expect(told.filter((line) => line.startsWith('belay/dev ')).at(-1)).toBe(
      `belay/dev success: succeeded: ${count} targets: ${count} applied`,
    );
    expect(told.at(-1)).toBe(`belay success: ${count} targets: ${count} applied`);
  },
);

test('25 targets in a hurry: never over the budget, and all their ends are there in the end', async () => {
  const world = await statusWorld('app');
  await release(world, 25, 0);
  await world.wait(1200);
  const { calls, runs } = world.github;
  for (const { at } of calls)
    expect(calls.filter((one) => one.at >= at && one.at < at + 60_000).length).toBeLessThanOrEqual(67);
  expect(runs.filter(({ conclusion }) => conclusion === 'success')).toHaveLength(26);
  expect(world.queue).toEqual([]);
});

test('GitHub says when to come back, and nobody calls before that', async () => {
  const world = await statusWorld('app');
  await world.put(outcome('app'));
  let tries = 0;
  world.github.fails = () => {
    tries += 1;
    return new GitHubError(403, 'You have exceeded a secondary rate limit', new Date(START + 90_000));
  };
  await world.changed();
  await world.put(outcome('app', { outcome: 'applied' }));
  await world.changed();
  await world.wait(89);
  expect(tries).toBe(1);
  world.github.fails = () => undefined;
  await world.wait(1);
  expect(world.told()).toEqual(['belay/dev/app success: applied', 'belay in_progress: 1 of 1 target done']);
  expect(world.queue).toEqual([]);
});

test('GitHub is down for an hour: nothing is lost, and it is told that it was late', async () => {
  const world = await statusWorld('app');
  await world.put(outcome('app'));
  await world.changed();
  let tries = 0;
  world.github.fails = () => {
    tries += 1;
    return new GitHubError(503, 'Service Unavailable');
  };
  await world.put(outcome('app', { progress: 'applying' }));
  await world.changed();
  await world.wait(60);
  await world.put(outcome('app', { outcome: 'failed', reason: 'apply failed: no' }));
  await world.changed();
  await world.release({ verdict: 'failed', reason: 'dev failed' });
  await world.changed();
  await world.wait(3540);
  expect(tries).toBeLessThan(20);
  world.github.fails = () => undefined;
  await world.wait(600);
  expect(world.queue).toEqual([]);
  const [app, whole] = world.github.runs;
  expect([app?.conclusion, app?.output.title]).toEqual(['failure', 'failed: apply failed: no']);
  expect(whole?.output.title).toMatch(
    /^\(delayed: GitHub could not be told for 6\d minutes\) 1 target: 1 failed$/,
  );
  expect(whole?.output.summary).toMatch(/\| delayed \| delayed: GitHub could not be told for 6\d minutes \|/);
});

test('the pauses grow, and the message stays', async () => {
  const world = await statusWorld('token');
  await world.put(outcome('app'));
  world.github.fails = () => new Error('connection lost');
  await world.changed();
  expect(world.queue.map(({ visibleAt }) => visibleAt - START)).toEqual([5000]);
  await world.wait(5);
  expect(world.queue.map(({ visibleAt }) => visibleAt - START)).toEqual([15_000]);
});
