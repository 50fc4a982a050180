/** Failures in the cloud and the way back to last good, function after function as the machines call them. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { outputsKey, releaseKey, stageKey } from '../../../core/keys.ts';
import { lastGoodSchema } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import type { ResolvedTarget } from '../../../core/manifest/resolved.ts';
import { command } from '../../../lambdas/command/command.ts';
import { lease } from '../../../lambdas/lease/lease.ts';
import { rollback } from '../../../lambdas/rollback/rollback.ts';
import {
  type Call,
  commitOf,
  deploy,
  outcomesOf,
  type Plan,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';

let w: World;
beforeEach(() => {
  w = world();
});

const policy = (more: Partial<ResolvedTarget['policy']>): ResolvedTarget['policy'] => ({
  approval: 'on-destroy',
  approvers: [],
  selfApproval: false,
  protect: [],
  rollback: 'connected',
  ...more,
});
const network = target('network');
const database = target('database', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
  test: { run: './check.sh' },
});
const app = target('app', {
  needs: ['database'],
  inputs: { url: { component: 'database', output: 'url' } },
});
const chain = [network, database, app];
const outputs = { network: { outputs: { vpc_id: 'vpc-1' } }, database: { outputs: { url: 'db-1' } } };

const targetItem = (component: string) => w.ledger.get(ledgerKeys.target(7, 'dev', component));
const artifact = (ref: ReleaseRef, component: string, pass: 'deploy' | 'reverse' | 'forward', file: string) =>
  w.store.json(
    stageKey({ repository: 7, release: ref.id, environment: 'dev', component, pass }, 'plan', file),
  );

/** The first release, commit 1111111: all good. */
const first = async (targets: readonly ResolvedTarget[] = chain, tools: Plan['tools'] = outputs) => {
  const ref = await release(w, { environments: { dev: targets } });
  expect(await deploy(w, ref, { tools })).toMatchObject({ verdict: 'succeeded' });
  return ref;
};

/** A release that changes the code of every target; commit 2222222 unless said otherwise. */
const next = (targets: readonly ResolvedTarget[] = chain, digit = '2') =>
  release(w, {
    commit: commitOf(digit),
    environments: { dev: targets },
    tree: Object.fromEntries(targets.map(({ path }) => [path, digit])),
    startedAt: `2026-11-20T10:0${digit}:00Z`,
  });

/** Notes the names of all calls. */
const noting =
  (names: string[]): Call =>
  (name, body) => {
    names.push(name);
    return body(w.ports);
  };

test('an apply fails half-way in the middle: dependents first, everything the release changed is back and clean', async () => {
  await first();
  const good = { network: await targetItem('network'), database: await targetItem('database') };
  const second = await next();
  const names: string[] = [];
  const tools = { network: { outputs: { vpc_id: 'vpc-2' } }, database: { apply: 'fails' } } as const;
  const settled = await deploy(w, second, {
    call: noting(names),
    tools: {
      network: { ...tools.network, reverse: outputs.network },
      database: { ...tools.database, reverse: outputs.database },
    },
  });
  expect(settled).toEqual({
    verdict: 'rolled-back',
    summary:
      'dev failed and is back at 1111111: database was rolled back to 1111111 after: apply failed: the apply said no, network was rolled back to 1111111 after: database failed, app was skipped (database failed); redrive the execution arn:release:20261120-2222222-1 to go on from here',
  });
  expect(await outcomesOf(w, second)).toEqual([
    'app: skipped (database failed)',
    'database: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
    'network: rolled-back (rolled back to 1111111 after: database failed)',
  ]);
  const begun = names.filter((name) => name.includes('begin'));
  expect(begun.slice(begun.indexOf('begin apply database') + 1)).toEqual([
    'reverse: begin plan database',
    'reverse: begin apply database',
    'reverse: begin plan network',
    'reverse: begin apply network',
    'forward: begin plan network',
    'forward: begin plan database',
    'forward: begin test database',
  ]);
  expect(Object.fromEntries(w.cloud)).toEqual({ network: '1111111', database: '1111111', app: '1111111' });
  for (const component of ['network', 'database'] as const) {
    const { lastGood, live } = (await targetItem(component)) ?? {};
    const before = good[component]?.lastGood as object;
    expect(live).toEqual({ ...(good[component]?.live as object), commit: commitOf('1'), state: 'clean' });
    expect(lastGood).toEqual({
      ...before,
      document: `7/last-good/dev/${component}/20261120-2222222-1/forward/last-good.json`,
    });
    expect(await targetItem(component)).not.toHaveProperty('goodBefore');
  }
  expect(w.store.json(outputsKey(7, 'dev', 'network'))).toEqual({
    vpc_id: { value: 'vpc-1', sensitive: false },
  });
  expect(await w.ledger.get(ledgerKeys.deployment(7, second.id, 'dev'))).toMatchObject({
    ...{ verdict: 'rolled-back', reason: 'back at 1111111', progress: 'ended' },
  });
  expect(await w.ledger.get(ledgerKeys.release(7, second.id))).toMatchObject({ verdict: 'failed' });
  expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({ writers: {}, queue: [] });
});

