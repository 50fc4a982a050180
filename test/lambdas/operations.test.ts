/** Destroy and rollback by hand, from the command to the environment's state, in memory. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { OperationRequested } from '../../core/contracts/operation.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { outputsKey, stageKey, targetsKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { command } from '../../lambdas/command/command.ts';
import { lease } from '../../lambdas/lease/lease.ts';
import {
  type Call,
  commitOf,
  deploy,
  outcomesOf,
  release,
  target,
  type World,
  world,
} from '../support/deployment-world.ts';
import { ask, askFor, resolveRequest } from '../support/operation.ts';
import { settleRelease } from '../support/settle-release.ts';

const network = target('network');
const database = target('database', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
});
const app = target('app', { needs: ['database'], test: { run: './smoke.sh' } });
const job = target('job', { tool: 'shell', commands: { apply: './run' } });
const all = [network, database, app];
const outputs = { vpc_id: 'vpc-1' };

let w: World;
let good: ReleaseRef;
beforeEach(async () => {
  w = world();
  good = await release(w, { environments: { dev: all } });
  await deploy(w, good, { tools: { network: { outputs } } });
});

const ada =
  (action: 'approve' | 'reject', only?: string) =>
  ({ release: { repository, id }, environment, component }: TargetRef, call: Call) =>
    call(action, (ports) =>
      command(
        {
          action: only === undefined || only === component ? action : 'approve',
          ...{ by: 'ada', repository, release: id, environment, component },
        },
        ports,
      ),
    );
const item = (component: string) => w.ledger.get(ledgerKeys.target(7, 'dev', component));
const acquire = (ref: ReleaseRef, execution: string) => {
  const token = `lease of ${execution}`;
  return lease({ action: 'acquire', release: ref, environment: 'dev', execution, token }, w.ports);
};
const releaseItem = (ref: ReleaseRef) => w.ledger.get(ledgerKeys.release(7, ref.id));
const deployedNow = () => Object.fromEntries(w.cloud);

describe('what is refused at once', () => {
  test.each([
    [
      { action: 'destroy', environment: 'prod' },
      'nothing was ever deployed to an environment prod of repository 7',
    ],
    [
      { action: 'destroy', components: ['cache', 'app'] },
      'dev/cache is not deployed; deployed in dev: app, database, network',
    ],
    [
      { action: 'destroy', components: ['network'] },
      'dev/database needs network, dev/app needs database and would be left standing; to destroy all of it: destroy --env dev --target network --target database --target app',
    ],
    [
      { action: 'rollback' },
      'nothing in dev is dirty; deployed there: 1111111 (app, database, network); name the commit to go to with --to COMMIT',
    ],
  ] as const)('%j', async (order, message) => {
    expect(await ask(w, order)).toEqual({ accepted: false, message });
    expect(w.published).toEqual([]);
  });

  test('a shell component that does not say how it is destroyed', async () => {
    await deploy(w, await release(w, { commit: commitOf('2'), environments: { dev: [...all, job] } }));
    expect(await ask(w, { action: 'destroy' })).toEqual({
      accepted: false,
      message:
        'dev/job has no `destroy` command at its last good commit, so nothing would be destroyed: push one (`"true"` where there is nothing to remove), then ask again',
    });
  });

  test('a target that was never good', async () => {
    const environments = { dev: [...all, target('cache')] };
    const ref = await release(w, { commit: commitOf('2'), environments });
    await deploy(w, ref, { tools: { cache: { apply: 'fails' } } });
    expect(await ask(w, { action: 'destroy', components: ['cache'] })).toMatchObject({
      accepted: false,
      message: expect.stringContaining('dev/cache was never good'),
    });
    expect(await ask(w, { action: 'rollback' })).toEqual({
      accepted: false,
      message:
        'what is dirty in dev was never good, so there is nothing to return to: cache; push a commit that mends it',
    });
  });

  test.each([
    ['ahead', true],
    ['identical', true],
    ['behind', false],
    ['diverged', false],
    ['unknown', false],
  ] as const)('a commit that the head of the branch is %s of: %s', async (ancestry, accepted) => {
    w.github.ancestry = ancestry;
    const answer = await ask(w, { action: 'rollback', to: commitOf('3') });
    expect(answer.accepted).toBe(accepted);
    expect(w.github.asked.at(-1)).toBe('acme/shop 3333333...1111111');
    if (!accepted) {
      expect(answer.message).toBe('3333333 is not in the history of main of acme/shop; push it there first');
    }
  });
});

describe('destroy', () => {
  test('the release is about what is deployed: dependents first, a person asked for each', async () => {
    const answer = await ask(w, { action: 'destroy', components: ['network', 'database', 'app'] });
    expect(answer).toEqual({
      accepted: true,
      message:
        'destroy of dev/app, dev/database, dev/network, asked for by mira, begins; every target waits for a person to approve it',
      request: { id: 'request-1', repository: 7, commit: commitOf('1') },
    });
    const ref = await askFor(w, { action: 'destroy' });
    expect(await releaseItem(ref)).toMatchObject({
      ...{ operation: 'destroy', sender: 'mira', branch: 'main', environments: ['dev'] },
      reason: 'destroy of dev/app, dev/database, dev/network, asked for by mira',
    });
    const asked: string[] = [];
    const settled = await deploy(w, ref, {
      person: async (at, call) => {
        asked.push(`${at.component}: ${(at as { reason?: string }).reason}`);
        await ada('approve')(at, call);
      },
    });
    expect(settled).toEqual({ verdict: 'succeeded', summary: 'dev succeeded' });
    expect(asked).toEqual([
      'app: it would destroy null_resource.old',
      'database: it would destroy null_resource.old',
      'network: it would destroy null_resource.old',
    ]);
    expect(w.store.json(targetsKey(7, ref.id, 'dev'))).toEqual([
      { component: 'app', test: false, write: 'destroy', after: [] },
      { component: 'database', test: false, write: 'destroy', after: ['app'] },
      { component: 'network', test: false, write: 'destroy', after: ['app', 'database'] },
    ]);
    expect(await settleRelease(ref, w.ports)).toEqual({
      verdict: 'succeeded',
      summary: 'destroyed dev/app, dev/database, dev/network',
    });
  });

  test('nothing is left of what was destroyed, and the next push deploys it anew', async () => {
    const ref = await askFor(w, { action: 'destroy', components: ['app', 'database'] });
    await deploy(w, ref, { person: ada('approve') });
    expect(await outcomesOf(w, ref)).toEqual([
      'app: destroyed (1 destroyed)',
      'database: destroyed (1 destroyed)',
    ]);
    expect(deployedNow()).toEqual({ network: '1111111' });
    expect(Object.keys((await item('app')) ?? {}).sort()).toEqual(['pk', 'sk']);
    expect(await item('network')).toMatchObject({ live: { state: 'clean' } });

    const next = await release(w, { commit: commitOf('2'), environments: { dev: all } });
    expect(await deploy(w, next)).toMatchObject({ verdict: 'succeeded' });
    expect(await outcomesOf(w, next)).toEqual([
      'app: applied (1 added)',
      'database: applied (1 added)',
      'network: unchanged (not affected)',
    ]);
    expect(deployedNow()).toEqual({ network: '1111111', database: '2222222', app: '2222222' });
  });

  test('outputs go, so that nothing takes values from what is gone', async () => {
    expect(w.store.objects.has(outputsKey(7, 'dev', 'network'))).toBe(true);
    await deploy(w, await askFor(w, { action: 'destroy' }), { person: ada('approve') });
    expect(w.store.objects.has(outputsKey(7, 'dev', 'network'))).toBe(false);
  });

  test('a component that the manifest has dropped is destroyed with what it was last good with', async () => {
    await deploy(w, await release(w, { commit: commitOf('2'), environments: { dev: [network, database] } }));
    const ref = await askFor(w, { action: 'destroy', components: ['app'] });
    await deploy(w, ref, { person: ada('approve') });
    expect(await outcomesOf(w, ref)).toEqual(['app: destroyed (1 destroyed)']);
    const spec = w.store.json(`7/releases/${ref.id}/dev/app/plan/job-3-0.json`);
    expect(spec).toMatchObject({
      ...{ stage: 'plan', destroy: true },
      source: { commit: commitOf('1'), key: `7/last-good/sources/${commitOf('1')}.tar.gz` },
      target: { component: 'app', needs: ['database'] },
    });
    expect(w.store.json(`7/releases/${ref.id}/dev/app/destroy/job-3-0.json`)).toMatchObject({
      ...{ stage: 'destroy', planDigest: `plan 0 of app in ${ref.id}` },
    });
    // It is about the commit that was attempted last, where people look.
    expect(ref.commit).toBe(commitOf('2'));
  });

  test('rejected: it stays, and so does what it needs', async () => {
    const ref = await askFor(w, { action: 'destroy' });
    expect(await deploy(w, ref, { person: ada('reject', 'database') })).toMatchObject({ verdict: 'failed' });
    expect(await outcomesOf(w, ref)).toEqual([
      'app: destroyed (1 destroyed)',
      'database: rejected (rejected by ada)',
      'network: skipped (database was not destroyed and may still need it)',
    ]);
    expect(deployedNow()).toEqual({ network: '1111111', database: '1111111' });
  });

  test('who asked for it may not approve it', async () => {
    const ref = await askFor(w, { action: 'destroy', components: ['app'], by: 'ada' });
    const refused: string[] = [];
    await deploy(w, ref, {
      person: async ({ release: { repository, id }, environment, component }) => {
        const order = { repository, release: id, environment, component } as const;
        refused.push((await command({ action: 'approve', by: 'Ada', ...order }, w.ports)).message);
        await command({ action: 'reject', by: 'ada', ...order }, w.ports);
      },
    });
    expect(refused).toEqual([
      'Ada asked for this and may not approve it: somebody else must, or the policy in force must say `selfApproval: true`',
    ]);
  });

  test('a destroy that fails is broken, not rolled back; a redrive goes on, a push deploys again', async () => {
    const ref = await askFor(w, { action: 'destroy' });
    const plan = { person: ada('approve'), tools: { database: { apply: 'fails' } } } as const;
    expect(await deploy(w, ref, plan)).toMatchObject({
      verdict: 'broken',
      summary: expect.stringContaining(
        'dev is broken (dirty: database): database failed (destroy failed: the destroy said no; a destroy is not rolled back), network was skipped',
      ),
    });
    expect(deployedNow()).toEqual({ network: '1111111', database: 'half of 1111111' });
    expect(await item('database')).toMatchObject({
      live: { commit: commitOf('1'), state: 'dirty' },
      lastGood: { commit: commitOf('1') },
    });

    const again = await deploy(w, ref, { execution: 'redriven', person: ada('approve') });
    expect(again).toMatchObject({ verdict: 'succeeded' });
    expect(await outcomesOf(w, ref)).toEqual([
      'app: destroyed (1 destroyed)',
      'database: destroyed (1 destroyed)',
      'network: destroyed (1 destroyed)',
    ]);
    expect(deployedNow()).toEqual({});
  });

  test('a push after a failed destroy plans what is dirty, and deploys the rest anew', async () => {
    const ref = await askFor(w, { action: 'destroy' });
    await deploy(w, ref, { person: ada('approve'), tools: { database: { apply: 'fails' } } });
    const next = await release(w, { commit: commitOf('2'), environments: { dev: all } });
    expect(await deploy(w, next)).toMatchObject({ verdict: 'succeeded' });
    expect(deployedNow()).toEqual({ network: '1111111', database: '2222222', app: '2222222' });
  });

  test('what came between asking and the lease is not destroyed under its dependents', async () => {
    const ref = await askFor(w, { action: 'destroy', components: ['app'] });
    const late = target('late', { needs: ['app'] });
    await deploy(w, await release(w, { commit: commitOf('2'), environments: { dev: [...all, late] } }));
    expect(await deploy(w, ref)).toMatchObject({
      verdict: 'failed',
      summary: expect.stringContaining('dev/late needs app and would be left standing'),
    });
    expect(await outcomesOf(w, ref)).toEqual([
      'app: skipped (dev/late needs app and would be left standing; to destroy all of it: destroy --env dev --target app --target late)',
    ]);
  });

  test('neither gate nor policies nor the attempted commit are touched', async () => {
    const before = await w.ledger.get(ledgerKeys.policies(7, 'dev'));
    w.github.ancestry = 'behind';
    const asked = w.github.asked.length;
    await deploy(w, await askFor(w, { action: 'destroy', components: ['app'] }), { person: ada('approve') });
    expect(w.github.asked.length).toBe(asked);
    expect(await w.ledger.get(ledgerKeys.policies(7, 'dev'))).toEqual(before);
    expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({
      attempted: { main: commitOf('1') },
    });
  });

  test('a push that comes while it waits for a person goes first', async () => {
    const ref = await askFor(w, { action: 'destroy', components: ['app'] });
    const startedAt = '2026-11-20T13:00:00.000Z';
    const newer = await release(w, { commit: commitOf('2'), environments: { dev: all }, startedAt });
    w.running.add('e2');
    const settled = await deploy(w, ref, {
      person: () => acquire(newer, 'e2'),
    });
    expect(settled).toMatchObject({ verdict: 'superseded' });
    expect(await outcomesOf(w, ref)).toEqual(['app: superseded (a newer push, 2222222, is waiting)']);
    expect(w.sent.get('lease of e2')).toEqual({ decision: 'granted', fence: 3 });
    expect(deployedNow()).toMatchObject({ app: '1111111' });
  });

  test('a push that waits for a person, or in the queue, does not give way to it', async () => {
    const tree = { 'components/app': 'b' };
    const pushed = await release(w, { commit: commitOf('2'), environments: { dev: all }, tree });
    const waiting = await release(w, { commit: commitOf('3'), environments: { dev: all }, tree });
    const ref = await askFor(w, { action: 'destroy', components: ['app'] });
    for (const execution of ['e2', 'e3']) w.running.add(execution);
    await deploy(w, pushed, {
      tools: { app: { plan: 'deletes' } },
      person: async (at, call) => {
        await acquire(waiting, 'e2');
        await acquire(ref, 'e3');
        await ada('approve')(at, call);
      },
    });
    expect(await outcomesOf(w, pushed)).toContain('app: applied (1 added)');
    expect(w.sent.get('lease of e2')).toEqual({ decision: 'granted', fence: 3 });
    expect(w.sent.has('lease of e3')).toBe(false);
  });

  test('asked twice for the same request, one release comes of it', async () => {
    const ref = await askFor(w, { action: 'destroy' });
    const request = w.published.at(-1) as OperationRequested;
    expect(await resolveRequest(w, request)).toMatchObject({ decision: 'deploy', release: ref });
  });

  test('asked twice, as two requests: the second finds what the first has destroyed, and leaves it', async () => {
    const first = await askFor(w, { action: 'destroy', components: ['app'] });
    const second = await askFor(w, { action: 'destroy', components: ['app', 'database'] });
    await deploy(w, first, { person: ada('approve') });
    expect(await deploy(w, second, { person: ada('approve') })).toMatchObject({ verdict: 'succeeded' });
    expect(await outcomesOf(w, second)).toEqual([
      'app: unchanged (it is not deployed any more)',
      'database: destroyed (1 destroyed)',
    ]);
  });

  test('nothing is left by the time the release begins: refused, and said so', async () => {
    await ask(w, { action: 'destroy' });
    const request = w.published.at(-1) as OperationRequested;
    await deploy(w, await askFor(w, { action: 'destroy' }), { person: ada('approve') });
    expect(await resolveRequest(w, { ...request, request: 'late' })).toEqual({
      ...{ decision: 'end', verdict: 'refused', reason: 'nothing is deployed in dev' },
    });
  });
});

describe('rollback of what is dirty', () => {
  /** The second commit fails, and its policy leaves everything as it is. */
  async function dirty() {
    const policy = { ...database.policy, rollback: 'off' as const };
    const off = all.map((one) => ({ ...one, policy }));
    w = world();
    await deploy(w, await release(w, { environments: { dev: off } }), { tools: { network: { outputs } } });
    const tree = { 'components/network': 'b', 'components/database': 'b' };
    const second = await release(w, { commit: commitOf('2'), environments: { dev: off }, tree });
    await deploy(w, second, { tools: { database: { apply: 'fails' } } });
    expect(deployedNow()).toEqual({ network: '2222222', database: 'half of 2222222', app: '1111111' });
  }

  test('each dirty target goes back to its own last good; the rest stays', async () => {
    await dirty();
    const ref = await askFor(w, { action: 'rollback' });
    expect(await releaseItem(ref)).toMatchObject({
      ...{ operation: 'restore', reason: 'rollback of dev/database to last good, asked for by mira' },
    });
    expect(await deploy(w, ref)).toEqual({ verdict: 'succeeded', summary: 'dev succeeded' });
    expect(await outcomesOf(w, ref)).toEqual([
      'app: unchanged (it is not dirty)',
      'database: rolled-back (rolled back to 1111111 after: mira asked for it)',
      'network: unchanged (it is not dirty)',
    ]);
    expect(deployedNow()).toEqual({ network: '2222222', database: '1111111', app: '1111111' });
    expect(await item('database')).toMatchObject({ live: { commit: commitOf('1'), state: 'clean' } });
    expect(await settleRelease(ref, w.ports)).toEqual({
      verdict: 'succeeded',
      summary: 'dev is back at last good',
    });
  });

  test('one that cannot go back is told as broken; a redrive tries it again', async () => {
    await dirty();
    const ref = await askFor(w, { action: 'rollback' });
    const tools = { database: { reverse: { apply: 'fails' } } } as const;
    expect(await deploy(w, ref, { tools })).toMatchObject({ verdict: 'broken' });
    expect(await outcomesOf(w, ref)).toContain(
      'database: rollback-failed (mira asked for it; then its rollback to 1111111 failed: apply failed: the apply said no)',
    );
    expect(await deploy(w, ref, { execution: 'redriven' })).toMatchObject({ verdict: 'succeeded' });
    expect(deployedNow()).toMatchObject({ database: '1111111' });
  });

  test('after a rollback that failed: all of it goes to where it was before the release, also what that had tested well', async () => {
    const tree = { 'components/network': 'b', 'components/database': 'b' };
    const second = await release(w, { commit: commitOf('2'), environments: { dev: all }, tree });
    const failing = { database: { apply: 'fails', reverse: { apply: 'fails' } } } as const;
    expect(await deploy(w, second, { tools: failing })).toMatchObject({ verdict: 'broken' });
    expect(deployedNow()).toMatchObject({ network: '2222222', database: 'half of 1111111' });
    const ref = await askFor(w, { action: 'rollback' });
    expect(await deploy(w, ref)).toEqual({ verdict: 'succeeded', summary: 'dev succeeded' });
    expect(deployedNow()).toEqual({ network: '1111111', database: '1111111', app: '1111111' });
  });

  test('a release after a rollback that failed goes back to where it was before both', async () => {
    const tree = { 'components/network': 'b', 'components/database': 'b' };
    const second = await release(w, { commit: commitOf('2'), environments: { dev: all }, tree });
    const failing = { database: { apply: 'fails', reverse: { apply: 'fails' } } } as const;
    await deploy(w, second, { tools: failing });
    const third = await release(w, { commit: commitOf('3'), environments: { dev: all }, tree });
    expect(await deploy(w, third, { tools: { database: { apply: 'fails' } } })).toMatchObject({
      verdict: 'rolled-back',
    });
    expect(deployedNow()).toEqual({ network: '1111111', database: '1111111', app: '1111111' });
  });

  test('what takes values from what goes back is verified with those that are there then', async () => {
    const tree = { 'components/network': 'b', 'components/database': 'b' };
    const second = await release(w, { commit: commitOf('2'), environments: { dev: all }, tree });
    // The database is back on what the newer network has given it; the network is not.
    const values = { outputs: { vpc_id: 'vpc-2' }, reverse: { apply: 'fails' } } as const;
    const tools = { network: values, database: { apply: 'fails' } } as const;
    expect(await deploy(w, second, { tools })).toMatchObject({ verdict: 'broken' });
    expect(await item('database')).toMatchObject({ live: { commit: commitOf('1'), state: 'clean' } });
    const ref = await askFor(w, { action: 'rollback' });
    const given: unknown[] = [];
    const call: Call = async (name, body) => {
      const answer = await body(w.ports);
      if (name === 'forward: prepare plan database') {
        const at = { repository: 7, release: ref.id, environment: 'dev', component: 'database' };
        given.push(w.store.json(stageKey({ ...at, pass: 'forward' }, 'plan', 'inputs.json')));
      }
      return answer;
    };
    expect(await deploy(w, ref, { call, tools: { network: { reverse: { outputs } } } })).toMatchObject({
      verdict: 'succeeded',
    });
    expect(given).toEqual([{ vpc_id: { value: 'vpc-1', sensitive: false } }]);
    expect(await outcomesOf(w, ref)).toEqual([
      'app: unchanged (it is not dirty)',
      'database: rolled-back (rolled back to 1111111 after: mira asked for it)',
      'network: rolled-back (rolled back to 1111111 after: mira asked for it)',
    ]);
  });

  test('healed by a push in the meantime: nothing is done', async () => {
    await dirty();
    const ref = await askFor(w, { action: 'rollback' });
    await deploy(w, await release(w, { commit: commitOf('3'), environments: { dev: all } }));
    expect(await deploy(w, ref)).toMatchObject({ verdict: 'succeeded' });
    expect(await settleRelease(ref, w.ports)).toEqual({
      verdict: 'nothing-to-do',
      summary: 'nothing is dirty in dev any more',
    });
  });
});

