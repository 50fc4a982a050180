/** The audit as the recording GitHub gets it through the real adapter, and as git itself reads it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { entryMessage } from '../../../core/audit/entry.ts';
import type { DeploymentOrder } from '../../../core/audit/github-deployment.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { gitHub } from '../../../lambdas/adapters/github.ts';
import { showHistory } from '../../../lambdas/git-status/show-history.ts';
import { outcome } from '../../lambdas/git-status/world.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { appWorld } from './app-world.ts';
import { git, repository } from './support.ts';

const access = (token: string) => ({
  mode: async () => 'app' as const,
  appId: async () => '1',
  token: async () => token,
  refused: () => undefined,
});

test('`git log` of the ref is the history, with trailers that git itself understands', async () => {
  const { github, issued, head } = await appWorld({ contents: 'write' });
  const audit = gitHub(github.apiUrl, access(issued.body.token));
  const ledger = ledgerMemory();
  const note = (fence: number, verdict: 'succeeded' | 'rolled-back', plan: string) =>
    ledger.put(ledgerKeys.entry(100000001, 'prod', fence), {
      repository: { id: 100000001, fullName: 'local/shop', defaultBranch: 'main' },
      ...{ release: '20261121-c0ffee1-1', fence, deployed: head, isGood: verdict === 'succeeded' },
      expiresAt: 2e9,
      message: entryMessage({
        ...{ release: { id: '20261121-c0ffee1-1', commit: head }, environment: 'prod', operation: 'apply' },
        ...{ dirty: [], isEmpty: false },
        ...{ verdict, fence, deployed: head, actor: 'mira', approvers: [{ component: 'app', by: 'ada' }] },
        targets: [outcome('app', { outcome: 'applied', planDigest: plan })],
        endedAt: '2026-11-21T08:09:00.000Z',
      }),
    });
  await note(3, 'succeeded', 'ab12');
  await note(5, 'rolled-back', 'cd34');
  const clock = { now: () => new Date('2026-11-21T10:00:00Z') };
  const ports = { audit, ledger, clock, writesPerHour: 450, log: () => undefined, measure: () => undefined };
  await showHistory(100000001, 'prod', ports);

  // Not synchronously: this very process answers git.
  const checkout = repository('checkout');
  const basic = Buffer.from(`x-access-token:${issued.body.token}`).toString('base64');
  const header = ['-c', `http.extraHeader=Authorization: Basic ${basic}`];
  const from = [`${github.url}/local/shop.git`, 'refs/belay/*:refs/belay/*'];
  await promisify(execFile)('git', ['-C', checkout, ...header, 'fetch', '--quiet', ...from]);
  const format =
    '--format=%s|%T|%(trailers:key=Belay-Lease,valueonly,separator=)|%(trailers:key=Belay-Plan,valueonly,separator=)';
  const tree = git(checkout, 'rev-parse', `${head}^{tree}`);
  expect(git(checkout, 'log', format, 'refs/belay/prod/history').split('\n')).toEqual([
    `prod: apply ${head.slice(0, 7)} rolled back|${tree}|5|app cd34`,
    `prod: apply ${head.slice(0, 7)} succeeded|${tree}|3|app ab12`,
  ]);
  expect(git(checkout, 'rev-parse', 'refs/belay/prod/last-good')).toBe(head);
});

test('a deployment is found again by what it is of, and told its state', async () => {
  const { github, issued, head, call } = await appWorld({ deployments: 'write' });
  const audit = gitHub(github.apiUrl, access(issued.body.token));
  const order: DeploymentOrder = {
    ref: head,
    task: 'deploy',
    environment: 'prod',
    description: 'Belay release 20261121-c0ffee1-1',
    auto_merge: false,
    required_contexts: [],
    transient_environment: false,
    production_environment: true,
  };
  const id = await audit.createDeployment('local/shop', order);
  await audit.createDeployment('local/shop', { ...order, description: 'Belay release 20261121-c0ffee1-2' });
  expect(await audit.findDeployment('local/shop', order)).toBe(id);
  expect(await audit.findDeployment('local/shop', { ...order, environment: 'dev' })).toBeUndefined();
  await audit.createDeploymentStatus('local/shop', id, { state: 'success', description: 'succeeded' });
  const statuses = await call('GET', `/repos/local/shop/deployments/${id}/statuses`);
  expect(statuses.body).toMatchObject([{ state: 'success', description: 'succeeded', environment: 'prod' }]);
});
