/** Environments with a `ttl`: when their end is scheduled, and what happens when it has come, in memory. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationRequested } from '../../core/contracts/operation.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  type Plan,
  REPOSITORY,
  release,
  target,
  type World,
  world,
} from '../support/deployment-world.ts';
import { Crash, dyingPorts } from '../support/dying-ports.ts';
import { askFor, resolveRequest } from '../support/operation.ts';

const HOUR = 3600;
const network = target('network');
const app = target('app', { needs: ['network'] });
const POLICY = network.policy;

let w: World;
beforeEach(() => {
  w = world();
});

/** The world begins at 10:00 on the 20th of November 2026. */
async function pushed(
  digit: string,
  setup: { ttl?: number; dev?: readonly ResolvedTarget[] },
  plan: Plan = {},
) {
  const { ttl, dev = [network, app] } = setup;
  const ref = await release(w, { commit: commitOf(digit), environments: { dev }, ...(ttl && { ttl }) });
  return { ref, settled: await deploy(w, ref, plan) };
}
const times = () => Object.fromEntries([...w.scheduled].map(([name, { at }]) => [name, at]));
const hours = (count: number) => w.advance(count * HOUR * 1000);

/** Somebody says yes to whatever is asked. */
const approves: Plan['person'] = async ({ component }) => {
  for (const { sk, tokens } of w.ledger.items.values()) {
    if (!String(sk).startsWith('approval/') || !String(sk).endsWith(`/${component}`)) continue;
    for (const token of tokens as Set<string>)
      await w.ports.tokens.succeed(token, { decision: 'approved', reason: '' });
  }
};

/** What the bus brings when the time has come: the schedule is gone then. */
async function expire(plan: Plan = {}) {
  const [[name, { at, detail }] = ['', { at: '', detail: {} }]] = w.scheduled;
  w.advance(Date.parse(at) - w.now().getTime());
  w.scheduled.delete(name);
  const decision = await resolveRequest(w, detail as OperationRequested);
  if (decision.decision !== 'deploy') return { decision, settled: undefined, ref: undefined };
  const ref = decision.release;
  return { decision, ref, settled: await deploy(w, ref, plan) };
}

describe('the schedule', () => {
  test('is set by a success, for everything that is deployed there', async () => {
    await pushed('1', { ttl: 72 * HOUR });
    expect([...w.scheduled]).toEqual([
      [
        '7-dev',
        {
          at: '2026-11-23T10:00:00.000Z',
          detail: {
            operation: 'destroy',
            request: 'ttl-7-dev-2026-11-23T10:00:00.000Z',
            repository: REPOSITORY,
            commit: commitOf('1'),
            environment: 'dev',
            by: 'belay',
            because: 'ttl',
          },
        },
      ],
    ]);
  });

  test('moves with every success, also one that had nothing to do', async () => {
    await pushed('1', { ttl: 2 * HOUR });
    hours(1);
    await pushed('2', { ttl: 2 * HOUR });
    expect(times()).toEqual({ '7-dev': '2026-11-20T13:00:00.000Z' });
  });

  test('stays as it was where a deployment fails, also the `ttl` that it would have brought', async () => {
    await pushed('1', { ttl: 2 * HOUR });
    hours(1);
    const changed = [{ ...network, path: 'other' }];
    const { settled } = await pushed(
      '2',
      { ttl: 9 * HOUR, dev: changed },
      { tools: { network: { plan: 'fails' } } },
    );
    expect(settled?.verdict).toBe('failed');
    expect(times()).toEqual({ '7-dev': '2026-11-20T12:00:00.000Z' });
    await pushed('3', { dev: changed }, { tools: { network: { plan: 'fails' } } });
    expect(times()).toEqual({ '7-dev': '2026-11-20T12:00:00.000Z' });
  });

  test('is there for what a first deployment left although it failed', async () => {
    await pushed('1', { ttl: HOUR }, { tools: { app: { apply: 'fails' } } });
    expect(times()).toEqual({ '7-dev': '2026-11-20T11:00:00.000Z' });
  });

  test('is none where nothing is deployed, no `ttl` is set, or it was removed', async () => {
    await pushed('1', { ttl: HOUR }, { tools: { network: { plan: 'fails' } } });
    expect(times()).toEqual({});
    await pushed('2', {});
    expect(times()).toEqual({});
    await pushed('3', { ttl: HOUR });
    expect(Object.keys(times())).toEqual(['7-dev']);
    await pushed('4', {});
    expect(times()).toEqual({});
  });

  test('goes when the environment is destroyed by hand, not when a part of it is', async () => {
    await pushed('1', { ttl: HOUR });
    const tools = { app: { plan: 'deletes' }, network: { plan: 'deletes' } } as const;
    const first = await askFor(w, { action: 'destroy', components: ['app'] });
    await deploy(w, first, { person: approves, tools });
    expect(times()).toEqual({ '7-dev': '2026-11-20T11:00:00.000Z' });
    w.advance(60_000);
    const second = await askFor(w, { action: 'destroy' });
    await deploy(w, second, { person: approves, tools, execution: 'second' });
    expect(await w.ledger.get(ledgerKeys.target(7, 'dev', 'network'))).not.toHaveProperty('live');
    expect(times()).toEqual({});
  });

  test('is the same after a crash at any call', async () => {
    for (let after = 1, crashed = true; crashed; after++) {
      w = world();
      const dying = dyingPorts(w.ports, after);
      const call: Plan['call'] = async (name, body) => {
        if (name !== 'settle') return body(w.ports);
        const first = await body(dying.ports).catch((error) => {
          if (!(error instanceof Crash)) throw error;
          return undefined;
        });
        return first ?? body(w.ports);
      };
      await pushed('1', { ttl: HOUR }, { call });
      expect({ after, ...times() }).toEqual({ after, '7-dev': '2026-11-20T11:00:00.000Z' });
      crashed = dying.crash.happened;
      expect(after).toBeLessThan(100);
    }
  });
});

