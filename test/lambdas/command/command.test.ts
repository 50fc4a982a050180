import { beforeEach, describe, expect, test } from '@jest/globals';
import { command as contract } from '../../../core/contracts/command.ts';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { stateKey, stateLockKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { command } from '../../../lambdas/command/command.ts';
import { lease } from '../../../lambdas/lease/lease.ts';
import { turn } from '../../../lambdas/turn/turn.ts';
import { deploy, outcomesOf, release, target, type World, world } from '../../support/deployment-world.ts';
import { Crash, dyingPorts } from '../../support/dying-ports.ts';

let w: World;
let ref: ReleaseRef;
const network = target('network');
const app = target('app', { needs: ['network'], test: { run: './smoke.sh' } });
beforeEach(async () => {
  w = world();
  ref = await release(w, { environments: { dev: [network, app] } });
  w.running.add(`arn:release:${ref.id}`);
});

const ask = (order: object, ports = w.ports) =>
  contract.handle((input) => command(input, ports))({
    repository: 7,
    release: ref.id,
    by: 'mira',
    ...order,
  });
const cancel = (ports = w.ports) => ask({ action: 'cancel' }, ports);
const item = async () => w.ledger.get(ledgerKeys.release(7, ref.id));
const target1 = { environment: 'dev', component: 'network' };

test.each([{ action: 'cancel' }, { action: 'redrive', older: false }, { action: 'unlock', ...target1 }])(
  'a release nobody knows is refused: $action',
  async (order) => {
    expect(await ask({ ...order, release: '20261120-0000000-1' })).toEqual({
      accepted: false,
      message: 'there is no release 20261120-0000000-1 in repository 7',
    });
  },
);

describe('cancel', () => {
  /** Cancelled before the call of this name is made. */
  async function cancelledBefore(name: string) {
    let isCancelled = false;
    return deploy(w, ref, {
      call: async (called, body) => {
        if (called === name) {
          isCancelled = true;
          expect(await cancel()).toMatchObject({ accepted: true });
        }
        return body(w.ports);
      },
    }).then((settled) => {
      expect(isCancelled).toBe(true);
      return settled;
    });
  }

  test.each([
    ['lease', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['turn network', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['prepare plan network', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['begin plan network', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['guard plan network', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['prepare apply network', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['begin apply network', 'network: cancelled (cancelled by mira)', 'app: cancelled (cancelled by mira)'],
    ['end apply network', 'network: applied (1 added)', 'app: cancelled (cancelled by mira)'],
    [
      'prepare test app',
      'network: applied (1 added)',
      'app: cancelled (applied, but not tested: cancelled by mira)',
    ],
    [
      'begin test app',
      'network: applied (1 added)',
      'app: cancelled (applied, but its test was stopped: cancelled by mira)',
    ],
  ])('before %s', async (name, first, second) => {
    expect(await cancelledBefore(name)).toMatchObject({ verdict: 'cancelled' });
    expect(await outcomesOf(w, ref)).toEqual([second, first]);
    expect(await item()).toMatchObject({ verdict: 'cancelled' });
    expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({
      ...{ queue: [], answers: [], writers: {} },
    });
    const { live } = (await w.ledger.get(ledgerKeys.target(7, 'dev', 'app'))) ?? {};
    expect(live === undefined).toBe(!name.endsWith('test app'));
    if (live !== undefined) expect(live).toMatchObject({ state: 'dirty' });
  });

  test('after the last target it comes too late: all is done', async () => {
    expect(await cancelledBefore('settle')).toMatchObject({ verdict: 'succeeded' });
  });

  test('what failed by itself has failed', async () => {
    let isFirst = true;
    await deploy(w, ref, {
      tools: { network: { plan: 'fails' } },
      call: async (name, body) => {
        if (name === 'end plan network' && isFirst) {
          isFirst = false;
          await cancel();
        }
        return body(w.ports);
      },
    });
    expect(await outcomesOf(w, ref)).toContain('network: failed (plan failed: the plan said no)');
  });

  test('a plan that runs is ended, an apply is not', async () => {
    await deploy(w, ref, { stopBefore: 'end plan network' });
    const [job] = [...w.ledger.items.values()].filter(({ stage }) => stage === 'plan');
    await cancel();
    expect(w.terminated).toEqual([job?.jobId]);
  });

  test('a running apply is not ended', async () => {
    await deploy(w, ref, { stopBefore: 'end apply network' });
    await cancel();
    expect(w.terminated).toEqual([]);
  });

  test('parked turns are woken, whatever they wait for', async () => {
    await deploy(w, ref, { stopBefore: 'turn network' });
    const execution = `arn:deployment:${ref.id}:dev`;
    const at = { release: ref, environment: 'dev', execution, fence: 1 };
    await turn({ ...at, component: 'app', token: 'parked', flow: 'f' }, w.ports);
    await cancel();
    expect(w.sent.get('parked')).toEqual({});
    await turn({ ...at, component: 'app', token: 'late', flow: 'f' }, w.ports);
    expect(w.sent.get('late')).toEqual({});
  });

  test('a waiter leaves the queue, dying anywhere; the next call makes it good', async () => {
    let crashes = 0;
    for (let after = 1; ; after++) {
      w = world();
      const other = await release(w, { id: '20261120-2222222-1', environments: { dev: [network] } });
      ref = await release(w, { environments: { dev: [network] }, branch: 'next' });
      w.running.add(`arn:release:${ref.id}`).add('one').add('two');
      const at = { action: 'acquire', environment: 'dev' } as const;
      await lease({ ...at, release: other, execution: 'one', token: 't1' }, w.ports);
      await lease({ ...at, release: ref, execution: 'two', token: 't2' }, w.ports);
      const dying = dyingPorts(w.ports, after);
      await cancel(dying.ports as World['ports']).catch((error) => {
        if (!(error instanceof Crash)) throw error;
      });
      if (dying.crash.happened) {
        crashes++;
        await cancel();
      }
      expect({ after, told: w.sent.get('t2') }).toEqual({
        after,
        told: { decision: 'cancelled', reason: 'cancelled by mira' },
      });
      expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({
        ...{ queue: [], answers: [], owner: { execution: 'one' } },
      });
      if (!dying.crash.happened) break;
    }
    expect(crashes).toBeGreaterThan(8);
  });

  test('what has ended cannot be cancelled', async () => {
    await deploy(w, ref, { tools: { network: { plan: 'fails' } } });
    w.running.clear();
    expect(await cancel()).toEqual({
      accepted: false,
      message: `release ${ref.id} has ended already: failed`,
    });
  });
});

describe('redrive', () => {
  const redrive = (older = false) => ask({ action: 'redrive', older });

  test('makes a cancelled release wanted again, and its verdict open', async () => {
    await cancel();
    await deploy(w, ref);
    w.running.clear();
    expect(await redrive(true)).toEqual({
      accepted: true,
      message: `release ${ref.id} goes on from where it failed`,
    });
    const { verdict, cancelled, older, endedAt, reason } = (await item()) ?? {};
    expect({ verdict, cancelled, older, endedAt, reason }).toEqual({
      older: true,
      reason: 'redriven by mira',
    });
    expect(w.running.has(`arn:release:${ref.id}`)).toBe(true);
    await deploy(w, ref, { execution: 'again' });
    expect(await outcomesOf(w, ref)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
  });

  test('older counts for the one redrive it was said for', async () => {
    w.running.clear();
    await redrive(true);
    w.running.clear();
    await redrive(false);
    expect(await item()).not.toHaveProperty('older');
  });

  test('an older commit is superseded, unless it was said to go', async () => {
    const attempted = async () => (await w.ledger.get(ledgerKeys.environment(7, 'dev')))?.attempted;
    const newer = { main: '2'.repeat(40) };
    await deploy(w, ref, { tools: { network: { plan: 'fails' } } });
    await w.ledger.update(ledgerKeys.environment(7, 'dev'), { set: { attempted: newer } });
    w.github.ancestry = 'behind';
    w.running.clear();
    expect(await deploy(w, ref, { execution: 'second' })).toMatchObject({ verdict: 'superseded' });
    expect(await attempted()).toEqual(newer);
    await redrive(true);
    expect(await deploy(w, ref, { execution: 'third' })).toMatchObject({ verdict: 'succeeded' });
    expect(await attempted()).toEqual({ main: ref.commit });
  });

  test.each(['RUNNING', 'SUCCEEDED'] as const)(
    'refuses an execution that is %s, and changes nothing',
    async (status) => {
      w.running.clear();
      if (status === 'RUNNING') w.running.add(`arn:release:${ref.id}`);
      else w.ends.set(`arn:release:${ref.id}`, status);
      const before = await item();
      expect(await redrive()).toEqual({
        accepted: false,
        message: `release ${ref.id} cannot be redriven: Execution is ${status} and cannot be redriven; push again or start a new release`,
      });
      expect(await item()).toEqual(before);
    },
  );

  test('refused at the last moment, the release is again what it was', async () => {
    await deploy(w, ref, { tools: { network: { plan: 'fails' } } });
    w.running.clear();
    const before = await item();
    const redrives = { ...w.ports.redrives, redrive: async () => 'Execution redrivable period exceeded' };
    expect(await ask({ action: 'redrive', older: false }, { ...w.ports, redrives })).toMatchObject({
      accepted: false,
    });
    expect(await item()).toEqual(before);
  });
});

describe('unlock', () => {
  const unlock = () => ask({ action: 'unlock', ...target1 });
  const key = ledgerKeys.target(7, 'dev', 'network');
  const state = stateKey(7, 'dev', 'network');
  const lock = stateLockKey(7, 'dev', 'network');
  const errored = '7/releases/r/dev/network/apply/errored.tfstate';
  const version = (serial: number) => JSON.stringify({ version: 4, lineage: 'l', serial });
  const notes = async () => w.ledger.query('7/environment/dev', 'unlock/');

  test('removes a stale lock, and keeps who did it', async () => {
    await w.store.put(lock, '{}');
    expect(await unlock()).toEqual({
      accepted: true,
      message: 'dev/network is unlocked: removed the lock 7/state/dev/network.tfstate.tflock',
    });
    expect(await w.store.exists(lock)).toBe(false);
    expect(await notes()).toMatchObject([
      {
        ...{ environment: 'dev', component: 'network', by: 'mira', at: '2026-11-20T10:00:00.000Z' },
        did: 'removed the lock 7/state/dev/network.tfstate.tflock',
      },
    ]);
    expect(await unlock()).toEqual({ accepted: true, message: 'dev/network is not locked' });
  });

  test('refuses while a job writes the target', async () => {
    await deploy(w, ref, { stopBefore: 'end apply network' });
    w.endedJobs.clear();
    await w.store.put(lock, '{}');
    const refused = await unlock();
    expect(refused).toMatchObject({ accepted: false });
    expect(refused.message).toMatch(
      /^dev\/network stays locked: job .* is writing it; wait until it has ended$/,
    );
    expect(await w.store.exists(lock)).toBe(true);
  });

  test('a state that could not be written blocks the target until it is back', async () => {
    await w.ledger.put(key, { blocked: { release: 'r', key: errored } });
    await w.store.put(errored, version(5));
    await w.store.put(state, version(4));
    await deploy(w, ref);
    expect(await outcomesOf(w, ref)).toContain(
      `network: failed (its state could not be written by release r: push ${errored} of the artifacts bucket (tofu state push), then unlock it)`,
    );
    expect(await unlock()).toEqual({
      accepted: false,
      message:
        'dev/network stays locked: the state in place has serial 4, the one that could not be written 5: push that one first',
    });
    await w.store.put(state, version(5));
    expect(await unlock()).toEqual({
      accepted: true,
      message: 'dev/network is unlocked: cleared the block of release r',
    });
    await deploy(w, ref, { execution: 'again' });
    expect(await outcomesOf(w, ref)).toContain('network: applied (1 added)');
  });
});

test('the state is copied before each apply, under its own lease; while a job writes it is not', async () => {
  const state = stateKey(7, 'dev', 'network');
  await w.store.put(state, 'before');
  await deploy(w, ref, { tools: { network: { apply: 'fails' } } });
  const backup = (fence: number) =>
    w.store.objects.get(`7/state-backups/${ref.id}/dev/network/before-apply-${fence}.tfstate`)?.toString();
  expect(backup(1)).toBe('before');
  await w.store.put(state, 'half');
  await deploy(w, ref, { execution: 'again' });
  expect([backup(1), backup(2)]).toEqual(['before', 'half']);
});

test('an apply that leaves a state which cannot be its work has failed, and its target stays dirty', async () => {
  const state = stateKey(7, 'dev', 'network');
  await w.store.put(state, JSON.stringify({ version: 4, lineage: 'l', serial: 4 }));
  await deploy(w, ref, {
    call: async (name, body) => {
      if (name === 'end apply network') {
        await w.store.put(state, JSON.stringify({ version: 4, lineage: 'l', serial: 1 }));
      }
      return body(w.ports);
    },
  });
  expect(await outcomesOf(w, ref)).toContain(
    'network: failed (apply failed: the tool succeeded, but its state has serial 1, and had 4 before; look into it before the next apply; it has no last good to return to)',
  );
  const { live, lastGood } = (await w.ledger.get(ledgerKeys.target(7, 'dev', 'network'))) ?? {};
  expect({ live, lastGood }).toMatchObject({ live: { state: 'dirty' }, lastGood: undefined });
});