test('the way back has everything of last good: source, manifest entry, inputs, lock file, own role and state', async () => {
  const was = { ...database, path: 'old/place', variables: { size: 1 }, test: { run: './old-check.sh' } };
  await first([network, was, app]);
  const second = await next([network, { ...database, variables: { size: 2 } }, app]);
  await deploy(w, second, {
    tools: {
      network: { outputs: { vpc_id: 'vpc-2' }, reverse: outputs.network },
      database: { apply: 'fails', reverse: outputs.database },
    },
  });
  const lastGood = '7/last-good/dev/database/20261120-1111111-1';
  const release2 = '7/releases/20261120-2222222-1/dev/database';
  for (const pass of ['reverse', 'forward'] as const) {
    expect(artifact(second, 'database', pass, 'job-2-0.json')).toMatchObject({
      pass,
      release: second,
      source: { commit: commitOf('1'), key: `7/last-good/sources/${commitOf('1')}.tar.gz` },
      locks: {
        lastGood: `${lastGood}/bundle.tar.gz`,
        current: {
          bundle: `${release2}/plan/bundle.tar.gz`,
          source: `7/sources/${commitOf('2')}.tar.gz`,
          path: 'components/database',
        },
      },
      target: { path: 'old/place', variables: { size: 1 }, test: { run: './old-check.sh' } },
      state: { key: '7/state/dev/database.tfstate' },
    });
    expect(artifact(second, 'database', pass, 'inputs.json')).toEqual({
      vpc_id: { value: 'vpc-1', sensitive: false },
    });
  }
  expect(artifact(second, 'database', 'deploy', 'inputs.json')).toEqual({
    vpc_id: { value: 'vpc-2', sensitive: false },
  });
  // Its own copies, made when it was good: neither the release's files nor the branch's history are needed any more.
  expect(w.store.objects.get(`7/last-good/sources/${commitOf('1')}.tar.gz`)?.toString()).toBe(
    `snapshot of ${commitOf('1')}`,
  );
  expect(w.store.objects.get(`${lastGood}/bundle.tar.gz`)?.toString()).toBe(
    `bundle of database at ${commitOf('1')}`,
  );
  expect(w.store.json(`${lastGood}/last-good.json`)).toMatchObject({
    ...{ commit: commitOf('1'), account: '111122223333', region: 'eu-west-1', architecture: 'arm64' },
    inputs: { vpc_id: { value: 'vpc-1', sensitive: false } },
  });
});

test('the verifying pass takes the inputs as they are now, and they are what is recorded', async () => {
  await first();
  const second = await next();
  // The network comes back with another id: what it was made of is gone for good.
  await deploy(w, second, {
    tools: {
      network: { reverse: { outputs: { vpc_id: 'vpc-3' } } },
      database: { apply: 'fails', forward: { plan: 'changes', outputs: { url: 'db-3' } } },
    },
  });
  expect(artifact(second, 'database', 'reverse', 'inputs.json')).toMatchObject({
    vpc_id: { value: 'vpc-1' },
  });
  expect(artifact(second, 'database', 'forward', 'inputs.json')).toMatchObject({
    vpc_id: { value: 'vpc-3' },
  });
  const { document } = lastGoodSchema.parse((await targetItem('database'))?.lastGood);
  expect(w.store.json(document)).toMatchObject({
    ...{ commit: commitOf('1'), release: '20261120-1111111-1', inputs: { vpc_id: { value: 'vpc-3' } } },
  });
  expect(w.store.json(outputsKey(7, 'dev', 'database'))).toMatchObject({ url: { value: 'db-3' } });
  expect((await targetItem('database'))?.live).toMatchObject({ state: 'clean' });
});

