/** Lambda calls a function at least once: each is made to crash after every single thing it does, and is then called again. */
import { expect, test } from '@jest/globals';
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { JobSpec } from '../../core/contracts/job.ts';
import { nonceHash } from '../../core/job-proof.ts';
import { stateKey, stateLockKey } from '../../core/keys.ts';
import { command } from '../../lambdas/command/command.ts';
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
} from '../support/deployment-world.ts';
import { Crash, dyingPorts } from '../support/dying-ports.ts';
import { askFor } from '../support/operation.ts';
import { settleRelease } from '../support/settle-release.ts';
import { sampled } from '../support/thorough.ts';

/**
 * The whole state of the world. Versions count writes, which a retry may add to; of nonces only the agreement of spec and ledger
 * matters, for a retry may draw another one.
 */
function stateOf({ ledger, store, sent }: World) {
  const items = [...ledger.items].map(([key, { version, nonceHash: hash, ...item }]) => {
    if (hash === undefined) return [key, item] as const;
    const spec = store.json(String(item.pk).slice('job/'.length)) as JobSpec;
    return [key, { ...item, knowsItsSpec: hash === nonceHash(spec.nonce) }] as const;
  });
  const objects = [...store.objects].map(([key, body]) => {
    const text = key.endsWith('.gz')
      ? Buffer.from(body).toString('base64')
      : Buffer.from(body).toString('utf8');
    return [key, text.replace(/"nonce":"nonce-\d+-*"/, '"nonce":"…"')] as const;
  });
  return {
    items: Object.fromEntries(items.sort()),
    objects: Object.fromEntries(objects.sort()),
    sent: Object.fromEntries([...sent].sort()),
  };
}

type Scenario = (w: World, call: Call) => Promise<unknown>;

const network = target('network');
const app = target('app', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
  test: { run: './smoke.sh' },
});
const outputs = { vpc_id: 'vpc-1' };

/** Ada answers what she is asked; what she is told may differ when she asks again. */
const ada =
  (action: 'approve' | 'reject') =>
  ({ release: { repository, id }, environment, component }: TargetRef, call: Call) =>
    call(action, (ports) =>
      command({ action, by: 'ada', repository, release: id, environment, component }, ports),
    );

