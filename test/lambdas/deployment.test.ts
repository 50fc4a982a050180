/** Whole deployments, function after function as the machines call them: what people and the next deployment find. */
import { beforeEach, expect, test } from '@jest/globals';
import { outputsKey, stageKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { dynamoLedger } from '../../lambdas/adapters/ledger.ts';
import { record } from '../../lambdas/record/record.ts';
import { settle } from '../../lambdas/settle/settle.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  release,
  target,
  type World,
  world,
} from '../support/deployment-world.ts';
import { startLedgerTable } from '../support/ledger-table.ts';
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
const outputs = { vpc_id: 'vpc-1' };
const tools = { network: { outputs }, app: { outputs: { url: 'http://app' } } };
const targetItem = (component: string) => w.ledger.get(ledgerKeys.target(7, 'dev', component));
const releaseItem = (id: string) => w.ledger.get(ledgerKeys.release(7, id));

test('a first push deploys everything, and the next one that changes nothing has nothing to do', async () => {
  const first = await release(w, { environments: { dev: [network, app] } });
  expect(await deploy(w, first, { tools })).toEqual({ verdict: 'succeeded', summary: 'dev succeeded' });
  expect(await outcomesOf(w, first)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
  const document = '7/last-good/dev/app/20261120-1111111-1/last-good.json';
  expect(await targetItem('app')).toMatchObject({
    lastGood: { commit: commitOf('1'), release: first.id, document },
    live: { commit: commitOf('1'), state: 'clean' },
    dependencies: [],
  });
  expect(await settleRelease(first, w.ports)).toEqual({ verdict: 'succeeded', summary: 'deployed to dev' });
  expect(await releaseItem(first.id)).toMatchObject({
    verdict: 'succeeded',
    endedAt: '2026-11-20T10:00:00.000Z',
  });

  const second = await release(w, { commit: commitOf('2'), environments: { dev: [network, app] } });
  await deploy(w, second, { tools });
  expect(await outcomesOf(w, second)).toEqual([
    'app: unchanged (not affected)',
    'network: unchanged (not affected)',
  ]);
  expect(await settleRelease(second, w.ports)).toMatchObject({ verdict: 'nothing-to-do' });
  expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({
    ...{ fence: 2, queue: [], answers: [], writers: {}, attempted: { main: commitOf('2') } },
  });
});

test('inputs and outputs: the app plans with what the network produced, and its test sees its own outputs', async () => {
  const ref = await release(w, { environments: { dev: [network, app] } });
  let seenByTest: unknown;
  await deploy(w, ref, {
    tools,
    call: async (name, body) => {
      if (name === 'begin test app') seenByTest = w.store.json(outputsKey(7, 'dev', 'app'));
      return body(w.ports);
    },
  });
  const at = { repository: 7, release: ref.id, environment: 'dev', component: 'app' };
  expect(w.store.json(stageKey(at, 'plan', 'inputs.json'))).toEqual({
    vpc_id: { value: 'vpc-1', sensitive: false },
  });
  expect(seenByTest).toEqual({ url: { value: 'http://app', sensitive: false } });
  expect(w.store.json(stageKey(at, 'apply', 'job-1-0.json'))).toMatchObject({
    planDigest: 'plan 0 of app in 20261120-1111111-1',
    environmentRole: 'arn:aws:iam::111122223333:role/belay-environment-apply',
    state: { bucket: 'artifacts', key: '7/state/dev/app.tfstate' },
    fence: 1,
  });
  expect(w.store.json(stageKey(at, 'plan', 'job-1-0.json'))).not.toHaveProperty('planDigest');
});

test('a dependent runs again only when its inputs changed', async () => {
  await deploy(w, await release(w, { environments: { dev: [network, app] } }), { tools });
  const tree = { 'components/network': 'b' };
  const second = await release(w, { commit: commitOf('2'), environments: { dev: [network, app] }, tree });
  await deploy(w, second, { tools });
  expect(await outcomesOf(w, second)).toEqual([
    'app: unchanged (its inputs did not change)',
    'network: applied (1 added)',
  ]);
  const third = await release(w, {
    commit: commitOf('3'),
    environments: { dev: [network, app] },
    tree: { 'components/network': 'c' },
  });
  await deploy(w, third, { tools: { network: { outputs: { vpc_id: 'vpc-2' } } } });
  expect(await outcomesOf(w, third)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
});

test('an output that is not there fails its consumer and names what there is', async () => {
  const ref = await release(w, { environments: { dev: [network, app] } });
  await deploy(w, ref, { tools: { network: { outputs: { id: 'vpc-1' } } } });
  expect(await outcomesOf(w, ref)).toEqual([
    'app: failed (input vpc_id: network has no output "vpc_id"; its outputs: id)',
    'network: applied (1 added)',
  ]);
});

test.each([
  ['plan', { plan: 'fails' }, 'plan failed: the plan said no', undefined],
  [
    'apply',
    { apply: 'fails' },
    'apply failed: the apply said no; it has no last good to return to',
    { commit: commitOf('1'), state: 'dirty', fence: 1 },
  ],
] as const)('a failed %s skips the dependents and later environments', async (_, tool, reason, live) => {
  const ref = await release(w, { environments: { dev: [network, app], prod: [network, app] } });
  const settled = await deploy(w, ref, { tools: { network: tool } });
  expect(settled).toEqual({
    verdict: live ? 'broken' : 'failed',
    summary: `dev ${live ? 'is broken (dirty: network)' : 'failed'}: network failed (${reason}), app was skipped (network failed); redrive the execution arn:release:20261120-1111111-1 to go on from here`,
  });
  expect(await outcomesOf(w, ref)).toEqual(['app: skipped (network failed)', `network: failed (${reason})`]);
  expect(await outcomesOf(w, ref, 'prod')).toEqual([
    'app: skipped (dev did not succeed)',
    'network: skipped (dev did not succeed)',
  ]);
  expect((await targetItem('network'))?.live).toEqual(live);
  expect(await releaseItem(ref.id)).toMatchObject({ verdict: 'failed', reason: settled?.summary });
  expect(await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'prod'))).toMatchObject({ verdict: 'skipped' });
});

