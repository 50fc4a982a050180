/** Targets that come under another name: everything that is theirs comes along, and nothing is deployed twice. */
import { expect, test } from '@jest/globals';
import type { JobSpec } from '../../../core/contracts/job.ts';
import type { LastGoodDocument } from '../../../core/contracts/last-good.ts';
import { jobKey, outputsKey, stateKey, stateLockKey } from '../../../core/keys.ts';
import type { TargetItem } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { ResolvedTarget } from '../../../core/manifest/resolved.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  release,
  type ToolBehaviour,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';

const network = target('network', {
  policy: { approval: 'always', approvers: ['ada'], selfApproval: false, protect: [], rollback: 'connected' },
});
const app = target('app', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
});
const net: ResolvedTarget = { ...network, component: 'net', formerly: 'network' };
const appOnNet: ResolvedTarget = {
  ...app,
  needs: ['net'],
  inputs: { vpc_id: { component: 'net', output: 'vpc_id' } },
};
const outputs = { vpc_id: 'vpc-1' };

const itemOf = async ({ ledger }: World, component: string) =>
  (await ledger.get(ledgerKeys.target(7, 'dev', component))) as TargetItem | undefined;

/** Whatever is asked, somebody says yes. */
async function deployed(
  w: World,
  digit: string,
  targets: readonly ResolvedTarget[],
  { tools = {}, tree }: { tools?: Record<string, ToolBehaviour>; tree?: Record<string, string> } = {},
) {
  const ref = await release(w, {
    commit: commitOf(digit),
    environments: { dev: targets },
    ...(tree && { tree }),
  });
  const person = async ({ component }: { component: string }) => {
    for (const item of w.ledger.items.values()) {
      if (!String(item.sk).endsWith(`approval/deploy/dev/${component}`)) continue;
      for (const token of item.tokens as Set<string>)
        await w.ports.tokens.succeed(token, { decision: 'approved', reason: '' });
    }
  };
  const settled = await deploy(w, ref, { tools: { network: { outputs }, ...tools }, person });
  return { ref, settled };
}

async function first() {
  const w = world();
  await deployed(w, '1', [network, app]);
  await w.store.put(stateKey(7, 'dev', 'network'), 'state of network');
  await w.store.put(stateLockKey(7, 'dev', 'network'), 'lock of network');
  return w;
}

test('a renamed target takes state, lock, outputs and last good along, and is not even planned', async () => {
  const w = await first();
  const before = await itemOf(w, 'network');
  const { ref } = await deployed(w, '2', [net, appOnNet]);

  // What needs it is made of other words now, so it is planned once more.
  expect(await outcomesOf(w, ref)).toEqual(['app: applied (1 added)', 'net: unchanged (not affected)']);
  expect(await itemOf(w, 'network')).toBeUndefined();
  const document = '7/last-good/dev/net/20261120-1111111-1/last-good.json';
  expect(await itemOf(w, 'net')).toEqual({
    ...before,
    sk: 'target/net',
    formerly: ['network'],
    lastGood: { ...before?.lastGood, document },
  });
  const { entry, bundle } = w.store.json(document) as LastGoodDocument;
  expect([entry.component, bundle]).toEqual(['net', '7/last-good/dev/net/20261120-1111111-1/bundle.tar.gz']);
  expect(w.store.objects.get(bundle)?.toString()).toBe(`bundle of network at ${commitOf('1')}`);

  const keys = [stateKey, stateLockKey, outputsKey];
  const textAt = (key: string) => w.store.objects.get(key)?.toString();
  expect(keys.map((keyOf) => textAt(keyOf(7, 'dev', 'network')))).toEqual([undefined, undefined, undefined]);
  expect(keys.map((keyOf) => textAt(keyOf(7, 'dev', 'net')))).toEqual([
    'state of network',
    'lock of network',
    '{"vpc_id":{"value":"vpc-1","sensitive":false}}',
  ]);
});

test('the policy in force comes along: a new name is no way out of it', async () => {
  const w = await first();
  const free = { ...net.policy, approval: 'never' as const };
  const { ref } = await deployed(w, '2', [{ ...net, policy: free, path: 'net' }, appOnNet]);
  const items = [...w.ledger.items.values()];
  expect(items.find(({ sk }) => sk === 'approval/deploy/dev/net')).toMatchObject({
    reason: 'every change must be approved (approval: always)',
  });
  expect(await outcomesOf(w, ref)).toContain('net: applied (1 added)');
});

test('once it is renamed, `formerly` may stay or go', async () => {
  const w = await first();
  await deployed(w, '2', [net, appOnNet]);
  for (const [digit, again] of [
    ['3', net],
    ['4', target('net', { path: net.path, policy: net.policy })],
  ] as const) {
    const { ref, settled } = await deployed(w, digit, [again, appOnNet]);
    expect(settled?.verdict).toBe('succeeded');
    expect(await outcomesOf(w, ref)).toEqual([
      'app: unchanged (not affected)',
      'net: unchanged (not affected)',
    ]);
  }
});