test('a failed test rolls back what was applied', async () => {
  await first();
  const second = await next([network, database]);
  expect(await deploy(w, second, { tools: { database: { test: 'fails' } } })).toMatchObject({
    verdict: 'rolled-back',
  });
  expect(await outcomesOf(w, second)).toEqual([
    'database: rolled-back (rolled back to 1111111 after: test failed: the test said no)',
    'network: rolled-back (rolled back to 1111111 after: database failed)',
  ]);
});

test('a lost apply is rolled back, too', async () => {
  await first();
  const second = await next([network]);
  const call: Call = async (name, body) => (name === 'record network' ? (undefined as never) : body(w.ports));
  await deploy(w, second, { call });
  expect(await outcomesOf(w, second)).toEqual([
    'network: rolled-back (rolled back to 1111111 after: its apply was lost)',
  ]);
});

test.each([
  ['a failed plan', { database: { plan: 'fails' } }],
  ['a rejection', { database: { plan: 'deletes' } }],
] as const)('%s rolls nothing back: what was applied stays', async (_, tools) => {
  await first();
  const second = await next();
  const names: string[] = [];
  const person = (ref: { component: string }) => decide('reject', { ...ref, pass: undefined });
  expect(await deploy(w, second, { call: noting(names), tools, person })).toMatchObject({
    verdict: 'failed',
  });
  expect(names.filter((name) => /^(reverse|forward)/.test(name))).toEqual([]);
  expect(await targetItem('network')).toMatchObject({ live: { commit: commitOf('2'), state: 'clean' } });
});

describe('a rollback that fails', () => {
  test('on its way: broken, named, and what it needs is not taken from under it; the next release heals', async () => {
    await first();
    const second = await next([network, database]);
    const tools = { database: { apply: 'fails', reverse: { apply: 'fails' } } } as const;
    expect(await deploy(w, second, { tools })).toEqual({
      verdict: 'broken',
      summary:
        'dev is broken (dirty: database, network): database could not be rolled back (apply failed: the apply said no; then its rollback to 1111111 failed: apply failed: the apply said no), network could not be rolled back (database failed; then its rollback to 1111111 failed: database could not be rolled back and may still need it); redrive the execution arn:release:20261120-2222222-1 to go on from here',
    });
    expect(w.cloud.get('network')).toBe('2222222');
    expect(await targetItem('network')).toMatchObject({
      live: { state: 'dirty' },
      lastGood: { commit: commitOf('1') },
    });

    const third = await next([network, database], '3');
    expect(await deploy(w, third)).toMatchObject({ verdict: 'succeeded' });
    expect(Object.fromEntries(w.cloud)).toMatchObject({ network: '3333333', database: '3333333' });
  });

  test('in its verification: an empty plan is not enough, the test must pass', async () => {
    await first();
    const second = await next([network, database]);
    const tools = {
      database: { apply: 'fails', reverse: { plan: 'empty' }, forward: { test: 'fails' } },
    } as const;
    expect(await deploy(w, second, { tools })).toMatchObject({ verdict: 'broken' });
    expect(await outcomesOf(w, second)).toEqual([
      'database: rollback-failed (apply failed: the apply said no; then it was not verified at 1111111: test failed: the test said no)',
      'network: rolled-back (rolled back to 1111111 after: database failed)',
    ]);
    expect(await targetItem('database')).toMatchObject({
      live: { commit: commitOf('1'), state: 'dirty' },
      lastGood: { commit: commitOf('1') },
    });
    expect(await targetItem('network')).toMatchObject({ live: { commit: commitOf('1'), state: 'clean' } });
  });

  test('a flow that is lost on the way is not back', async () => {
    await first();
    const second = await next([network]);
    const call: Call = async (name, body) =>
      name === 'forward: record network' ? (undefined as never) : body(w.ports);
    await deploy(w, second, { call, tools: { network: { apply: 'fails' } } });
    expect(await outcomesOf(w, second)).toEqual([
      'network: rollback-failed (apply failed: the apply said no; then it was not verified at 1111111: its flow ended without an outcome)',
    ]);
  });

  test('what it takes to return is gone', async () => {
    await first();
    w.store.objects.delete('7/last-good/dev/network/20261120-1111111-1/last-good.json');
    const second = await next([network]);
    expect(await deploy(w, second, { tools: { network: { apply: 'fails' } } })).toMatchObject({
      verdict: 'broken',
    });
    expect(await outcomesOf(w, second)).toEqual([
      'network: failed (apply failed: the apply said no; what it takes to return to 1111111 is not in the artifacts bucket)',
    ]);
  });
});

