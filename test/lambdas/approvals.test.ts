/** Approvals through the real functions: who is asked about what, whose answer counts, and for which plan. */
import { beforeEach, expect, test } from '@jest/globals';
import { command as contract } from '../../core/contracts/command.ts';
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
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

let w: World;
beforeEach(() => {
  w = world();
});

const always: ResolvedTarget['policy'] = {
  approval: 'always',
  approvers: [],
  selfApproval: false,
  protect: [],
  rollback: 'connected',
};
const network = target('network');
const app = target('app', { needs: ['network'] });
const guarded = target('network', { policy: always });
const deletes = { tools: { network: { plan: 'deletes' } } } as const;

const plain: Call = (_, body) => body(w.ports);
const say =
  (action: 'approve' | 'reject', by: string) =>
  (ref: TargetRef, call: Call = plain) =>
    call(action, (ports) =>
      contract.handle((input) => command(input, ports))({
        action,
        by,
        repository: ref.release.repository,
        release: ref.release.id,
        environment: ref.environment,
        component: ref.component,
      }),
    );
const askedOf = (ref: ReleaseRef) =>
  w.ledger.get(ledgerKeys.approval(7, ref.id, { environment: 'dev', component: 'network' }));
const outcomeItem = (ref: ReleaseRef) =>
  w.ledger.get(ledgerKeys.outcome(7, ref.id, { environment: 'dev', component: 'network' }));

/** Deploys with somebody who says the given things, and returns what each was answered. */
async function asking(ref: ReleaseRef, plan: Plan, ...said: readonly ReturnType<typeof say>[]) {
  const answers: unknown[] = [];
  await deploy(w, ref, {
    ...plan,
    person: async (about) => {
      for (const one of said) answers.push(await one(about));
    },
  });
  return answers;
}

test('an approved change is applied; the first answer wins and may be repeated by the same person', async () => {
  const ref = await release(w, { environments: { dev: [network, app] } });
  const said = [say('approve', 'Ada'), say('approve', 'ada'), say('reject', 'bob'), say('approve', 'bob')];
  expect(await asking(ref, deletes, ...said)).toEqual([
    { accepted: true, message: 'dev/network is approved' },
    { accepted: true, message: 'dev/network is approved' },
    { accepted: false, message: 'dev/network was approved before: approved by Ada' },
    { accepted: false, message: 'dev/network was approved before: approved by Ada' },
  ]);
  expect(await outcomesOf(w, ref)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
  expect(await askedOf(ref)).toMatchObject({
    reason: 'it would destroy null_resource.old',
    planDigest: `plan 0 of network in ${ref.id}`,
    answer: { decision: 'approved', by: 'Ada' },
  });
});

test('while it waits, the target says why', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  const seen: unknown[] = [];
  await deploy(w, ref, {
    ...deletes,
    person: async (about) => {
      seen.push(await outcomeItem(ref));
      await say('approve', 'ada')(about);
    },
  });
  expect(seen).toMatchObject([{ progress: 'approving', reason: 'it would destroy null_resource.old' }]);
});

test('a rejected change is not applied and its dependents are skipped', async () => {
  const ref = await release(w, { environments: { dev: [network, app] } });
  expect(await asking(ref, deletes, say('reject', 'ada'))).toEqual([
    { accepted: true, message: 'dev/network is rejected' },
  ]);
  expect(await outcomesOf(w, ref)).toEqual([
    'app: skipped (network was rejected)',
    'network: rejected (rejected by ada)',
  ]);
});

test('who pushed may not approve it unless the policy says so, but may take it back', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  expect(await asking(ref, deletes, say('approve', 'Octo'), say('reject', 'octo'))).toEqual([
    {
      accepted: false,
      message:
        'Octo pushed this change and may not approve it: somebody else must, or the policy in force must say `selfApproval: true`',
    },
    { accepted: true, message: 'dev/network is rejected' },
  ]);
  const lenient = target('network', { policy: { ...always, selfApproval: true } });
  const other = await release(w, { commit: commitOf('2'), environments: { dev: [lenient] } });
  expect(await asking(other, {}, say('approve', 'octo'))).toMatchObject([{ accepted: true }]);
});

test('only approvers decide: logins, teams of the organisation, teams of another', async () => {
  const policy = { ...always, approvers: ['ada', 'platform', 'other/ops'] };
  w.github.members.add('acme/platform/bob').add('other/ops/cyd');
  const decided = async (by: string, digit: string) => {
    const environments = { dev: [target('network', { policy })] };
    const ref = await release(w, {
      commit: commitOf(digit),
      environments,
      tree: { 'components/network': digit },
    });
    const [first] = await asking(ref, {}, say('approve', by), say('reject', 'octo'));
    return first;
  };
  expect(await decided('dan', '1')).toEqual({
    accepted: false,
    message: 'dan is not among the approvers: ada, platform, other/ops may decide',
  });
  expect(await decided('ADA', '2')).toMatchObject({ accepted: true });
  expect(await decided('bob', '3')).toMatchObject({ accepted: true });
  expect(await decided('cyd', '4')).toMatchObject({ accepted: true });
});

test('a rejection needs an approver too', async () => {
  const policy = { ...always, approvers: ['ada'] };
  const ref = await release(w, { environments: { dev: [target('network', { policy })] } });
  expect(await asking(ref, {}, say('reject', 'dan'), say('reject', 'ada'))).toMatchObject([
    { accepted: false, message: 'dan is not among the approvers: ada may decide' },
    { accepted: true },
  ]);
});

