import { beforeEach, expect, test } from '@jest/globals';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { lease } from '../../../lambdas/lease/lease.ts';
import { commitOf, release, target, type World, world } from '../../support/deployment-world.ts';
import { Crash, dyingPorts } from '../../support/dying-ports.ts';

let w: World;
beforeEach(() => {
  w = world();
});

const environmentKey = ledgerKeys.environment(7, 'dev');
const environments = { dev: [target('network')] };
const push = (digit: string, branch = 'main') =>
  release(w, {
    commit: commitOf(digit),
    branch,
    environments,
    startedAt: `2026-11-20T10:0${digit}:00Z`,
  });

async function acquire(ref: ReleaseRef, token = `token ${ref.commit[0]}`, ports = w.ports) {
  const execution = `e${ref.commit[0]}`;
  w.running.add(execution);
  await lease({ action: 'acquire', release: ref, environment: 'dev', execution, token }, ports);
}
const giveBack = (ref: ReleaseRef, ports = w.ports) =>
  lease({ action: 'give-back', release: ref, environment: 'dev', execution: `e${ref.commit[0]}` }, ports);
const progressOf = async (ref: ReleaseRef) =>
  (await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'dev')))?.progress;

test('the lease goes from one deployment to the next, and those who wait see their place', async () => {
  const [first, second, third] = [await push('1'), await push('2'), await push('3', 'next')];
  await acquire(first);
  await acquire(second);
  await acquire(third);
  expect(w.sent).toEqual(new Map([['token 1', { decision: 'granted', fence: 1 }]]));
  expect(await progressOf(second)).toBe('waiting for the lease: 1st in the queue');
  expect(await progressOf(third)).toBe('waiting for the lease: 2nd in the queue');
  w.changed.length = 0;
  await giveBack(first);
  expect(w.sent.get('token 2')).toEqual({ decision: 'granted', fence: 2 });
  expect(await progressOf(third)).toBe('waiting for the lease: 1st in the queue');
  expect(w.changed).toContain(third.id);
  await giveBack(first);
  await giveBack(second);
  await giveBack(third);
  expect(w.sent.get('token 3')).toEqual({ decision: 'granted', fence: 3 });
  const item = await w.ledger.get(environmentKey);
  expect(item).toMatchObject({ fence: 3, queue: [], answers: [] });
  expect(item?.owner).toBeUndefined();
});

test('a deployment that is redriven without its release is told so, and gets no lease', async () => {
  const [owner, waiting] = [await push('1'), await push('2')];
  await acquire(owner);
  await acquire(waiting);
  w.ends.set(`arn:release:${waiting.id}`, 'ABORTED');
  const before = JSON.stringify([...w.ledger.items]);
  await acquire(waiting, 'token of the redrive');
  expect(w.sent.get('token of the redrive')).toEqual({
    decision: 'failed',
    reason: 'only this deployment was redriven, and its release is not running',
  });
  expect(JSON.stringify([...w.ledger.items])).toBe(before);

  // The release's own redrive starts another deployment; that it runs may not be known yet.
  const fresh = { environment: 'dev', execution: 'fresh', token: 'token of the fresh one' };
  w.running.add('fresh').delete('e2');
  await lease({ action: 'acquire', release: waiting, ...fresh }, w.ports);
  await giveBack(owner);
  expect(w.sent.get('token of the fresh one')).toEqual({ decision: 'granted', fence: 2 });
});

test('an older waiter of the branch is answered superseded when a newer push comes', async () => {
  const [owner, old, newest] = [await push('1'), await push('2'), await push('3')];
  await acquire(owner);
  await acquire(old);
  await acquire(newest);
  expect(w.sent.get('token 2')).toEqual({
    decision: 'superseded',
    reason: 'a newer push of main, 3333333, is waiting',
  });
});

test('a delivery that comes late does not push the branch’s head out of the queue', async () => {
  const [owner, newest, late] = [await push('1'), await push('2'), await push('3')];
  w.github.head = commitOf('2');
  await acquire(owner);
  await acquire(newest);
  await acquire(late);
  expect(w.sent.get('token 3')).toEqual({
    decision: 'superseded',
    reason: 'a newer push of main, 2222222, is waiting',
  });
  await giveBack(owner);
  expect(w.sent.get('token 2')).toEqual({ decision: 'granted', fence: 2 });
});

test('the next in the queue whose execution has ended is passed over', async () => {
  const [first, second, third] = [await push('1'), await push('2', 'next'), await push('3')];
  await acquire(first);
  await acquire(second);
  await acquire(third);
  w.running.delete('e2');
  w.loseToken('token 2');
  await giveBack(first);
  expect(w.sent.get('token 3')).toEqual({ decision: 'granted', fence: 3 });
  expect(await w.ledger.get(environmentKey)).toMatchObject({ owner: { execution: 'e3' }, answers: [] });
});