describe('the end', () => {
  const deletes = { tools: { app: { plan: 'deletes' }, network: { plan: 'deletes' } } } as const;

  test('everything goes, dependents first, and nobody is asked', async () => {
    await pushed('1', { ttl: HOUR });
    const { ref, settled } = await expire(deletes);
    expect(settled?.verdict).toBe('succeeded');
    expect(ref && (await outcomesOf(w, ref))).toEqual([
      'app: destroyed (1 destroyed)',
      'network: destroyed (1 destroyed)',
    ]);
    expect(ref && (await w.ledger.get(ledgerKeys.release(7, ref.id)))).toMatchObject({
      operation: 'destroy',
      sender: 'belay',
      reason: 'destroy of dev/app, dev/network: the ttl of dev is over',
    });
    expect(times()).toEqual({});
  });

  test('the policy in force may still want a person', async () => {
    const always = { ...network, policy: { ...POLICY, approval: 'always' as const } };
    await pushed('1', { ttl: HOUR, dev: [always] }, { person: approves });
    const asked: string[] = [];
    await expect(
      expire({ ...deletes, person: async ({ component }) => void asked.push(component) }),
    ).rejects.toThrow('nobody decided about network');
    expect(asked).toEqual(['network']);
  });

  test('an environment that was deployed again in the meantime stays', async () => {
    await pushed('1', { ttl: HOUR });
    const [[, late] = ['', { detail: {} }]] = w.scheduled;
    hours(1);
    await pushed('2', { ttl: HOUR });
    const decision = await resolveRequest(w, late.detail as OperationRequested);
    if (decision.decision !== 'deploy') throw new Error('it was to be begun');
    const settled = await deploy(w, decision.release);
    expect(settled?.summary).toBe(
      'dev was superseded: the environment was deployed again and stays until 2026-11-20T12:00:00.000Z',
    );
    expect(times()).toEqual({ '7-dev': '2026-11-20T12:00:00.000Z' });
    expect(w.cloud.get('network')).toBe('1111111');
  });

  test('one that fails is not tried again by itself, until something is deployed again', async () => {
    await pushed('1', { ttl: HOUR });
    const { settled } = await expire({
      tools: { app: { plan: 'deletes', apply: 'fails' }, network: { plan: 'deletes' } },
    });
    expect(settled?.verdict).not.toBe('succeeded');
    expect(times()).toEqual({});
  });

  test('the same end twice is one release', async () => {
    await pushed('1', { ttl: HOUR });
    const [[, { detail }] = ['', { detail: {} }]] = w.scheduled;
    await expire(deletes);
    const again = await resolveRequest(w, detail as OperationRequested, {});
    expect(again).toMatchObject({ decision: 'deploy' });
    const releases = [...w.ledger.items.values()].filter(({ sk }) => sk === 'release');
    expect(releases.length).toBe(2);
  });
});
