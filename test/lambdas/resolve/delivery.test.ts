/** One delivery, many calls: crashes, retries, duplicates, takeovers. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ResolvePorts } from '../../../lambdas/resolve/resolve.ts';
import { gitMemory } from '../../support/git-memory.ts';
import { COMMIT, FILES, push, REPOSITORY, world } from './world.ts';

const ID = '20261121-c0ffee1-1';
const DEPLOY = {
  decision: 'deploy',
  release: { id: ID, repository: REPOSITORY, commit: COMMIT },
  environments: ['dev', 'prod'],
};

/** Every call of every port goes through `around`; what git hands out included. */
function intercepted(ports: ResolvePorts, around: <T>(call: () => Promise<T>) => Promise<T>): ResolvePorts {
  const wrapped = <P extends object>(port: P): P =>
    new Proxy(port, {
      get(target, name) {
        const member = Reflect.get(target, name);
        return typeof member !== 'function'
          ? member
          : (...args: unknown[]) => around(() => member.apply(target, args));
      },
    });
  return {
    ...ports,
    ledger: wrapped(ports.ledger),
    store: wrapped(ports.store),
    executions: wrapped(ports.executions),
    statuses: wrapped(ports.statuses),
    git: {
      withCommit: (repository, commit, use) =>
        ports.git.withCommit(repository, commit, (fetched) => use(wrapped(fetched))),
    },
  };
}

/** Dies at the `k`th call: before it had an effect, or after, when its answer is lost. */
function dyingAt(ports: ResolvePorts, k: number, moment: 'before' | 'after') {
  let calls = 0;
  return intercepted(ports, async (call) => {
    calls++;
    if (calls === k && moment === 'before') throw new Error('died');
    const answer = await call();
    if (calls === k) throw new Error('died');
    return answer;
  });
}

async function callsOf(run: (through: (ports: ResolvePorts) => ResolvePorts) => Promise<unknown>) {
  let calls = 0;
  await run((ports) =>
    intercepted(ports, (call) => {
      calls++;
      return call();
    }),
  );
  return calls;
}

test('whenever it dies, called again it comes to the same end, with one release', async () => {
  const calm = world(gitMemory(FILES));
  const calls = await callsOf((through) => calm.run('arn:1', push(), through(calm.ports)));
  expect(calls).toBeGreaterThan(12);
  for (const moment of ['before', 'after'] as const) {
    for (let k = 1; k <= calls; k++) {
      const { run, ports, ledger, objects, changed } = world(gitMemory(FILES));
      await expect(run('arn:1', push(), dyingAt(ports, k, moment))).rejects.toThrow('died');
      expect(await run('arn:1')).toEqual(DEPLOY);
      expect(Object.fromEntries(ledger.items)).toEqual(Object.fromEntries(calm.ledger.items));
      expect(Object.fromEntries(objects.objects)).toEqual(Object.fromEntries(calm.objects.objects));
      // People see the end state: one of the two calls sent a message after it was written.
      expect(changed.length).toBeGreaterThanOrEqual(2);
    }
  }
});

test('dying again and again makes no second release', async () => {
  const { run, ports, releases } = world(gitMemory(FILES));
  for (let k = 1; k < 40; k++) {
    await run('arn:1', push(), dyingAt(ports, k, 'after')).catch(() => {});
  }
  expect(await run('arn:1')).toEqual(DEPLOY);
  expect(releases()).toEqual([ID]);
});

test('a duplicate ends with the reason, while the first is at work and afterwards', async () => {
  const { run, ports, running } = world(gitMemory(FILES));
  running.add('arn:1');
  await run('arn:1', push(), dyingAt(ports, 4, 'after')).catch(() => {});
  expect(await run('arn:2')).toEqual({
    decision: 'end',
    verdict: 'nothing-to-do',
    reason: 'delivery guid-1 is already being served by another execution',
  });
  await run('arn:1');
  running.delete('arn:1');
  expect(await run('arn:2')).toEqual({
    decision: 'end',
    verdict: 'nothing-to-do',
    reason: `delivery guid-1 is already served by release ${ID}`,
  });
});

test('what a dead execution left unresolved is taken over with its release, and it finds so when redriven', async () => {
  const calm = world(gitMemory(FILES));
  const calls = await callsOf((through) => calm.run('arn:1', push(), through(calm.ports)));
  for (let k = 1; k < calls; k++) {
    const { run, ports, item } = world(gitMemory(FILES));
    await run('arn:1', push(), dyingAt(ports, k, 'after')).catch(() => {});
    const answer = await run('arn:2');
    const delivery = await item('delivery/guid-1', 'delivery');
    expect(answer).toMatchObject({ decision: 'deploy', release: { id: delivery?.release } });
    expect(await item(`${REPOSITORY}/release/${delivery?.release}`, 'release')).toMatchObject({
      execution: 'arn:2',
      environments: ['dev', 'prod'],
    });
    expect(await run('arn:1')).toMatchObject({ decision: 'end', reason: expect.stringContaining('served') });
  }
});

test('however duplicates, zombies and retries interleave, exactly one deploys, and it is the release of the delivery', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      // Who is believed to run: a zombie is at work and believed dead.
      fc.subarray(['arn:1', 'arn:2', 'arn:3']),
      async (scheduler, believedRunning) => {
        const { run, ports, running, item, releases } = world(gitMemory(FILES));
        for (const execution of believedRunning) running.add(execution);
        const slow = intercepted(ports, (call) => scheduler.schedule(Promise.resolve()).then(call));
        const answers = ['arn:1', 'arn:2', 'arn:3'].map((execution) => run(execution, push(), slow));
        const decisions = await scheduler.waitFor(Promise.all(answers));
        const deploys = decisions.filter(({ decision }) => decision === 'deploy');
        const delivery = await item('delivery/guid-1', 'delivery');
        expect(deploys).toHaveLength(1);
        expect(deploys[0]).toMatchObject({ release: { id: delivery?.release } });
        expect(await item(`${REPOSITORY}/commit/${COMMIT}`, 'commit')).toMatchObject({
          release: delivery?.release,
        });
        // Where nobody is wrongly believed dead there is no trace of a second release.
        if (believedRunning.length === 3) expect(releases()).toEqual([ID]);
      },
    ),
    { numRuns: 300 },
  );
});

test('two pushes of one commit at the same moment are two releases, the higher one the newest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { run, ports, item, releases } = world(gitMemory(FILES));
      const slow = intercepted(ports, (call) => scheduler.schedule(Promise.resolve()).then(call));
      await scheduler.waitFor(
        Promise.all([
          run('arn:1', push({ delivery: 'guid-1' }), slow),
          run('arn:2', push({ delivery: 'guid-2' }), slow),
        ]),
      );
      expect(releases().sort()).toEqual([ID, '20261121-c0ffee1-2']);
      expect(await item(`${REPOSITORY}/commit/${COMMIT}`, 'commit')).toMatchObject({
        release: '20261121-c0ffee1-2',
      });
    }),
    { numRuns: 100 },
  );
});
