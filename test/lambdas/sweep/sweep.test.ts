import { beforeEach, describe, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { lease } from '../../../lambdas/lease/lease.ts';
import { noteActive, noteKnown } from '../../../lambdas/shared/sweep-index.ts';
import { sweep } from '../../../lambdas/sweep/sweep.ts';
import { turn } from '../../../lambdas/turn/turn.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  REPOSITORY,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';
import { Crash, dyingPorts } from '../../support/dying-ports.ts';

let w: World;
beforeEach(() => {
  w = world();
  // A head with a release of its own is not the sweep's business.
  w.github.head = undefined;
});

const network = target('network');
const app = target('app', { needs: ['network'] });
const done = async () => (await sweep(w.ports)).done;
const activeItems = () => [...w.ledger.items.keys()].filter((key) => key.startsWith('active '));
const verdictOf = async (id: string) => (await w.ledger.get(ledgerKeys.release(7, id)))?.verdict;

test('nothing to do: nothing is written', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref);
  await sweep(w.ports);
  const before = JSON.stringify([...w.ledger.items]);
  expect(await done()).toEqual([]);
  expect(JSON.stringify([...w.ledger.items])).toBe(before);
});

describe('a deployment that was stopped', () => {
  const stopped = async (stopBefore: string) => {
    const ref = await release(w, { environments: { dev: [network, app], prod: [network] } });
    w.ends.set(`arn:release:${ref.id}`, 'ABORTED');
    await deploy(w, ref, { stopBefore });
    return ref;
  };

  test('of another repository: not looked at', async () => {
    const ref = await stopped('turn network');
    // Nothing of repository 7 belongs to 70 or to 0.
    for (const other of [70, 0]) expect((await sweep(w.ports, other)).done).toEqual([]);
    expect(await verdictOf(ref.id)).toBeUndefined();
    expect((await sweep(w.ports, 7)).done).toHaveLength(2);
    expect(await verdictOf(ref.id)).toBe('failed');
  });

  test('before anything began: all targets are skipped, later environments too, the lease is free', async () => {
    const ref = await stopped('turn network');
    expect(await done()).toEqual([
      `dev of acme/shop: the lease of release ${ref.id} is free: its deployment has ended`,
      `release ${ref.id} was stopped: dev failed: app was skipped (not started: the release was stopped), network was skipped (not started: the release was stopped); redrive the execution arn:release:${ref.id} to go on from here`,
    ]);
    expect(await outcomesOf(w, ref, 'prod')).toEqual(['network: skipped (dev did not succeed)']);
    expect(await verdictOf(ref.id)).toBe('failed');
    expect(activeItems()).toEqual([]);
    expect(await done()).toEqual([]);
  });

  test('while its apply runs: nothing is settled and nobody gets the lease until the job has ended', async () => {
    const ref = await stopped('end apply network');
    w.endedJobs.clear();
    expect(await done()).toEqual([
      `release ${ref.id} was stopped, and network is still being written in dev: settled when that job has ended`,
    ]);
    expect(await verdictOf(ref.id)).toBeUndefined();
    const [job] = Object.values((await w.ledger.get(ledgerKeys.environment(7, 'dev')))?.writers as object);
    w.endedJobs.add(job);
    const lines = await done();
    expect(lines.slice(0, 2)).toEqual([
      'dev of acme/shop: the job that wrote network has ended',
      `dev of acme/shop: the lease of release ${ref.id} is free: its deployment has ended`,
    ]);
    expect(await outcomesOf(w, ref)).toEqual([
      'app: skipped (not started: the release was stopped)',
      'network: failed (stopped: between two commits; redrive or roll back)',
    ]);
  });

  test('after its targets: it has succeeded there, and stops at the next environment', async () => {
    const ref = await stopped('settle');
    await done();
    expect(await outcomesOf(w, ref)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
    expect(await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'dev'))).toMatchObject({
      verdict: 'succeeded',
    });
    expect(await outcomesOf(w, ref, 'prod')).toEqual([
      'network: skipped (not started: the release was stopped)',
    ]);
    expect(await verdictOf(ref.id)).toBe('failed');
  });

  test('a deployment that still runs settles itself', async () => {
    const ref = await stopped('turn network');
    w.running.add(`arn:deployment:${ref.id}:dev`);
    expect(await done()).toEqual([]);
    expect(activeItems()).toHaveLength(1);
  });

  test('redriven while the sweep looked: its entry stays', async () => {
    const ref = await stopped('turn network');
    await done();
    await noteActive(w.ledger, { release: ref, run: 'first' });
    const racing = {
      ...w.ports,
      redrives: {
        ...w.ports.redrives,
        look: async () => {
          await noteActive(w.ledger, { release: ref, run: 'second' });
          return { status: 'ABORTED' as const, problem: undefined };
        },
      },
    };
    await sweep(racing);
    expect(activeItems()).toHaveLength(1);
  });

  test.each(['turn network', 'end apply network', 'settle'])(
    'before %s: a sweep that dies anywhere is made good by the next',
    async (stopBefore) => {
      const stateOf = ({ ledger }: World) =>
        Object.fromEntries([...ledger.items].map(([key, { version, ...item }]) => [key, item]).sort());
      await stopped(stopBefore);
      await done();
      const expected = stateOf(w);
      let crashes = 0;
      for (let after = 1; ; after++) {
        w = world();
        w.github.head = undefined;
        await stopped(stopBefore);
        const dying = dyingPorts(w.ports, after);
        await sweep(dying.ports).catch((error) => {
          if (!(error instanceof Crash)) throw error;
        });
        if (!dying.crash.happened) break;
        crashes++;
        await done();
        await done();
        expect({ after, ...stateOf(w) }).toEqual({ after, ...expected });
      }
      expect(crashes).toBeGreaterThan(20);
    },
  );
});