describe('scopes', () => {
  const apart = target('apart');
  const withScope = (rollback: ResolvedTarget['policy']['rollback']) => [
    network,
    { ...database, policy: policy({ rollback }) },
    apart,
  ];
  const failing = { tools: { database: { apply: 'fails' } } } as const;
  const all = { network: '1111111', database: '1111111', apart: '1111111' };

  test.each([
    ['connected', { ...all, apart: '2222222' }, 'rolled-back'],
    ['environment', all, 'rolled-back'],
    ['target', { ...all, network: '2222222', apart: '2222222' }, 'rolled-back'],
    ['off', { network: '2222222', database: 'half of 2222222', apart: '2222222' }, 'broken'],
  ] as const)('rollback: %s', async (rollback, cloud, verdict) => {
    const targets = withScope(rollback);
    await first(targets);
    expect(await deploy(w, await next(targets), failing)).toMatchObject({ verdict });
    expect(Object.fromEntries(w.cloud)).toEqual(cloud);
  });

  test('the policy in force counts, not what the failing release says of itself', async () => {
    await first(withScope('environment'));
    await deploy(w, await next(withScope('off')), failing);
    expect(Object.fromEntries(w.cloud)).toEqual(all);
  });
});

describe('without a last good', () => {
  test('the first deployment ever: what failed is left dirty and named, what was good stays good', async () => {
    const ref = await release(w, { environments: { dev: chain } });
    expect(await deploy(w, ref, { tools: { ...outputs, database: { apply: 'fails' } } })).toMatchObject({
      verdict: 'broken',
    });
    expect(await outcomesOf(w, ref)).toEqual([
      'app: skipped (database failed)',
      'database: failed (apply failed: the apply said no; it has no last good to return to)',
      'network: applied (1 added)',
    ]);
    expect(await targetItem('network')).toMatchObject({ live: { state: 'clean' } });
    expect(await targetItem('database')).toMatchObject({ live: { state: 'dirty' } });
  });

  test('a new component that fails: the others go back, it is left as it is', async () => {
    await first([network]);
    const second = await next([network, database]);
    expect(await deploy(w, second, { tools: { ...outputs, database: { test: 'fails' } } })).toMatchObject({
      verdict: 'broken',
      summary: expect.stringMatching(/^dev is broken \(dirty: database\): /),
    });
    expect(await outcomesOf(w, second)).toEqual([
      'database: failed (test failed: the test said no; it has no last good to return to)',
      'network: rolled-back (rolled back to 1111111 after: database failed)',
    ]);
    expect(Object.fromEntries(w.cloud)).toEqual({ network: '1111111', database: '2222222' });
  });

  test('a new component that was good, over one that goes back: nobody vouches for it any more', async () => {
    const worker = target('worker', { needs: ['network'] });
    await first([network, worker]);
    const second = await next([network, worker, database]);
    expect(await deploy(w, second, { tools: { ...outputs, worker: { apply: 'fails' } } })).toMatchObject({
      verdict: 'broken',
      summary: expect.stringMatching(/^dev is broken \(dirty: database\): /),
    });
    expect(await outcomesOf(w, second)).toEqual([
      'database: rollback-failed (worker failed; it has no last good to return to)',
      'network: rolled-back (rolled back to 1111111 after: worker failed)',
      'worker: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
    ]);
    expect(await targetItem('database')).toMatchObject({ live: { commit: commitOf('2'), state: 'dirty' } });
  });

  test('a new component that was good and needed by what goes back stays good', async () => {
    await first([{ ...app, needs: [], inputs: {} }]);
    const cache = target('cache');
    const second = await next([cache, { ...app, needs: ['cache'], inputs: {} }]);
    expect(await deploy(w, second, { tools: { app: { apply: 'fails' } } })).toMatchObject({
      verdict: 'rolled-back',
    });
    expect(await outcomesOf(w, second)).toEqual([
      'app: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
      'cache: applied (1 added)',
    ]);
  });
});