test('a failed test leaves the target dirty; an empty plan is then only tested again', async () => {
  const ref = await release(w, { environments: { dev: [network, app] } });
  await deploy(w, ref, { tools: { ...tools, app: { outputs: { url: 'u' }, test: 'fails' } } });
  expect(await outcomesOf(w, ref)).toEqual([
    'app: failed (test failed: the test said no; it has no last good to return to)',
    'network: applied (1 added)',
  ]);
  const failed = await targetItem('app');
  expect(failed).toMatchObject({ live: { state: 'dirty', contentKey: expect.any(String) } });
  expect(failed).not.toHaveProperty('lastGood');
  expect(w.store.json(outputsKey(7, 'dev', 'app'))).toEqual({ url: { value: 'u', sensitive: false } });
  const names: string[] = [];
  await deploy(w, ref, {
    execution: 'redriven',
    tools: { app: { plan: 'empty' } },
    call: (name, body) => {
      names.push(name);
      return body(w.ports);
    },
  });
  expect(names).toContain('begin test app');
  expect(names).not.toContain('begin apply app');
  expect(await outcomesOf(w, ref)).toEqual([
    'app: unchanged (the plan is empty)',
    'network: applied (1 added)',
  ]);
  const good = await targetItem('app');
  expect(good).toMatchObject({ lastGood: { commit: commitOf('1') }, live: { state: 'clean' } });
});