const scenarios: Record<string, { run: Scenario; outcomes: readonly string[] }> = {
  'two targets succeed': {
    run: async (w, call) => {
      const ref = await release(w, { environments: { dev: [network, app] } });
      await deploy(w, ref, { call, tools: { network: { outputs } } });
      await call('settle release', (ports) => settleRelease(ref, ports));
      return ref;
    },
    outcomes: ['app: applied (1 added)', 'network: applied (1 added)'],
  },
  'an image is built, then deployed': {
    run: async (w, call) => {
      const web = target('web', { build: { context: 'components/web', dockerfile: 'Dockerfile' } });
      const ref = await release(w, { environments: { dev: [web] } });
      await deploy(w, ref, { call });
      return ref;
    },
    outcomes: ['web: applied (1 added)'],
  },
  'an apply is killed, the rest is skipped': {
    run: async (w, call) => {
      const ref = await release(w, { environments: { dev: [network, app], prod: [network] } });
      await deploy(w, ref, { call, tools: { network: { apply: 'is killed' } } });
      return ref;
    },
    outcomes: [
      'app: skipped (network failed)',
      'network: failed (apply failed: the job was killed, perhaps for lack of memory, exit code 137; it has no last good to return to)',
    ],
  },
  'a failed test, then a redrive': {
    run: async (w, call) => {
      const ref = await release(w, { environments: { dev: [network, app], prod: [network] } });
      await deploy(w, ref, { tools: { network: { outputs }, app: { test: 'fails' } } });
      const plan: Plan = { call, execution: 'redriven', tools: { app: { plan: 'empty' } } };
      await deploy(w, ref, plan);
      return ref;
    },
    outcomes: ['app: unchanged (the plan is empty)', 'network: applied (1 added)'],
  },
  'an apply fails half-way, and both go back to last good': {
    run: async (w, call) => {
      const ref = await secondRelease(w);
      await deploy(w, ref, { call, tools: { network: { outputs }, app: { apply: 'fails' } } });
      return ref;
    },
    outcomes: [
      'app: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
      'network: rolled-back (rolled back to 1111111 after: app failed)',
    ],
  },
  'a rollback fails on its way, what it needs stays under it': {
    run: async (w, call) => {
      const ref = await secondRelease(w);
      const app = { test: 'fails', reverse: { apply: 'is killed' } } as const;
      await deploy(w, ref, { call, tools: { network: { outputs }, app } });
      return ref;
    },
    outcomes: [
      'app: rollback-failed (test failed: the test said no; then its rollback to 1111111 failed: apply failed: the job was killed, perhaps for lack of memory, exit code 137)',
      'network: rollback-failed (app failed; then its rollback to 1111111 failed: app could not be rolled back and may still need it)',
    ],
  },
  'a removal is approved, its state moved, the new plan is approved too': {
    run: async (w, call) => {
      const ref = await release(w, { environments: { dev: [network, app] } });
      const tool = {
        plan: 'deletes',
        apply: 'is stale once',
        changeDigests: ['one', 'two'],
        outputs,
      } as const;
      await deploy(w, ref, { call, tools: { network: tool }, person: ada('approve') });
      return ref;
    },
    outcomes: ['app: applied (1 added)', 'network: applied (1 added)'],
  },
  'both are renamed and moved, the second fails and goes back': {
    run: async (w, call) => {
      const environments = { dev: [network, app] };
      const tools = { network: { outputs } };
      await deploy(w, await release(w, { environments }), { tools });
      await leaveState(w);
      const renamed = [
        { ...network, component: 'net', formerly: 'network' },
        {
          ...app,
          ...{ component: 'web', formerly: 'app', path: 'web', needs: ['net'] },
          inputs: { vpc_id: { component: 'net', output: 'vpc_id' } },
        },
      ];
      const ref = await release(w, { commit: commitOf('2'), environments: { dev: renamed } });
      await deploy(w, ref, { call, tools: { web: { test: 'fails' } } });
      return ref;
    },
    outcomes: [
      'net: unchanged (not affected)',
      'web: rolled-back (rolled back to 1111111 after: test failed: the test said no)',
    ],
  },
  'a removal is rejected': {
    run: async (w, call) => {
      const ref = await release(w, { environments: { dev: [network, app], prod: [network] } });
      await deploy(w, ref, { call, tools: { network: { plan: 'deletes' } }, person: ada('reject') });
      return ref;
    },
    outcomes: ['app: skipped (network was rejected)', 'network: rejected (rejected by ada)'],
  },
  'a destroy fails half-way, a redrive destroys the rest': {
    run: async (w, call) => {
      await firstRelease(w);
      const ref = await askFor(w, { action: 'destroy' }, call);
      const person = ada('approve');
      await deploy(w, ref, { call, person, tools: { network: { apply: 'fails' } } });
      await deploy(w, ref, { person, execution: 'redriven' });
      await call('settle release', (ports) => settleRelease(ref, ports));
      return ref;
    },
    outcomes: ['app: destroyed (1 destroyed)', 'network: destroyed (1 destroyed)'],
  },
  'what is dirty goes back to last good because a person asked': {
    run: async (w, call) => {
      const off = { policy: { ...network.policy, rollback: 'off' as const } };
      const ref = await secondRelease(w, [
        { ...network, ...off },
        { ...app, ...off },
      ]);
      await deploy(w, ref, { tools: { network: { outputs }, app: { apply: 'fails' } } });
      const asked = await askFor(w, { action: 'rollback' }, call);
      await deploy(w, asked, { call });
      await call('settle release', (ports) => settleRelease(asked, ports));
      return asked;
    },
    outcomes: [
      'app: rolled-back (rolled back to 1111111 after: mira asked for it)',
      'network: unchanged (it is not dirty)',
    ],
  },
};

/** What the applies of the first release would have left. */
async function leaveState({ store }: World) {
  for (const name of ['network', 'app']) {
    await store.put(stateKey(7, 'dev', name), `{"lineage":"${name}","serial":1}`);
    await store.put(stateLockKey(7, 'dev', name), 'stale');
  }
}

async function firstRelease(w: World, dev = [network, app]) {
  await deploy(w, await release(w, { environments: { dev } }), { tools: { network: { outputs } } });
}

/** Changes both, after a first release that was good. */
async function secondRelease(w: World, dev = [network, app]) {
  await firstRelease(w, dev);
  const tree = { 'components/network': 'b', 'components/app': 'b' };
  return release(w, { commit: commitOf('2'), environments: { dev }, tree });
}

/** Every how manieth call of a function is its last; which ones differs from function to function. */
const STRIDE = sampled(1, 12);

test.each(Object.entries(scenarios))(
  '%s: a crash anywhere changes nothing in the end',
  async (_, scenario) => {
    const undisturbed = world();
    const names: string[] = [];
    const ref = await scenario.run(undisturbed, (name, body) => {
      names.push(name);
      return body(undisturbed.ports);
    });
    expect(await outcomesOf(undisturbed, ref as never)).toEqual(scenario.outcomes);
    const expected = stateOf(undisturbed);

    let crashes = 0;
    for (const [index, name] of names.entries()) {
      for (let after = 1 + (index % STRIDE); ; after += STRIDE) {
        const w = world();
        let position = 0;
        let happened = false;
        await scenario.run(w, async (_name, body) => {
          if (position++ !== index) return body(w.ports);
          const dying = dyingPorts(w.ports, after);
          const answer = await body(dying.ports).catch((error) => {
            if (!(error instanceof Crash)) throw error;
            return undefined;
          });
          happened = dying.crash.happened;
          return happened || answer === undefined ? body(w.ports) : answer;
        });
        if (!happened) break;
        crashes++;
        expect({ crashed: `${name}, after call ${after}`, ...stateOf(w) }).toEqual({
          crashed: `${name}, after call ${after}`,
          ...expected,
        });
      }
    }
    expect(crashes).toBeGreaterThan(90 / STRIDE);
  },
);
