/** Plans of pull requests, function after function as the machines call them: what they find out, and that they change nothing. */
import { beforeEach, expect, test } from '@jest/globals';
import type { JobSpec } from '../../core/contracts/job.ts';
import { stageKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { sweep } from '../../lambdas/sweep/sweep.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  type ReleaseSetup,
  release,
  target,
  type World,
  world,
} from '../support/deployment-world.ts';
import { settleRelease } from '../support/settle-release.ts';

let w: World;
beforeEach(() => {
  w = world();
});

const network = target('network');
const app = target('app', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
  test: { run: './smoke.sh' },
});
const tools = { network: { outputs: { vpc_id: 'vpc-1' } }, app: { outputs: { url: 'http://app' } } };

const pullRequest = (setup: Partial<ReleaseSetup> = {}) =>
  release(w, {
    ...{
      operation: 'plan',
      pull: { fork: false },
      commit: commitOf('2'),
      environments: { dev: [network, app] },
    },
    ...setup,
  });
const applied = () => deployNow({ environments: { dev: [network, app] } });
async function deployNow(setup: ReleaseSetup) {
  await deploy(w, await release(w, setup), { tools });
}
const specOf = (id: string, component: string) =>
  w.store.json(
    stageKey({ repository: 7, release: id, environment: 'dev', component }, 'plan', 'job-1-0.json'),
  ) as JobSpec;
/** Everything that says what is deployed, and who may deploy. */
const deployed = async () => ({
  targets: await Promise.all(
    ['network', 'app'].map((name) => w.ledger.get(ledgerKeys.target(7, 'dev', name))),
  ),
  environment: await w.ledger.get(ledgerKeys.environment(7, 'dev')),
  cloud: [...w.cloud],
});

test('what the pull request changes is planned on the merge, and nothing else changes', async () => {
  await applied();
  const before = await deployed();
  const ref = await pullRequest({ tree: { 'components/app': 'b' } });
  expect(await deploy(w, ref)).toEqual({ verdict: 'succeeded', summary: 'dev succeeded' });
  expect(await outcomesOf(w, ref)).toEqual(['app: planned ()', 'network: unchanged (not affected)']);
  const { source, stage } = specOf(ref.id, 'app');
  expect([stage, source.commit]).toEqual(['plan', `e${'2'.repeat(39)}`]);
  expect(await deployed()).toEqual(before);
  expect(await settleRelease(ref, w.ports)).toEqual({ verdict: 'succeeded', summary: 'planned dev' });
});

test('nobody is waited for: while another deployment holds the lease, a pull request is planned', async () => {
  await applied();
  const other = await release(w, {
    commit: commitOf('3'),
    environments: { dev: [network, app] },
    tree: { 'components/app': 'c' },
  });
  const ref = await pullRequest({ tree: { 'components/app': 'b' } });
  let planned: unknown;
  const call: NonNullable<Parameters<typeof deploy>[2]>['call'] = async (name, body) => {
    if (name === 'begin apply app') planned = await deploy(w, ref);
    return body(w.ports);
  };
  expect(await deploy(w, other, { tools, call })).toMatchObject({ verdict: 'succeeded' });
  expect(planned).toMatchObject({ verdict: 'succeeded' });
  expect(await outcomesOf(w, ref)).toEqual(['app: planned ()', 'network: unchanged (not affected)']);
});

test('before anything is deployed, what needs outputs that nobody has produced yet is deferred', async () => {
  const top = target('top', { needs: ['app'], inputs: { url: { component: 'app', output: 'url' } } });
  const ref = await pullRequest({ environments: { dev: [network, app, top] } });
  await deploy(w, ref);
  expect(await outcomesOf(w, ref)).toEqual([
    'app: planned (deferred: network)',
    'network: planned ()',
    'top: planned (deferred: app)',
  ]);
});

test('with outputs that will be others a plan says that it is made with those that are there', async () => {
  await applied();
  const ref = await pullRequest({ tree: { 'components/network': 'b', 'components/app': 'b' } });
  await deploy(w, ref);
  expect(await outcomesOf(w, ref)).toEqual([
    'app: planned (on current outputs: network)',
    'network: planned ()',
  ]);
  // Untouched itself, it may be another one when its input is.
  const only = await pullRequest({ id: '20261120-2222222-2', tree: { 'components/network': 'b' } });
  await deploy(w, only);
  expect(await outcomesOf(w, only)).toEqual([
    'app: unchanged (on current outputs: network)',
    'network: planned ()',
  ]);
});

