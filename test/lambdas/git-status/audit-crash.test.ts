/** The audit in Git where it breaks off: nothing twice, nothing lost. */
import { beforeEach, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
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
import { COMMIT, deploymentItem, ID, outcome } from './world.ts';

let w: World;
beforeEach(async () => {
  w = auditWorld();
  await ended(w);
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
