import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { targetsKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { Ancestry } from '../../../lambdas/github-ports.ts';
import { lease } from '../../../lambdas/lease/lease.ts';
import { open } from '../../../lambdas/open/open.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';

let w: World;
beforeEach(() => {
  w = world();
});

const network = target('network');
const app = target('app', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
});
const debug = target('debug');
const dev = [network, app, debug];
const tools = { network: { outputs: { vpc_id: 'vpc-1' } } };

async function holdLease(ref: ReleaseRef, fence: number) {
  const key = ledgerKeys.environment(7, 'dev');
  const attempted = ((await w.ledger.get(key))?.attempted ?? {}) as Record<string, string>;
  await w.ledger.put(key, {
    ...{ version: fence, fence, seq: fence, queue: [], answers: [], writers: {}, attempted },
    owner: { execution: 'e', release: ref.id, commit: ref.commit },
  });
  return open({ release: ref, environment: 'dev', execution: 'e', fence }, w.ports);
}
const mapItems = (ref: ReleaseRef) => w.store.json(targetsKey(7, ref.id, 'dev'));

describe('the ancestry gate', () => {
  test.each<[Ancestry, string | undefined, string | undefined]>([
    ['identical', undefined, undefined],
    ['ahead', undefined, undefined],
    ['behind', commitOf('2'), 'a newer commit of main, 1111111, came before it'],
    ['diverged', commitOf('2'), undefined],
    ['diverged', commitOf('3'), 'the history of main was rewritten and this commit is not its head'],
    ['unknown', commitOf('2'), undefined],
    ['unknown', undefined, 'the history of main was rewritten and this commit is not its head'],
  ])('a commit that is %s, with head %s: %s', async (ancestry, head, reason) => {
    await holdLease(await release(w, { environments: { dev } }), 1);
    Object.assign(w.github, { ancestry, head });
    const second = await release(w, { commit: commitOf('2'), environments: { dev } });
    const opened = await holdLease(second, 2);
    expect(w.github.asked).toEqual(['acme/shop 1111111...2222222']);
    const attempted = (await w.ledger.get(ledgerKeys.environment(7, 'dev')))?.attempted;
    if (reason === undefined) {
      expect(opened.decision).toBe('deploy');
      expect(attempted).toEqual({ main: commitOf('2') });
    } else {
      expect(opened).toEqual({ decision: 'superseded', reason });
      expect(attempted).toEqual({ main: commitOf('1') });
    }
  });

  test('another branch has a history of its own', async () => {
    await holdLease(await release(w, { environments: { dev } }), 1);
    w.github.ancestry = 'behind';
    const ref = await release(w, { commit: commitOf('2'), branch: 'next', environments: { dev } });
    expect((await holdLease(ref, 2)).decision).toBe('deploy');
    expect(w.github.asked).toEqual([]);
  });
});

test('without the lease nothing is opened', async () => {
  const ref = await release(w, { environments: { dev } });
  await holdLease(ref, 2);
  const before = [...w.ledger.items];
  const at = { release: ref, environment: 'dev' };
  await expect(open({ ...at, execution: 'e', fence: 1 }, w.ports)).rejects.toThrow(
    'no longer this deployment',
  );
  await expect(open({ ...at, execution: 'x', fence: 2 }, w.ports)).rejects.toThrow('redrive the release');
  expect([...w.ledger.items]).toEqual(before);
});

test('changed and downstream targets get turns and stand in targets.json, the rest is unchanged at once', async () => {
  await deploy(w, await release(w, { environments: { dev } }), { tools });
  const ref = await release(w, {
    commit: commitOf('2'),
    environments: { dev },
    tree: { 'components/network': 'b' },
  });
  expect(await holdLease(ref, 2)).toEqual({ decision: 'deploy', targetsKey: targetsKey(7, ref.id, 'dev') });
  expect(mapItems(ref)).toEqual([
    { component: 'network', test: false, write: 'apply' },
    { component: 'app', test: false, write: 'apply' },
  ]);
  const at = (component: string) => ({ environment: 'dev', component });
  expect(await w.ledger.get(ledgerKeys.outcome(7, ref.id, at('network')))).toMatchObject({
    ...{ attempt: 2, affected: 'changed', progress: 'waiting', reason: 'content changed' },
  });
  expect(await w.ledger.get(ledgerKeys.outcome(7, ref.id, at('app')))).toMatchObject({
    ...{ attempt: 2, affected: 'downstream', progress: 'waiting' },
  });
  expect(await w.ledger.get(ledgerKeys.outcome(7, ref.id, at('debug')))).toMatchObject({
    ...{ affected: 'unaffected', progress: 'ended', outcome: 'unchanged', reason: 'not affected' },
  });
  const turnOf = async (component: string) => {
    const { pk, sk, ...item } = (await w.ledger.get(ledgerKeys.turn(7, ref.id, at(component)))) ?? {};
    return item;
  };
  expect(await turnOf('network')).toEqual({ attempt: 2 });
  expect(await turnOf('app')).toEqual({ attempt: 2, waitingOn: new Set(['network']) });
  expect(await turnOf('debug')).toEqual({});
});