test('a token that is gone while its execution runs was answered before: the lease stays', async () => {
  const [first, second] = [await push('1'), await push('2')];
  await acquire(first);
  await acquire(second);
  w.loseToken('token 2');
  await giveBack(first);
  expect(await w.ledger.get(environmentKey)).toMatchObject({ owner: { execution: 'e2' }, fence: 2 });
  await acquire(second, 'token 2 again');
  expect(w.sent.get('token 2 again')).toEqual({ decision: 'granted', fence: 2 });
});

test('the lease of an execution that has ended is taken over, but not while one of its jobs writes', async () => {
  const [first, second, third] = [await push('1'), await push('2'), await push('3', 'next')];
  await acquire(first);
  await w.ledger.update(environmentKey, { set: { writers: { network: 'job-1' } } });
  w.running.delete('e1');
  await acquire(second);
  expect(w.sent.has('token 2')).toBe(false);
  w.endedJobs.add('job-1');
  await acquire(third);
  expect(w.sent.get('token 2')).toEqual({ decision: 'granted', fence: 2 });
  expect(await w.ledger.get(environmentKey)).toMatchObject({
    owner: { execution: 'e2' },
    writers: {},
    queue: [{ execution: 'e3' }],
  });
});

test('a lease is not given back while a job writes', async () => {
  const first = await push('1');
  await acquire(first);
  await w.ledger.update(environmentKey, { set: { writers: { network: 'job-1' } } });
  await expect(giveBack(first)).rejects.toThrow('network is still being written by a job');
  w.endedJobs.add('job-1');
  await giveBack(first);
  expect((await w.ledger.get(environmentKey))?.owner).toBeUndefined();
});

test('a redriven release starts its deployment afresh', async () => {
  const ref = await push('1');
  await w.ledger.put(ledgerKeys.deployment(7, ref.id, 'dev'), {
    environment: 'dev',
    execution: 'before',
    progress: 'ended',
    verdict: 'failed',
    reason: 'network failed',
  });
  await acquire(ref);
  const item = await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'dev'));
  expect(item).toMatchObject({ execution: 'e1', progress: 'waiting for the lease', reason: '' });
  expect(item?.verdict).toBeUndefined();
});

test('many deployments of many branches at once: one after the other gets the lease', async () => {
  const pushes = await Promise.all('12345678'.split('').map((digit) => push(digit, `branch-${digit}`)));
  await Promise.all(pushes.map((ref) => acquire(ref)));
  const order: string[] = [];
  for (let n = 1; n <= pushes.length; n++) {
    expect(w.sent.size).toBe(n);
    const [token = '', grant] = [...w.sent].at(-1) ?? [];
    expect(grant).toEqual({ decision: 'granted', fence: n });
    order.push(token);
    const ref = pushes.find(({ commit }) => token === `token ${commit[0]}`);
    if (ref) await Promise.all([giveBack(ref), giveBack(ref)]);
  }
  expect(new Set(order).size).toBe(8);
});

test('a crash anywhere while the lease changes hands loses nobody', async () => {
  const crashes = { acquire: 0, 'give back': 0 };
  for (const crashing of ['acquire', 'give back'] as const) {
    for (let after = 1, happened = true; happened; after++) {
      w = world();
      const [owner, old, newest, other] = [
        await push('1'),
        await push('2'),
        await push('3'),
        await push('4', 'next'),
      ];
      await acquire(owner);
      await acquire(old);
      await acquire(other);
      const dying = dyingPorts(w.ports, after);
      const dies = async (call: Promise<unknown>) =>
        call.catch((error) => {
          if (!(error instanceof Crash)) throw error;
        });
      if (crashing === 'acquire') await dies(acquire(newest, 'token 3', dying.ports));
      else {
        await acquire(newest);
        await dies(giveBack(owner, dying.ports));
      }
      happened = dying.crash.happened;
      // A Task that is retried has a new token; the old one is gone.
      if (crashing === 'acquire' && happened) await acquire(newest, 'token 3 again');
      await giveBack(owner);
      await giveBack(other);
      const told = [...w.sent].map(([token, grant]) => [token.slice(0, 7), grant]);
      expect(Object.fromEntries(told)).toEqual({
        'token 1': { decision: 'granted', fence: 1 },
        'token 2': { decision: 'superseded', reason: 'a newer push of main, 3333333, is waiting' },
        'token 4': { decision: 'granted', fence: 2 },
        'token 3': { decision: 'granted', fence: 3 },
      });
      expect(await w.ledger.get(environmentKey)).toMatchObject({ owner: { execution: 'e3' }, answers: [] });
      crashes[crashing] += happened ? 1 : 0;
    }
  }
  expect(Math.min(crashes.acquire, crashes['give back'])).toBeGreaterThan(6);
});