describe('rollback to a commit', () => {
  const older = { operation: 'rollback', older: true } as const;

  /** The environment is at the second commit; then the first is asked for again. */
  async function back(tools = {}, person = ada('approve')) {
    const tree = { 'components/network': 'b', 'components/app': 'b' };
    await deploy(w, await release(w, { commit: commitOf('2'), environments: { dev: all }, tree }));
    const ref = await release(w, { id: '20261120-1111111-2', environments: { dev: all }, ...older });
    w.github.ancestry = 'behind';
    return { ref, settled: await deploy(w, ref, { tools, person }) };
  }

  test('passes the gate, and the next push goes on from there', async () => {
    const { settled } = await back();
    expect(settled).toMatchObject({ verdict: 'succeeded' });
    expect(deployedNow()).toEqual({ network: '1111111', database: '1111111', app: '1111111' });
    expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({
      attempted: { main: commitOf('1') },
    });
    w.github.ancestry = 'ahead';
    const tree = { 'components/app': 'c' };
    const next = await release(w, { commit: commitOf('3'), environments: { dev: all }, tree });
    expect(await deploy(w, next)).toMatchObject({ verdict: 'succeeded' });
    expect(w.github.asked.at(-1)).toBe('acme/shop 1111111...3333333');
  });

  test('is judged by the table of rollbacks: `approval: always` does not hold it, a removal does', async () => {
    const policy = { ...app.policy, approval: 'always' as const };
    const strict = [network, { ...app, needs: [], policy }];
    w = world();
    await deploy(w, await release(w, { environments: { dev: strict } }), { person: ada('approve') });
    const tree = { 'components/network': 'b', 'components/app': 'b' };
    await deploy(w, await release(w, { commit: commitOf('2'), environments: { dev: strict }, tree }), {
      person: ada('approve'),
    });
    const asked: string[] = [];
    const ref = await release(w, { id: '20261120-1111111-2', environments: { dev: strict }, ...older });
    await deploy(w, ref, {
      tools: { network: { plan: 'deletes' } },
      person: async (at, call) => {
        asked.push(`${at.component}: ${(at as { reason?: string }).reason}`);
        await ada('approve')(at, call);
      },
    });
    expect(asked).toEqual([
      'network: to roll back it would destroy null_resource.old, which this release did not create',
    ]);
    expect(deployedNow()).toEqual({ network: '1111111', app: '1111111' });
  });

  test('a failure on the way leads to the usual rollback, to where the target was', async () => {
    const { ref, settled } = await back({ app: { test: 'fails' } });
    expect(settled).toMatchObject({ verdict: 'rolled-back' });
    expect(await outcomesOf(w, ref)).toContain(
      'app: rolled-back (rolled back to 2222222 after: test failed: the test said no)',
    );
    expect(deployedNow()).toEqual({ network: '1111111', database: '1111111', app: '2222222' });
  });
});
