/** What `settle` notes for an environment's history in Git: one entry for each lease under which something was done. */
import { beforeEach, expect, test } from '@jest/globals';
import { entryItemSchema } from '../../../core/ledger/audit-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { command } from '../../../lambdas/command/command.ts';
import { settle } from '../../../lambdas/settle/settle.ts';
import {
  commitOf,
  deploy,
  type Plan,
  REPOSITORY,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';
import { askFor } from '../../support/operation.ts';

const network = target('network');
const app = target('app', { needs: ['network'] });
const policy = { ...app.policy, rollback: 'off' as const };

let w: World;
beforeEach(() => {
  w = world();
});

const items = async () => entryItemSchema.array().parse(await w.ledger.query('7/history/dev', 'entry/'));
const noted = async () =>
  (await items()).map(({ message, deployed, isGood }) => ({
    said: message.split('\n')[0],
    deployed: deployed.slice(0, 7),
    isGood,
  }));
const newest = async () => (await items()).at(-1)?.message ?? '';

const push = (digit: string, targets = [network, app]) =>
  release(w, {
    commit: commitOf(digit),
    environments: { dev: targets },
    tree: Object.fromEntries(targets.map(({ path }) => [path, digit])),
    startedAt: `2026-11-20T10:0${digit}:00Z`,
  });

/** Yes to whatever is asked. */
const ada: Plan['person'] = ({ release: { repository, id }, environment, component }, call) =>
  call('approve', (ports) =>
    command({ action: 'approve', by: 'ada', repository, release: id, environment, component }, ports),
  );

test('success, rollback, destroy: what was done, where the environment is, and whether that is good', async () => {
  await deploy(w, await push('1'));
  await deploy(w, await push('2'), { tools: { app: { apply: 'fails' } } });
  await deploy(w, await push('3'));
  await deploy(w, await askFor(w, { action: 'destroy', components: ['app'] }), { person: ada });
  await deploy(w, await askFor(w, { action: 'destroy' }), { person: ada });
  expect(await noted()).toEqual([
    { said: 'dev: apply 1111111 succeeded', deployed: '1111111', isGood: true },
    { said: 'dev: apply 2222222 rolled back to 1111111', deployed: '1111111', isGood: false },
    { said: 'dev: apply 3333333 succeeded', deployed: '3333333', isGood: true },
    { said: 'dev: destroy succeeded', deployed: '3333333', isGood: false },
    { said: 'dev: destroy succeeded', deployed: '3333333', isGood: false },
  ]);
  const [, , , part, all] = await items();
  expect(part?.message).toContain('\nThe tree is that of 3333333, the last commit dev succeeded with.\n');
  expect(part?.message).toContain('\nBelay-Actor: mira\nBelay-Approver: app ada\n');
  expect(all?.message).toContain('\nNothing is deployed in dev any more; the tree is what was.\n');
  expect(all).toMatchObject({ release: expect.any(String), repository: REPOSITORY });
  const emptied = (id = '') => w.ledger.get(ledgerKeys.deployment(7, id, 'dev'));
  expect(await emptied(part?.release)).not.toHaveProperty('isEmpty');
  expect(await emptied(all?.release)).toMatchObject({ isEmpty: true });
});

test('left between two commits: broken, by name; and gone back by command afterwards', async () => {
  const off = [network, app].map((one) => ({ ...one, policy }));
  await deploy(w, await push('1', off));
  await deploy(w, await push('2', off), { tools: { app: { apply: 'fails' } } });
  expect(await newest()).toContain('dev: apply 2222222 broken, between two commits: app\n');
  expect(await newest()).toContain('\n- app: failed, between two commits\n- network: applied\n');
  expect(await newest()).toContain(`\nBelay-Deployed: ${commitOf('1')}\n`);
  await deploy(w, await askFor(w, { action: 'rollback' }));
  expect((await noted()).at(-1)).toEqual({
    said: 'dev: restore of last good succeeded',
    deployed: '1111111',
    isGood: false,
  });
  expect(await newest()).toContain('\n- app: rolled-back to 1111111\n');
});

test('the first deployment fails: the environment is at no commit, and that is said', async () => {
  await deploy(w, await push('1'), { tools: { network: { plan: 'fails' } } });
  expect(await noted()).toEqual([{ said: 'dev: apply 1111111 failed', deployed: '1111111', isGood: false }]);
  expect(await newest()).toContain(
    '\ndev has not succeeded with any commit yet; the tree is that of 1111111.\n',
  );
  expect(await newest()).toContain('\nBelay-Deployed: none\n');
});

test('a redrive is an entry of its own; a repeated call is none', async () => {
  await deploy(w, await push('1'));
  const second = await push('2');
  await deploy(w, second, { tools: { app: { plan: 'fails' } } });
  const execution = 'redriven';
  await deploy(w, second, { execution });
  await settle({ scope: 'environment', release: second, environment: 'dev', execution }, w.ports);
  expect((await noted()).map(({ said }) => said)).toEqual([
    'dev: apply 1111111 succeeded',
    'dev: apply 2222222 failed',
    'dev: apply 2222222 succeeded',
  ]);
});

test('nothing was to be done, or it never came to it: no entry', async () => {
  await deploy(w, await push('1'));
  await deploy(
    w,
    await release(w, {
      id: '20261120-1111111-2',
      environments: { dev: [network, app] },
      tree: Object.fromEntries([network, app].map(({ path }) => [path, '1'])),
    }),
  );
  w.github.ancestry = 'behind';
  await deploy(w, await push('2'));
  expect(await noted()).toHaveLength(1);
});
