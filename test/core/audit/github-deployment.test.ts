import { expect, test } from '@jest/globals';
import { deploymentOrder, deploymentState, lastEnvironments } from '../../../core/audit/github-deployment.ts';
import type { EnvironmentVerdict, Operation } from '../../../core/words.ts';
import { COMMIT, deploymentItem, outcome, releaseItem } from '../../lambdas/git-status/world.ts';

const record = (operation: Operation, verdict?: EnvironmentVerdict) => ({
  release: releaseItem({ operation }),
  deployments: [deploymentItem({ verdict })],
  outcomes: [outcome('app', { outcome: 'applied' }), outcome('network', { outcome: 'failed' })],
});

test.each<[Operation, EnvironmentVerdict | undefined, string]>([
  ['apply', undefined, 'in_progress: apply'],
  ['apply', 'succeeded', 'success: succeeded: 2 targets: 1 applied, 1 failed'],
  ['rollback', 'succeeded', 'success: succeeded: 2 targets: 1 applied, 1 failed'],
  ['destroy', 'succeeded', 'success: succeeded: 2 targets: 1 applied, 1 failed'],
  ['apply', 'rolled-back', 'failure: rolled-back: 2 targets: 1 applied, 1 failed'],
  ['apply', 'cancelled', 'failure: cancelled: 2 targets: 1 applied, 1 failed'],
  ['apply', 'broken', 'error: broken: 2 targets: 1 applied, 1 failed'],
])('%s with the verdict %s is %s', (operation, verdict, expected) => {
  const { state, description } = deploymentState(record(operation, verdict), 'dev') ?? {};
  expect(`${state}: ${description}`).toBe(expected);
});

test('an environment of which a destroy has left nothing is inactive', () => {
  const gone = {
    ...record('destroy'),
    deployments: [deploymentItem({ verdict: 'succeeded', isEmpty: true })],
  };
  expect(deploymentState(gone, 'dev')?.state).toBe('inactive');
});

test('nothing is said of a plan, of what is not reached, and of what is not affected', () => {
  expect(deploymentState(record('plan', 'succeeded'), 'dev')).toBeUndefined();
  expect(deploymentState(record('apply'), 'prod')).toBeUndefined();
  const idle = { ...record('apply', 'succeeded'), outcomes: [outcome('app', { affected: 'unaffected' })] };
  expect(deploymentState(idle, 'dev')).toBeUndefined();
  const late = { ...record('apply', 'skipped'), outcomes: [outcome('app', { attempt: 0 })] };
  expect(deploymentState(late, 'dev')).toBeUndefined();
});

test('nothing is merged or waited for; the last environment is production, one with a ttl never', () => {
  const order = (isTransient: boolean, isLast: boolean) =>
    deploymentOrder(record('apply'), 'dev', { isTransient, isLast });
  expect(order(false, true)).toEqual({
    ref: COMMIT,
    task: 'deploy',
    environment: 'dev',
    description: 'Belay release 20261121-c0ffee1-1',
    auto_merge: false,
    required_contexts: [],
    transient_environment: false,
    production_environment: true,
  });
  expect(order(true, true)).toMatchObject({ transient_environment: true, production_environment: false });
  const at = { account: '1', region: 'eu-west-1', targets: [] };
  const environments = [
    { name: 'dev', after: [], ...at },
    { name: 'preview', after: ['dev'], ...at },
    { name: 'prod', after: ['dev'], ...at },
  ];
  expect([...lastEnvironments({ environments })]).toEqual(['preview', 'prod']);
});