test('a release that was lost while its commit was read is failed', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  w.store.objects.clear();
  await noteActive(w.ledger, { release: ref, run: 'arn' });
  expect(await done()).toEqual([
    `release ${ref.id}: failed, lost while reading the commit; push again, or redrive the execution arn:release:${ref.id}`,
  ]);
  expect(await verdictOf(ref.id)).toBe('failed');
});

describe('a running release', () => {
  /** Opened, with both flows parked. */
  async function parked() {
    const ref = await release(w, { environments: { dev: [network, app] } });
    const execution = `arn:deployment:${ref.id}:dev`;
    await deploy(w, ref, { stopBefore: 'turn network' });
    w.running.add(`arn:release:${ref.id}`).add(execution);
    const at = { release: ref, environment: 'dev', execution, fence: 1 };
    for (const component of ['network', 'app']) {
      w.running.add(`flow ${component}`);
      await turn({ ...at, component, token: `t ${component}`, flow: `flow ${component}` }, w.ports);
    }
    expect([...w.sent.keys()]).toContain('t network');
    expect([...w.sent.keys()]).not.toContain('t app');
    return ref;
  }

  test('is left alone while its flows run', async () => {
    await parked();
    expect(await done()).toEqual([]);
  });

  test('a flow that is gone: its target is lost, and those that need it go on', async () => {
    const ref = await parked();
    w.running.delete('flow network');
    expect(await done()).toEqual([`release ${ref.id}: dev/network was lost: its flow has ended`]);
    expect(await outcomesOf(w, ref)).toContain('network: failed (lost: its flow ended without an outcome)');
    expect([...w.sent.keys()]).toContain('t app');
  });

  test('a flow that is gone while its job still writes is left to the next sweep', async () => {
    const ref = await parked();
    const key = ledgerKeys.environment(7, 'dev');
    await w.ledger.update(key, { set: { writers: { network: 'job-1' } } });
    w.running.delete('flow network');
    expect(await done()).toEqual([]);
    w.endedJobs.add('job-1');
    expect(await done()).toContain(`release ${ref.id}: dev/network was lost: its flow has ended`);
  });

  test('an end that was not told is told', async () => {
    const ref = await parked();
    const outcome = ledgerKeys.outcome(7, ref.id, network);
    await w.ledger.update(outcome, { set: { outcome: 'applied', progress: 'ended' } });
    expect(await done()).toEqual([
      `release ${ref.id}: dev/network had ended untold: those that need it know now`,
    ]);
    expect([...w.sent.keys()]).toContain('t app');
    expect(await done()).toEqual([]);
  });

  test('a turn that has come and was not answered is answered', async () => {
    const ref = await parked();
    await w.ledger.update(ledgerKeys.turn(7, ref.id, app), { remove: ['waitingOn'] });
    expect(await done()).toEqual([`release ${ref.id}: dev/app was told its turn again`]);
  });
});