test('a failure goes back to the last good of the old name, whose inputs now come from the new one', async () => {
  const w = await first();
  const { ref } = await deployed(w, '2', [net, appOnNet], {
    tree: { 'components/network': 'b' },
    tools: { net: { outputs: { vpc_id: 'vpc-2' } }, app: { apply: 'fails' } },
  });
  expect(await outcomesOf(w, ref)).toEqual([
    'app: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
    'net: rolled-back (rolled back to 1111111 after: app failed)',
  ]);
  const specOf = (component: string, pass: 'reverse' | 'forward') =>
    w.store.json(
      jobKey({ repository: 7, release: ref.id, environment: 'dev', component, pass }, 'plan', {
        fence: 2,
        round: 0,
      }),
    ) as JobSpec;
  const back = specOf('net', 'reverse');
  expect([back.target.component, back.source.commit, back.state.key, back.locks?.lastGood]).toEqual([
    'net',
    commitOf('1'),
    '7/state/dev/net.tfstate',
    '7/last-good/dev/net/20261120-1111111-1/bundle.tar.gz',
  ]);
  expect(specOf('app', 'forward').target).toMatchObject({
    needs: ['net'],
    inputs: { vpc_id: { component: 'net', output: 'vpc_id' } },
  });
  expect((await itemOf(w, 'net'))?.lastGood?.commit).toBe(commitOf('1'));
});

test('a renaming that was cut off is finished by whatever release comes next', async () => {
  const w = await first();
  const ref = await release(w, { commit: commitOf('2'), environments: { dev: [net, appOnNet] } });
  const { remove } = w.ports.store;
  w.ports.store.remove = async () => {
    throw new Error('S3 is away');
  };
  await expect(deploy(w, ref)).rejects.toThrow('S3 is away');
  w.ports.store.remove = remove;
  expect(w.store.objects.has(stateKey(7, 'dev', 'network'))).toBe(true);
  expect((await itemOf(w, 'net'))?.renamedFrom).toBe('network');

  // Nothing of it speaks of the old name.
  await deployed(w, '3', [target('net'), appOnNet]);
  expect(w.store.objects.has(stateKey(7, 'dev', 'network'))).toBe(false);
  expect(await itemOf(w, 'network')).toBeUndefined();
  expect(await itemOf(w, 'net')).toMatchObject({ formerly: ['network'] });
  expect((await itemOf(w, 'net'))?.renamedFrom).toBeUndefined();
});

test('a target that is deployed itself takes nothing over, and says what to do', async () => {
  const w = await first();
  await deployed(w, '2', [network, app, target('net', { path: 'net' })]);
  const { ref, settled } = await deployed(w, '3', [{ ...net, path: 'net' }, appOnNet]);
  expect(await outcomesOf(w, ref)).toEqual([
    'app: skipped (net failed)',
    'net: failed (it cannot take over dev/network, for dev/net is deployed itself; remove `formerly: network`, or destroy one of the two)',
  ]);
  expect(settled?.verdict).toBe('failed');
  expect(w.store.objects.has(stateKey(7, 'dev', 'network'))).toBe(true);
});

test('an older commit does not make a second one of what was renamed since', async () => {
  const w = await first();
  await deployed(w, '2', [net, appOnNet]);
  const { ref } = await deployed(w, '3', [network, app]);
  expect(await outcomesOf(w, ref)).toEqual([
    'app: skipped (network failed)',
    'network: failed (it was renamed to dev/net, which is still deployed; write `formerly: net` to give it this name back, or destroy dev/net first)',
  ]);
  const { ref: back } = await deployed(w, '4', [{ ...network, formerly: 'net' }, app]);
  expect(await outcomesOf(w, back)).toContain('network: unchanged (not affected)');
  expect(await itemOf(w, 'net')).toBeUndefined();
  expect((await itemOf(w, 'network'))?.formerly).toEqual(['net']);
});

test('a shell component moves just the same, without a state', async () => {
  const w = world();
  const notify = target('notify', { tool: 'shell', commands: { apply: './apply.sh' } });
  await deployed(w, '1', [notify]);
  const { ref } = await deployed(w, '2', [{ ...notify, component: 'tell', formerly: 'notify' }]);
  expect(await outcomesOf(w, ref)).toEqual(['tell: unchanged (not affected)']);
  expect((await itemOf(w, 'tell'))?.lastGood?.document).toBe(
    '7/last-good/dev/tell/20261120-1111111-1/last-good.json',
  );
});