test('an empty plan is no change, and a plan that a person will be asked about says so', async () => {
  await applied();
  const ref = await pullRequest({ tree: { 'components/network': 'b', 'components/app': 'b' } });
  await deploy(w, ref, { tools: { network: { plan: 'empty' }, app: { plan: 'deletes' } } });
  expect(await outcomesOf(w, ref)).toEqual(['app: planned ()', 'network: unchanged (the plan is empty)']);
  const item = await w.ledger.get(ledgerKeys.outcome(7, ref.id, { environment: 'dev', component: 'app' }));
  expect(item?.asks).toMatch(/null_resource\.old/);
});

test('a plan that fails fails its environment alone, and says nothing of redriving', async () => {
  const ref = await pullRequest({ environments: { dev: [network, app], prod: [network, app] } });
  expect(await deploy(w, ref, { tools: { network: { plan: 'fails' } } })).toEqual({
    verdict: 'failed',
    summary: 'dev failed: network failed (plan failed: the plan said no), app was skipped (network failed)',
  });
  expect(await w.ledger.get(ledgerKeys.release(7, ref.id))).not.toHaveProperty('verdict');
  expect(await deploy(w, ref, { environment: 'prod' })).toMatchObject({ verdict: 'succeeded' });
  expect(await settleRelease(ref, w.ports)).toEqual({
    verdict: 'failed',
    summary: 'not all of dev, prod could be planned',
  });
});

test('what is renamed can be planned once it is applied', async () => {
  await applied();
  const renamed = target('net', { formerly: 'network' });
  const ref = await pullRequest({ environments: { dev: [renamed] } });
  const before = await deployed();
  await deploy(w, ref);
  expect(await outcomesOf(w, ref)).toEqual(['net: planned (deferred: renamed from network)']);
  expect(await deployed()).toEqual(before);
});

test('what the merge gives another tool is not planned with the one it has, affected or not', async () => {
  await applied();
  const before = await deployed();
  const ref = await pullRequest({ deferred: { network: 'its tool changes with the merge' } });
  expect(await deploy(w, ref)).toMatchObject({ verdict: 'succeeded' });
  expect(await outcomesOf(w, ref)).toContain('network: planned (deferred: its tool changes with the merge)');
  expect(await deployed()).toEqual(before);
});

test.each([
  [true, {}],
  [false, { KEY: 'app/key' }],
])('secrets and forks: from a fork %s', async (fork, secrets) => {
  const ref = await pullRequest({
    pull: { fork },
    environments: { dev: [target('app', { secrets: { KEY: 'app/key' } })] },
  });
  await deploy(w, ref);
  expect(specOf(ref.id, 'app').target.secrets).toEqual(secrets);
  expect(specOf(ref.id, 'app').environmentRole).toBe('arn:aws:iam::111122223333:role/belay-environment-plan');
});

test('a plan whose pull request has changed meanwhile begins nothing more', async () => {
  const ref = await pullRequest();
  const call: NonNullable<Parameters<typeof deploy>[2]>['call'] = async (name, body) => {
    if (name === 'turn app') {
      const cancelled = { by: 'belay', at: '2026-11-20T10:00:00.000Z', newer: '20261120-3333333-1' };
      await w.ledger.update(ledgerKeys.release(7, ref.id), { set: { cancelled } });
    }
    return body(w.ports);
  };
  expect(await deploy(w, ref, { call })).toMatchObject({ verdict: 'superseded' });
  expect(await outcomesOf(w, ref)).toEqual([
    'app: superseded (superseded by 20261120-3333333-1)',
    'network: planned ()',
  ]);
  expect(await settleRelease(ref, w.ports)).toMatchObject({ verdict: 'superseded' });
});

test('a plan that was broken off is settled by the sweep, each environment by itself', async () => {
  const ref = await pullRequest({ environments: { dev: [network], prod: [network] } });
  const at = '2026-11-20T10:00:00.000Z';
  await w.ledger.put(ledgerKeys.active(7, ref.id), { release: ref, run: `arn:release:${ref.id}`, at });
  await deploy(w, ref, { stopBefore: 'begin plan network' });
  w.ends.set(`arn:release:${ref.id}`, 'ABORTED');
  await sweep({ ...w.ports });
  expect(await outcomesOf(w, ref)).toEqual([expect.stringMatching(/^network: failed \(.*stopped/)]);
  expect(await outcomesOf(w, ref, 'prod')).toEqual([expect.stringMatching(/^network: skipped \(/)]);
  expect(await w.ledger.get(ledgerKeys.release(7, ref.id))).toMatchObject({ verdict: 'failed' });
});
