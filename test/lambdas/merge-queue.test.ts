/** Plans of GitHub's merge queue, function after function as the machines call them: what has been reviewed, and what has not. */
import { beforeEach, expect, test } from '@jest/globals';
import type { JobSpec } from '../../core/contracts/job.ts';
import { stageKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { PullItem, ReleaseItem } from '../../core/ledger/release-items.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  release,
  type ToolBehaviour,
  target,
  type World,
  world,
} from '../support/deployment-world.ts';
import { settleRelease } from '../support/settle-release.ts';

let w: World;
beforeEach(() => {
  w = world();
});

const MAIN = commitOf('0');
const network = target('network');
const app = target('app', { needs: ['network'], secrets: { KEY: 'app/key' } });
type Tools = Record<string, ToolBehaviour>;
/** A plan that changes something of its own. */
const changing = (digest: string): ToolBehaviour => ({ changeDigests: [digest] });
const environments = { dev: [network, app] };

/** What the ledger knows of a pull request. */
const item = (number: number, plan: string, more: Partial<PullItem> = {}): PullItem => ({
  ...{ version: 1, number, head: commitOf('1'), at: '2026-11-20T09:00:00.000Z', release: plan },
  ...more,
});

/** A pull request whose plan has ended. */
async function reviewed(number: number, tools: Tools, more: Partial<PullItem> = {}) {
  const commit = commitOf(`${number}`);
  const setup = { operation: 'plan', pull: { fork: false, number }, commit, environments } as const;
  const ref = await release(w, setup);
  await deploy(w, ref, { tools });
  await settleRelease(ref, w.ports);
  await w.ledger.put(ledgerKeys.pull(7, number), item(number, ref.id, { head: commit, ...more }));
}

/** The queue's commit of a pull request, planned to its end. */
async function queued(number: number, tools: Tools, { onto = MAIN, digit = 'a', fork = false } = {}) {
  const commit = commitOf(digit);
  const ref = await release(w, {
    operation: 'plan',
    mergeGroup: { number, onto, fork },
    commit,
    environments,
  });
  await w.ledger.put(ledgerKeys.mergeGroup(7, commit), { number, onto });
  await w.ledger.put(ledgerKeys.commit(7, commit), { release: ref.id });
  await deploy(w, ref, { tools });
  const settled = await settleRelease(ref, w.ports);
  const { unreviewed } = (await w.ledger.get(ledgerKeys.release(7, ref.id))) as ReleaseItem;
  return { ref, settled, unreviewed };
}

test('what was reviewed on the pull request goes through; nothing is deployed and nobody holds a lease', async () => {
  await reviewed(7, { network: changing('n'), app: changing('a') });
  const { ref, settled, unreviewed } = await queued(7, { app: changing('a'), network: changing('n') });
  expect(settled).toEqual({ verdict: 'succeeded', summary: 'planned dev' });
  expect(unreviewed).toEqual([]);
  expect(await outcomesOf(w, ref)).toEqual(['app: planned ()', 'network: planned ()']);
  expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toBeUndefined();
  expect([...w.cloud]).toEqual([]);
});

test('what has become another change since fails, and says which and how', async () => {
  await reviewed(7, { network: changing('n'), app: changing('a') });
  const { settled, unreviewed } = await queued(7, { app: changing('other'), network: changing('n') });
  expect(settled).toEqual({
    verdict: 'failed',
    summary: 'planned dev; dev/app would change as nobody has reviewed',
  });
  expect(unreviewed).toEqual([
    {
      environment: 'dev',
      component: 'app',
      why: '1 to add; in the plan of #7: 1 to add, but not the same',
    },
  ]);
});

test('what no longer changes anything is no difference', async () => {
  await reviewed(7, { network: changing('n'), app: changing('a') });
  const { settled } = await queued(7, { app: { plan: 'empty' }, network: changing('n') });
  expect(settled).toMatchObject({ verdict: 'succeeded' });
});