describe('afterwards', () => {
  const failing = { tools: { network: {}, database: { apply: 'fails' } } } as const;

  test('a redrive plans what went back again', async () => {
    await first();
    const second = await next([network, database]);
    await deploy(w, second, failing);
    const names: string[] = [];
    expect(await deploy(w, second, { execution: 'redriven', call: noting(names) })).toMatchObject({
      verdict: 'succeeded',
    });
    expect(names).toEqual(expect.arrayContaining(['begin apply network', 'begin apply database']));
    expect(await outcomesOf(w, second)).toEqual([
      'database: applied (1 added)',
      'network: applied (1 added)',
    ]);
    expect(await targetItem('network')).toMatchObject({
      lastGood: { commit: commitOf('2') },
      goodBefore: { commit: commitOf('1') },
    });
  });

  test('so does the next push of the same code; one that takes the change back finds nothing to do', async () => {
    await first();
    await deploy(w, await next([network, database]), failing);
    const same = await release(w, {
      commit: commitOf('3'),
      environments: { dev: [network, database] },
      tree: { [network.path]: '2', [database.path]: '2' },
    });
    await deploy(w, same, failing);
    const back = await release(w, { commit: commitOf('4'), environments: { dev: [network, database] } });
    await deploy(w, back);
    expect(await outcomesOf(w, back)).toEqual([
      'database: unchanged (not affected)',
      'network: unchanged (not affected)',
    ]);
    expect(await outcomesOf(w, same)).toEqual([
      'database: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
      'network: rolled-back (rolled back to 1111111 after: database failed)',
    ]);
  });

  test('what an earlier attempt of the release had changed goes back with what a later one breaks', async () => {
    await first();
    const second = await next([network, database]);
    expect(await deploy(w, second, { tools: { database: { plan: 'fails' } } })).toMatchObject({
      verdict: 'failed',
    });
    expect(w.cloud.get('network')).toBe('2222222');
    expect(await deploy(w, second, { execution: 'redriven', ...failing })).toMatchObject({
      verdict: 'rolled-back',
    });
    expect(await outcomesOf(w, second)).toEqual([
      'database: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
      'network: rolled-back (rolled back to 1111111 after: database failed)',
    ]);
    expect(Object.fromEntries(w.cloud)).toMatchObject({ network: '1111111', database: '1111111' });
  });

  test('a redrive that finds an earlier attempt already applied takes it back with what it breaks', async () => {
    await first();
    const second = await next([network, database]);
    const cutOff = { database: { apply: 'fails', reverse: { plan: 'fails' } } } as const;
    expect(await deploy(w, second, { tools: cutOff })).toMatchObject({ verdict: 'broken' });
    expect(w.cloud.get('network')).toBe('2222222');
    const tools = { network: { plan: 'empty', reverse: {} }, database: { apply: 'fails' } } as const;
    expect(await deploy(w, second, { execution: 'redriven', tools })).toMatchObject({
      verdict: 'rolled-back',
    });
    expect(await outcomesOf(w, second)).toEqual([
      'database: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
      'network: rolled-back (rolled back to 1111111 after: database failed)',
    ]);
    expect(Object.fromEntries(w.cloud)).toMatchObject({ network: '1111111', database: '1111111' });
  });

  test('a redrive whose test fails again goes back, though there was nothing left to apply', async () => {
    await first();
    const second = await next([network, database]);
    const cutOff = { database: { test: 'fails', reverse: { plan: 'fails' } } } as const;
    expect(await deploy(w, second, { tools: cutOff })).toMatchObject({ verdict: 'broken' });
    const tools = { network: { plan: 'empty' }, database: { plan: 'empty', test: 'fails' } } as const;
    expect(await deploy(w, second, { execution: 'redriven', tools })).toMatchObject({
      verdict: 'rolled-back',
    });
    expect(await outcomesOf(w, second)).toEqual([
      'database: rolled-back (rolled back to 1111111 after: test failed: the test said no)',
      'network: rolled-back (rolled back to 1111111 after: database failed)',
    ]);
    expect(Object.fromEntries(w.cloud)).toMatchObject({ network: '1111111', database: '1111111' });
  });

  test('targets go back to the commit each was last good at', async () => {
    await first([network, database]);
    const second = await release(w, {
      commit: commitOf('2'),
      environments: { dev: [network, database] },
      tree: { [network.path]: '2' },
    });
    await deploy(w, second, { tools: outputs });
    const settled = await deploy(w, await next([network, database], '3'), failing);
    expect(settled?.summary).toMatch(/^dev failed and is back, each target at its last good commit: /);
    expect(Object.fromEntries(w.cloud)).toMatchObject({ network: '2222222', database: '1111111' });
  });
});

