/** Components that left the manifest: they stay where they are, and every release tells of them until somebody decides. */
import { expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';
import { settleRelease } from '../../support/settle-release.ts';

const [network, old] = [target('network'), target('old', { needs: ['network'] })];

async function released(w: World, digit: string, components: readonly ReturnType<typeof target>[]) {
  const ref = await release(w, { commit: commitOf(digit), environments: { dev: components } });
  const settled = await deploy(w, ref);
  const ended = await settleRelease(ref, w.ports);
  return { ref, settled, ended };
}

test('an orphan is told of, whatever else is done, and not touched', async () => {
  const w = world();
  await released(w, '1', [network, old]);
  const before = await w.ledger.get(ledgerKeys.target(7, 'dev', 'old'));

  const nothing = await released(w, '2', [network]);
  expect(nothing.ended).toEqual({
    verdict: 'nothing-to-do',
    summary: 'nothing is affected in dev; orphaned: dev/old',
  });
  expect(await outcomesOf(w, nothing.ref)).toEqual(['network: unchanged (not affected)']);
  expect(await w.ledger.get(ledgerKeys.deployment(7, nothing.ref.id, 'dev'))).toMatchObject({
    verdict: 'succeeded',
    orphans: ['old'],
  });

  const something = await released(w, '3', [target('network', { path: 'elsewhere' })]);
  expect(something.ended).toEqual({ verdict: 'succeeded', summary: 'deployed to dev; orphaned: dev/old' });
  expect(await w.ledger.get(ledgerKeys.target(7, 'dev', 'old'))).toEqual(before);
});

test('what comes back into the manifest is an orphan no more', async () => {
  const w = world();
  await released(w, '1', [network, old]);
  await released(w, '2', [network]);
  const { ref, ended } = await released(w, '3', [network, old]);
  expect(ended.summary).toBe('nothing is affected in dev');
  expect(await w.ledger.get(ledgerKeys.deployment(7, ref.id, 'dev'))).toMatchObject({ orphans: [] });
});

test('what was never deployed, or is renamed, is no orphan', async () => {
  const w = world();
  const ref = await release(w, { environments: { dev: [network, old] } });
  await deploy(w, ref, { tools: { network: { apply: 'fails' } } });
  const second = await released(w, '2', [target('net', { formerly: 'network' })]);
  expect(second.ended.summary).toBe('deployed to dev');
});