describe('a target that waits for a person', () => {
  /** Of a running release; its token is `asked`. */
  async function asking(answer?: object) {
    const ref = await release(w, { environments: { dev: [network] } });
    const execution = `arn:deployment:${ref.id}:dev`;
    await deploy(w, ref, { stopBefore: 'turn network' });
    w.running.add(`arn:release:${ref.id}`).add(execution).add('flow network');
    const at = { environment: 'dev', component: 'network' };
    const turnOf = { release: ref, ...at, execution, fence: 1, token: 't', flow: 'flow network' };
    await turn(turnOf, w.ports);
    const plan = { planDigest: 'p', changeDigest: 'c' };
    await w.ledger.update(ledgerKeys.outcome(7, ref.id, at), { set: { ...plan, progress: 'approving' } });
    await w.ledger.put(ledgerKeys.approval(7, ref.id, at), {
      ...{ ...plan, attempt: 1, reason: 'it would destroy x', tokens: new Set(['asked']) },
      ...{ requestedAt: '2026-11-20T10:00:00.000Z', ...(answer && { answer }) },
    });
    return ref;
  }

  test('and was answered without being told is told', async () => {
    const yes = { decision: 'approved', reason: 'approved by ada' };
    const ref = await asking({ ...yes, by: 'ada', at: '2026-11-20T10:01:00.000Z' });
    expect(await done()).toEqual([`release ${ref.id}: dev/network was told again what was decided about it`]);
    expect(w.sent.get('asked')).toEqual(yes);
    expect(await done()).toEqual([]);
  });

  test('gives way once a writer that had ended unseen is gone', async () => {
    await asking();
    const key = ledgerKeys.environment(7, 'dev');
    await w.ledger.update(key, { set: { writers: { other: 'job-1' } } });
    const newer = await release(w, {
      ...{ commit: commitOf('2'), environments: { dev: [network] }, startedAt: '2026-11-20T10:00:00.000Z' },
    });
    w.running.add('two').add(`arn:release:${newer.id}`);
    const waiting = { environment: 'dev', execution: 'two', token: 'two t' };
    await lease({ action: 'acquire', release: newer, ...waiting }, w.ports);
    await done();
    expect(w.sent.has('asked')).toBe(false);
    w.endedJobs.add('job-1');
    expect(await done()).toContain('dev of acme/shop: the job that wrote other has ended');
    expect(w.sent.get('asked')).toEqual({
      decision: 'superseded',
      reason: 'a newer push, 2222222, is waiting',
    });
  });
});

test('a waiter is handed the lease of an execution that has ended', async () => {
  const first = await release(w, { environments: { dev: [network] } });
  const second = await release(w, {
    ...{ commit: commitOf('2'), environments: { dev: [network] }, startedAt: '2026-11-20T10:00:00.000Z' },
  });
  w.running.add('one').add('two').add(`arn:release:${second.id}`);
  const ask = (ref: typeof first, execution: string) =>
    lease(
      { action: 'acquire', release: ref, environment: 'dev', execution, token: `${execution} t` },
      w.ports,
    );
  await ask(first, 'one');
  await ask(second, 'two');
  expect(w.sent.has('two t')).toBe(false);
  w.running.delete('one');
  expect(await done()).toContain(`dev of acme/shop: the lease goes to release ${second.id}`);
  expect(w.sent.get('two t')).toEqual({ decision: 'granted', fence: 2 });
});

describe('the head of the default branch', () => {
  const HEAD = commitOf('9');
  const newestOf = async (commit: string) => {
    const ref = await release(w, { commit, environments: { dev: [network] } });
    await w.ledger.put(ledgerKeys.commit(7, commit), { release: ref.id });
    return ref;
  };
  beforeEach(async () => {
    w.github.head = HEAD;
    await noteKnown(w.ledger, { repository: REPOSITORY, environment: 'dev' });
  });

  test('without a release for ten minutes is pushed again, as one and the same delivery', async () => {
    expect(await done()).toEqual([]);
    w.advance(9 * 60_000);
    expect(await done()).toEqual([]);
    w.advance(60_000);
    const line = 'acme/shop: no release has come for 9999999, the head of main: started';
    expect([await done(), await done()]).toEqual([[line], [line]]);
    const push = {
      delivery: `sweep-7-${HEAD}`,
      repository: REPOSITORY,
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: HEAD,
      forced: false,
      skip: false,
      sender: 'belay',
    };
    expect(w.published).toEqual([push, push]);
  });

  test('that was moved on is given its own ten minutes', async () => {
    await done();
    w.advance(10 * 60_000);
    w.github.head = commitOf('8');
    expect(await done()).toEqual([]);
  });

  test('with a release waits for people, whatever became of it', async () => {
    await newestOf(HEAD);
    await done();
    w.advance(60 * 60_000);
    expect(await done()).toEqual([]);
  });

  test('that was only planned, for a pull request, is pushed', async () => {
    const { id } = await newestOf(HEAD);
    await w.ledger.update(ledgerKeys.release(7, id), { set: { operation: 'plan' } });
    await done();
    w.advance(10 * 60_000);
    expect(await done()).toEqual(['acme/shop: no release has come for 9999999, the head of main: started']);
  });

  test('that asks to be skipped is pushed as such', async () => {
    w.github.message = 'a change [skip belay]';
    await done();
    w.advance(10 * 60_000);
    await done();
    expect(w.published).toMatchObject([{ skip: true }]);
  });

  test('GitHub not answering keeps nothing else from being done', async () => {
    const github = {
      ...w.ports.github,
      branchHead: async () => {
        throw new Error('GitHub could not be reached');
      },
    };
    expect((await sweep({ ...w.ports, github })).done).toEqual([
      'the head of acme/shop could not be swept: GitHub could not be reached',
    ]);
  });
});