test('what does not wait is named with what it is', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref);
  const about = { release: ref, environment: 'dev', execution: '', component: 'network', fence: 1 };
  expect(await say('approve', 'ada')(about)).toEqual({
    accepted: false,
    message: 'dev/network does not wait for approval: it is applied (1 added)',
  });
  expect(await say('approve', 'ada')({ ...about, component: 'nothing' })).toEqual({
    accepted: false,
    message: `release ${ref.id} has no target dev/nothing`,
  });
  const unknown = { ...about, release: { ...ref, id: '20261120-7777777-1' } };
  expect(await say('approve', 'ada')(unknown)).toEqual({
    accepted: false,
    message: 'there is no release 20261120-7777777-1 in repository 7',
  });
});

test('the policy in force is that of the last success, not the one of the commit that is judged', async () => {
  const first = await release(w, { environments: { dev: [guarded] } });
  await asking(first, {}, say('approve', 'ada'));
  const weakened = target('network', { policy: { ...always, approval: 'never', selfApproval: true } });
  const attempt = (digit: string) =>
    release(w, {
      commit: commitOf(digit),
      environments: { dev: [weakened, target('fresh', { policy: { ...always, approval: 'never' } })] },
      tree: { 'components/network': digit, 'components/fresh': digit },
    });
  const second = await attempt('2');
  expect(await asking(second, {}, say('approve', 'octo'), say('reject', 'octo'))).toMatchObject([
    { accepted: false },
    { accepted: true },
  ]);
  // Rejected, so nothing has succeeded with the weaker policy; a component that is new has only its own.
  expect(await outcomesOf(w, second)).toEqual([
    'fresh: applied (1 added)',
    'network: rejected (rejected by octo)',
  ]);
  const third = await attempt('3');
  expect(await asking(third, {}, say('approve', 'ada'))).toMatchObject([{ accepted: true }]);
  const fourth = await attempt('4');
  expect(await asking(fourth, {})).toEqual([]);
  expect(await outcomesOf(w, fourth)).toContain('network: applied (1 added)');
});

test('the state moved: planned again, and the same changes need no second yes', async () => {
  const ref = await release(w, { environments: { dev: [guarded] } });
  const plan: Plan = { tools: { network: { apply: 'is stale once' } } };
  expect(await asking(ref, plan, say('approve', 'ada'))).toMatchObject([{ accepted: true }]);
  expect(await outcomesOf(w, ref)).toEqual(['network: applied (1 added)']);
  expect(await outcomeItem(ref)).toMatchObject({ round: 1, planDigest: `plan 1 of network in ${ref.id}` });
});

test('the state moved and the changes with it: asked anew, the yes to the older plan does not count', async () => {
  const ref = await release(w, { environments: { dev: [guarded] } });
  const plan: Plan = {
    tools: { network: { apply: 'is stale once', changeDigests: ['one', 'two'] } },
  };
  const asked: unknown[] = [];
  await deploy(w, ref, {
    ...plan,
    person: async (about) => {
      asked.push(await askedOf(ref));
      await say(asked.length === 1 ? 'approve' : 'reject', 'ada')(about);
    },
  });
  expect(asked).toMatchObject([{ changeDigest: 'one' }, { changeDigest: 'two' }]);
  expect(asked[1]).not.toHaveProperty('answer');
  expect(await outcomesOf(w, ref)).toEqual(['network: rejected (rejected by ada)']);
});

test('a state that keeps moving fails in the end', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref, { tools: { network: { apply: 'is always stale' } } });
  expect(await outcomeItem(ref)).toMatchObject({ round: 3, outcome: 'failed' });
});

test('an apply that was killed after a new plan is a failure, whatever an earlier round left', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  const tools = { network: { apply: 'is stale once' } as { apply: 'is stale once' | 'is killed' } };
  await deploy(w, ref, {
    tools,
    call: async (name, body) => {
      const answer = await body(w.ports);
      if (name === 'guard apply network') tools.network.apply = 'is killed';
      return answer;
    },
  });
  expect(await outcomeItem(ref)).toMatchObject({
    round: 1,
    reason:
      'apply failed: the job was killed, perhaps for lack of memory, exit code 137; it has no last good to return to',
  });
});

test('a new attempt asks again', async () => {
  const ref = await release(w, { environments: { dev: [guarded] } });
  await asking(ref, { tools: { network: { apply: 'fails' } } }, say('approve', 'ada'));
  const redrive: Plan = { execution: 'redriven', tools: { network: { apply: 'succeeds' } } };
  expect(await asking(ref, redrive, say('reject', 'bob'))).toMatchObject([{ accepted: true }]);
  expect(await outcomesOf(w, ref)).toEqual(['network: rejected (rejected by bob)']);
});

test('a cancelled release asks nobody', async () => {
  const ref = await release(w, { environments: { dev: [guarded] } });
  const cancelled = { by: 'ada', at: '2026-11-20T10:00:00.000Z' };
  await w.ledger.update(ledgerKeys.release(7, ref.id), { set: { cancelled } });
  await deploy(w, ref);
  expect(await outcomesOf(w, ref)).toEqual(['network: cancelled (cancelled by ada)']);
});