test('a killed apply is planned again though the code went back, and applied though its plan is empty', async () => {
  await deploy(w, await release(w, { environments: { dev: [network] } }), { tools });
  const tree = { 'components/network': 'b' };
  const second = await release(w, { commit: commitOf('2'), environments: { dev: [network] }, tree });
  await deploy(w, second, { tools: { network: { apply: 'is killed', reverse: { plan: 'fails' } } } });
  expect(await targetItem('network')).toMatchObject({
    lastGood: { commit: commitOf('1') },
    live: { commit: commitOf('2'), state: 'dirty' },
  });
  const third = await release(w, { commit: commitOf('3'), environments: { dev: [network] } });
  await deploy(w, third, { tools: { network: { plan: 'empty', outputs: { vpc_id: 'vpc-3' } } } });
  expect(await outcomesOf(w, third)).toEqual(['network: applied (no resource changed)']);
  expect(w.store.json(outputsKey(7, 'dev', 'network'))).toEqual({
    vpc_id: { value: 'vpc-3', sensitive: false },
  });
});

test('an empty plan of something new is good as it is', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref, { tools: { network: { plan: 'empty' } } });
  expect(await outcomesOf(w, ref)).toEqual(['network: unchanged (the plan is empty)']);
  expect(await targetItem('network')).toMatchObject({
    lastGood: { commit: commitOf('1') },
    live: { state: 'clean' },
  });
  expect(await settleRelease(ref, w.ports)).toMatchObject({ verdict: 'succeeded' });
});

test('superseded at the gate: nothing is touched, every target says so, and a redrive is not offered', async () => {
  await deploy(w, await release(w, { environments: { dev: [network] } }), { tools });
  w.github.ancestry = 'behind';
  const old = await release(w, { commit: commitOf('2'), environments: { dev: [network], prod: [network] } });
  expect(await deploy(w, old)).toEqual({
    verdict: 'superseded',
    summary: 'dev was superseded: a newer commit of main, 1111111, came before it',
  });
  expect(await outcomesOf(w, old)).toEqual([
    'network: superseded (a newer commit of main, 1111111, came before it)',
  ]);
  expect(await outcomesOf(w, old, 'prod')).toEqual(['network: skipped (dev did not succeed)']);
  expect(await releaseItem(old.id)).toMatchObject({ verdict: 'superseded' });
  expect(await targetItem('network')).toMatchObject({ live: { commit: commitOf('1'), state: 'clean' } });
});

test('a deployment that could not even open fails with the reason, and its targets are skipped', async () => {
  const ref = await release(w, { environments: { dev: [network], prod: [network] } });
  await deploy(w, ref, { execution: 'e', stopBefore: 'open' });
  const reason = 'finding the affected targets: {"errorType":"Error","errorMessage":"GitHub answered 502"}';
  const input = { scope: 'environment', release: ref, environment: 'dev', execution: 'e' } as const;
  expect(await settle({ ...input, ended: { verdict: 'failed', reason } }, w.ports)).toEqual({
    verdict: 'failed',
    summary:
      'dev failed: finding the affected targets: GitHub answered 502; redrive the execution arn:release:20261120-1111111-1 to go on from here',
  });
  expect(await outcomesOf(w, ref)).toEqual([
    'network: skipped (finding the affected targets: GitHub answered 502)',
  ]);
  expect(await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'dev'))).toMatchObject({
    ...{ progress: 'ended', verdict: 'failed', reason: 'finding the affected targets: GitHub answered 502' },
  });
});

test('a target whose flow was lost is failed, and so is the deployment', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  const call = async <T>(name: string, body: (ports: World['ports']) => Promise<T>) =>
    name === 'record network' ? ({} as T) : body(w.ports);
  expect(await deploy(w, ref, { call })).toMatchObject({ verdict: 'broken' });
  expect(await outcomesOf(w, ref)).toEqual([
    'network: failed (its apply was lost; it has no last good to return to)',
  ]);
});

