import { expect, test } from '@jest/globals';
import { ledgerKeys } from '../../core/ledger.ts';
import { commitOf, deploy, outcomesOf, release, target, world } from '../support/deployment-world.ts';

const network = target('network');
const app = target('app', {
  needs: ['network'],
  inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
  test: { run: './smoke.sh' },
});
const tools = { network: { outputs: { vpc_id: 'vpc-1' } }, app: { outputs: { url: 'http://app' } } };

test('a first push deploys everything, and the next one that changes nothing has nothing to do', async () => {
  const w = world();
  const first = await release(w, { environments: { dev: [network, app] } });
  expect(await deploy(w, first, { tools })).toEqual({ verdict: 'succeeded', summary: 'dev succeeded' });
  expect(await outcomesOf(w, first)).toEqual(['app: applied (1 added)', 'network: applied (1 added)']);
  expect(await w.ledger.get(ledgerKeys.target(7, 'dev', 'app'))).toMatchObject({
    lastGood: { commit: commitOf('1'), release: first.id },
    live: { commit: commitOf('1'), state: 'clean' },
    dependencies: [],
  });
  const second = await release(w, { commit: commitOf('2'), environments: { dev: [network, app] } });
  await deploy(w, second, { tools });
  expect(await outcomesOf(w, second)).toEqual([
    'app: unchanged (not affected)',
    'network: unchanged (not affected)',
  ]);
  expect(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).toMatchObject({
    fence: 2,
    queue: [],
    answers: [],
    writers: {},
    attempted: { main: commitOf('2') },
  });
});