test('what the last applied plan read counts, not the references found in the code', async () => {
  await deploy(w, await release(w, { environments: { dev: [network] }, tree: { 'modules/vpc': 'a' } }), {
    tools: { network: { dependencies: ['modules/vpc'] } },
  });
  const other = { 'modules/vpc': 'a', 'modules/dns': 'b' };
  const same = await release(w, { commit: commitOf('2'), environments: { dev: [network] }, tree: other });
  expect(await holdLease(same, 2)).toEqual({ decision: 'nothing-to-do' });
  const tree = { 'modules/vpc': 'b' };
  const ref = await release(w, { commit: commitOf('3'), environments: { dev: [network] }, tree });
  expect((await holdLease(ref, 3)).decision).toBe('deploy');
});

test('a retry under the same fence leaves what has progressed', async () => {
  const ref = await release(w, { environments: { dev } });
  await holdLease(ref, 1);
  const at = { environment: 'dev', component: 'network' };
  await w.ledger.update(ledgerKeys.outcome(7, ref.id, at), { set: { progress: 'applying' } });
  await w.ledger.update(ledgerKeys.turn(7, ref.id, { ...at, component: 'app' }), {
    remove: ['waitingOn'],
    set: { tokens: new Set(['t']) },
  });
  const before = JSON.stringify([...w.ledger.items]);
  await open({ release: ref, environment: 'dev', execution: 'e', fence: 1 }, w.ports);
  expect(JSON.stringify([...w.ledger.items])).toBe(before);
});

test('a redrive opens again what is not good, keeps what was applied, and clears the verdicts', async () => {
  const ref = await release(w, { environments: { dev, prod: [network] } });
  await deploy(w, ref, { tools: { ...tools, app: { apply: 'fails' } } });
  expect(await outcomesOf(w, ref, 'prod')).toEqual(['network: skipped (dev did not succeed)']);
  await holdLease(ref, 2);
  expect(mapItems(ref)).toEqual([{ component: 'app', test: false, write: 'apply' }]);
  expect(await outcomesOf(w, ref)).toEqual([
    'app: undefined (left dirty)',
    'debug: applied (1 added)',
    'network: applied (1 added)',
  ]);
  expect(await outcomesOf(w, ref, 'prod')).toEqual(['network: undefined (waiting for dev)']);
  const item = await w.ledger.get(ledgerKeys.release(7, ref.id));
  expect([item?.verdict, item?.endedAt, item?.reason]).toEqual([undefined, undefined, '']);
  const prod = await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'prod'));
  expect([prod?.verdict, prod?.progress]).toEqual([undefined, 'waiting for dev']);
});

test('a target that missed new inputs of its upstream is changed in the next deployment', async () => {
  const first = await release(w, { environments: { dev } });
  await deploy(w, first, { tools });
  // The network gets a new id, but the deployment is stopped before the app has its turn.
  const tree = { 'components/network': 'b' };
  const second = await release(w, { commit: commitOf('2'), environments: { dev }, tree });
  await deploy(w, second, {
    tools: { network: { outputs: { vpc_id: 'vpc-2' } } },
    stopBefore: 'turn app',
  });
  const third = await release(w, { commit: commitOf('3'), environments: { dev }, tree });
  expect(await deploy(w, third)).toMatchObject({ verdict: 'succeeded' });
  expect(await outcomesOf(w, third)).toEqual([
    'app: applied (1 added)',
    'debug: unchanged (not affected)',
    'network: unchanged (not affected)',
  ]);
});

test('how long a deployment waited for the lease is told once', async () => {
  const ref = await release(w, { environments: { dev } });
  const at = { release: ref, environment: 'dev', execution: 'e' };
  await lease({ action: 'acquire', ...at, token: 't' }, w.ports);
  w.advance(90_000);
  for (let times = 0; times < 2; times += 1) await open({ ...at, fence: 1 }, w.ports);
  expect(w.measured).toEqual(['LeaseWait 90']);
});