/** A person answers what a pass of the rollback asks. */
async function decide(
  action: 'approve' | 'reject',
  {
    component,
    release: ref,
    environment,
  }: { component: string; pass?: string | undefined } & Partial<{
    release: ReleaseRef;
    environment: string;
  }>,
) {
  const answer = await command(
    {
      ...{ action, repository: 7, by: 'ada', component },
      release: ref?.id ?? '20261120-2222222-1',
      environment: environment ?? 'dev',
    },
    w.ports as never,
  );
  expect(answer.accepted).toBe(true);
}

describe('a rollback that takes away what was there before', () => {
  const deleting = {
    database: { apply: 'fails', creates: ['null_resource.new'], reverse: { plan: 'deletes' } },
  } as const;

  test('asks a person and goes on with a yes', async () => {
    await first();
    const second = await next([network, database]);
    const asked: string[] = [];
    const person: Plan['person'] = async (ref) => {
      const item = await w.ledger.get(ledgerKeys.approval(7, ref.release.id, ref));
      asked.push(`${ref.pass} ${ref.component}: ${item?.reason}`);
      await decide('approve', ref);
    };
    expect(await deploy(w, second, { tools: deleting, person })).toMatchObject({ verdict: 'rolled-back' });
    expect(asked).toEqual([
      'reverse database: to roll back it would destroy null_resource.old, which this release did not create',
    ]);
  });

  test('is broken with a no', async () => {
    await first();
    const second = await next([network, database]);
    const person: Plan['person'] = (ref) => decide('reject', ref);
    expect(await deploy(w, second, { tools: deleting, person })).toMatchObject({ verdict: 'broken' });
    expect((await outcomesOf(w, second))[0]).toBe(
      'database: rollback-failed (apply failed: the apply said no; then its rollback to 1111111 failed: rejected: rejected by ada)',
    );
  });

  test('gives way to a newer push instead of waiting: broken, and the newer release gets the lease', async () => {
    await first();
    const second = await next([network, database]);
    const third = await next([network, database], '3');
    const newer = { release: third, environment: 'dev', execution: 'newer', token: 'newer' };
    w.running.add('newer');
    const person: Plan['person'] = () => lease({ ...newer, action: 'acquire' }, w.ports);
    expect(await deploy(w, second, { tools: deleting, person })).toMatchObject({ verdict: 'broken' });
    expect((await outcomesOf(w, second))[0]).toBe(
      'database: rollback-failed (apply failed: the apply said no; then its rollback to 1111111 failed: superseded: a newer push, 3333333, is waiting)',
    );
    expect(w.sent.get('newer')).toEqual({ decision: 'granted', fence: 3 });
  });

  test('asks nobody while a newer push waits already', async () => {
    await first();
    const second = await next([network, database]);
    const third = await next([network, database], '3');
    w.running.add('newer');
    const call: Plan['call'] = async (name, body) => {
      if (name === 'rollback after deploy') {
        const newer = { release: third, environment: 'dev', execution: 'newer', token: 'newer' };
        await lease({ ...newer, action: 'acquire' }, w.ports);
      }
      return body(w.ports);
    };
    expect(await deploy(w, second, { tools: deleting, call })).toMatchObject({ verdict: 'broken' });
  });

  test('asks nobody about what the release itself has made', async () => {
    await first();
    const second = await next([network, database]);
    const database2 = { ...deleting.database, creates: ['null_resource.old'] };
    expect(await deploy(w, second, { tools: { database: database2 } })).toMatchObject({
      verdict: 'rolled-back',
    });
  });
});