test('what could not be recorded is a failure with the reason, and wakes who waits for it', async () => {
  const ref = await release(w, { environments: { dev: [network, app] } });
  await deploy(w, ref, { execution: 'e', stopBefore: 'record network' });
  const reason = 'recording the outcome: {"errorType":"Error","errorMessage":"reading the tree: not there"}';
  const end = { kind: 'decided', outcome: 'failed', reason } as const;
  const at = { release: ref, environment: 'dev', execution: 'e', fence: 1, component: 'network' };
  await record({ ...at, end }, w.ports);
  expect(await outcomesOf(w, ref)).toContain(
    'network: failed (recording the outcome: reading the tree: not there)',
  );
  const turn = await w.ledger.get(ledgerKeys.turn(7, ref.id, { environment: 'dev', component: 'app' }));
  expect(turn).toMatchObject({ blockedBy: new Set(['network']) });
  expect(turn).not.toHaveProperty('waitingOn');
});

test('late calls of an ended or aborted attempt change nothing', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref, { tools: { network: { apply: 'fails' } } });
  await deploy(w, ref, { execution: 'redriven', stopBefore: 'record network' });
  const before = [...w.ledger.items];
  const at = { release: ref, environment: 'dev', component: 'network' };
  const end = { kind: 'completed', applied: true } as const;
  // The first attempt's record comes late, then one that names the right fence but does not hold the lease.
  await record({ ...at, execution: `arn:deployment:${ref.id}:dev`, fence: 1, end }, w.ports);
  await record({ ...at, execution: 'someone else', fence: 2, end }, w.ports);
  expect([...w.ledger.items]).toEqual(before);
  await record({ ...at, execution: 'redriven', fence: 2, end }, w.ports);
  expect(await outcomesOf(w, ref)).toEqual(['network: applied (1 added)']);
});

test('a second deployment of the same release takes over; the first one settles nothing any more', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref, { execution: 'first', stopBefore: 'open' });
  await deploy(w, ref, { execution: 'second', stopBefore: 'settle', tools });
  const before = [...w.ledger.items];
  const settled = await settle(
    { scope: 'environment', release: ref, environment: 'dev', execution: 'first' },
    w.ports,
  );
  expect(settled.verdict).toBe('superseded');
  expect([...w.ledger.items]).toEqual(before);
});

test('a target that was opened under another fence is not recorded', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref, { execution: 'first', stopBefore: 'record network' });
  await deploy(w, ref, { execution: 'second', stopBefore: 'open' });
  const before = [...w.ledger.items];
  const end = { kind: 'completed', applied: true } as const;
  const at = { release: ref, environment: 'dev', component: 'network', execution: 'second', fence: 2 };
  await record({ ...at, end }, w.ports);
  expect([...w.ledger.items]).toEqual(before);
});

test('the same on DynamoDB: a failure, the redrive, a push behind it', async () => {
  const table = await startLedgerTable();
  try {
    Object.assign(w.ledger, dynamoLedger(table.name, table.client));
    const ref = await release(w, { environments: { dev: [network, app], prod: [network] } });
    expect(await deploy(w, ref, { tools: { ...tools, app: { apply: 'is killed' } } })).toMatchObject({
      verdict: 'broken',
    });
    expect(await deploy(w, ref, { execution: 'redriven', tools })).toMatchObject({ verdict: 'succeeded' });
    expect(await deploy(w, ref, { environment: 'prod', tools })).toMatchObject({ verdict: 'succeeded' });
    expect(await settleRelease(ref, w.ports)).toMatchObject({ verdict: 'succeeded' });
    expect(await outcomesOf(w, ref)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
    expect(await outcomesOf(w, ref, 'prod')).toEqual(['network: applied (1 added)']);
    const second = await release(w, { commit: commitOf('2'), environments: { dev: [network, app] } });
    await deploy(w, second);
    expect(await outcomesOf(w, second)).toEqual([
      'app: unchanged (not affected)',
      'network: unchanged (not affected)',
    ]);
  } finally {
    await table.stop();
  }
});