test('a plan that fails fails the check, and what differs beside it is told as well', async () => {
  await reviewed(7, { network: changing('n'), app: changing('a') });
  const { settled, unreviewed } = await queued(7, { app: { plan: 'fails' }, network: changing('other') });
  expect(settled).toEqual({
    verdict: 'failed',
    summary: 'not all of dev could be planned; dev/network would change as nobody has reviewed',
  });
  expect(unreviewed).toHaveLength(1);
});

test('behind others their changes are in the plan too: they were reviewed there', async () => {
  await reviewed(6, { network: changing('n'), app: { plan: 'empty' } });
  await reviewed(7, { network: { plan: 'empty' }, app: changing('a') });
  const both = { network: changing('n'), app: changing('a') };
  expect((await queued(6, { ...both, app: { plan: 'empty' } })).settled).toMatchObject({
    verdict: 'succeeded',
  });
  const behind = await queued(7, both, { onto: commitOf('a'), digit: 'b' });
  expect(behind.settled).toMatchObject({ verdict: 'succeeded' });
  await reviewed(8, { network: { plan: 'empty' }, app: { plan: 'empty' } });
  const third = await queued(8, both, { onto: commitOf('b'), digit: 'd' });
  expect(third.settled).toMatchObject({ verdict: 'succeeded' });
  // Alone, it brings a change that nobody has read there.
  expect((await queued(7, both, { digit: 'c' })).settled).toMatchObject({ verdict: 'failed' });
});

test.each<[string, ReleaseItem['verdict'], string]>([
  ['is being deployed still', undefined, 'succeeded'],
  ['was not deployed for good', 'failed', 'succeeded'],
  ['is deployed', 'succeeded', 'failed'],
])('what was merged before and %s', async (_, verdict, expected) => {
  await reviewed(6, { network: changing('n'), app: { plan: 'empty' } }, { merged: MAIN });
  await reviewed(7, { network: { plan: 'empty' }, app: changing('a') });
  const deployment = await release(w, { commit: MAIN, environments });
  const ended = verdict === undefined ? {} : { verdict };
  await w.ledger.update(ledgerKeys.release(7, deployment.id), { set: ended });
  await w.ledger.put(ledgerKeys.commit(7, MAIN), { release: deployment.id });
  await w.ledger.put(ledgerKeys.merged(7, MAIN), { number: 6 });
  const both = { network: changing('n'), app: changing('a') };
  expect((await queued(7, both)).settled.verdict).toBe(expected);
});

test('only the newest plan of a pull request was reviewed', async () => {
  await reviewed(7, { network: changing('n'), app: changing('a') });
  const again = await release(w, {
    ...{ operation: 'plan', pull: { fork: false }, commit: commitOf('7'), environments },
    id: '20261120-7777777-2',
  } as const);
  await deploy(w, again, { tools: { network: changing('n'), app: changing('newer') } });
  await w.ledger.put(ledgerKeys.pull(7, 7), item(7, again.id));
  expect((await queued(7, { network: changing('n'), app: changing('a') })).settled.verdict).toBe('failed');
  const newer = { network: changing('n'), app: changing('newer') };
  expect((await queued(7, newer, { digit: 'b' })).settled.verdict).toBe('succeeded');
});

test.each([
  [true, {}],
  [false, { KEY: 'app/key' }],
])(
  'secrets are as they were in the plan that was reviewed: with a fork in the queue %s',
  async (fork, secrets) => {
    const { ref } = await queued(7, {}, { fork });
    const key = stageKey(
      { repository: 7, release: ref.id, environment: 'dev', component: 'app' },
      'plan',
      'job-1-0.json',
    );
    const spec = w.store.json(key) as JobSpec;
    expect(spec.target.secrets).toEqual(secrets);
    expect(spec.source.commit).toBe(commitOf('a'));
    expect(spec.environmentRole).toBe('arn:aws:iam::111122223333:role/belay-environment-plan');
  },
);