describe('the function itself', () => {
  /** A deployment that stands before its rollback. */
  async function failedDeployment() {
    await first();
    const second = await next([network, database]);
    const execution = 'second';
    await deploy(w, second, {
      ...{ execution, stopBefore: 'rollback after deploy' },
      tools: { database: { apply: 'is killed' } },
    });
    return { release: second, environment: 'dev', execution, fence: 2, after: 'deploy' } as const;
  }

  test('called again it answers the same and changes nothing', async () => {
    const input = await failedDeployment();
    const answer = await rollback(input, w.ports);
    expect(answer).toEqual({
      ...{ decision: 'roll-back', pass: 'reverse' },
      targetsKey: '7/releases/20261120-2222222-1/dev/reverse-targets.json',
    });
    const before = [[...w.ledger.items], [...w.store.objects]];
    expect(await rollback(input, w.ports)).toEqual(answer);
    expect([[...w.ledger.items], [...w.store.objects]]).toEqual(before);
    expect(w.store.json('7/releases/20261120-2222222-1/dev/reverse-targets.json')).toEqual([
      { component: 'network', test: false, write: 'apply', after: ['database'] },
      { component: 'database', test: false, write: 'apply', after: [] },
    ]);
    expect(await w.ledger.get(ledgerKeys.deployment(7, input.release.id, 'dev'))).toMatchObject({
      progress: 'rolling back to last good',
    });
  });

  test('marks what it is about as dirty before anything happens: a stop in between is seen', async () => {
    const input = await failedDeployment();
    expect(await targetItem('network')).toMatchObject({ live: { state: 'clean' } });
    await rollback(input, w.ports);
    expect(await targetItem('network')).toMatchObject({ live: { commit: commitOf('2'), state: 'dirty' } });
  });

  test('without the lease it refuses', async () => {
    const input = await failedDeployment();
    await expect(rollback({ ...input, fence: 1 }, w.ports)).rejects.toThrow(
      'rolling back dev of release 20261120-2222222-1: its deployment does not hold the lease any more; redrive the release',
    );
    await expect(rollback({ ...input, execution: 'another' }, w.ports)).rejects.toThrow('the lease');
  });

  test('a job that still writes is not rolled back under', async () => {
    const input = await failedDeployment();
    const environment = ledgerKeys.environment(7, 'dev');
    await w.ledger.update(environment, { set: { 'writers.database': 'job-9' } });
    await expect(rollback(input, w.ports)).rejects.toMatchObject({
      name: 'StillWriting',
      message: 'rolling back dev/database: job job-9 still writes it; wait until it has ended',
    });
    const items = await w.ledger.query(`7/release/${input.release.id}`, 'reverse/');
    expect(items).toEqual([]);
  });

  test('after a pass that brought nothing back there is nothing to verify', async () => {
    const input = await failedDeployment();
    await rollback(input, w.ports);
    expect(await rollback({ ...input, after: 'reverse' }, w.ports)).toEqual({ decision: 'settle' });
    const items = (await w.ledger.query(
      `7/release/${input.release.id}`,
      'reverse/dev/',
    )) as unknown as OutcomeItem[];
    expect(items.map(({ component, outcome, reason }) => [component, outcome, reason])).toEqual([
      ['database', 'rollback-failed', 'its flow ended without an outcome'],
      ['network', 'rollback-failed', 'its flow ended without an outcome'],
    ]);
  });

  test('a release whose document is gone says so', async () => {
    const input = await failedDeployment();
    w.store.objects.delete(releaseKey(7, input.release.id));
    await expect(rollback(input, w.ports)).rejects.toThrow('there is no such object');
  });
});
