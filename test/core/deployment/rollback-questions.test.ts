import { expect, test } from '@jest/globals';
import { rollbackPrefixes, withRollbackQuestions } from '../../../core/deployment/rollback-questions.ts';
import type { DeploymentItem } from '../../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';

const deployment = (environment: string, change: Partial<DeploymentItem>): DeploymentItem => ({
  ...{ environment, execution: 'e', progress: 'rolling back to last good', reason: '' },
  ...change,
});
const item = (component: string, change: Partial<OutcomeItem>): OutcomeItem => ({
  ...{ environment: 'dev', component, attempt: 2, affected: 'changed', progress: 'ended', reason: '' },
  ...change,
});

test('only rollbacks under way are looked at', () => {
  const deployments = [
    deployment('dev', {}),
    deployment('stage', { progress: 'deploying' }),
    deployment('prod', { progress: 'ended', verdict: 'broken' }),
  ];
  expect(rollbackPrefixes(deployments)).toEqual(['reverse/dev/', 'forward/dev/']);
});

test('a target whose rollback asks a person waits, whatever it ended as before', () => {
  const failed = item('database', { outcome: 'failed', reason: 'apply failed', endedAt: 'then' });
  const good = item('app', { outcome: 'applied', attempt: 1 });
  const asking = { progress: 'approving', reason: 'to roll back it would destroy x' } as const;
  expect(
    withRollbackQuestions(
      [failed, good, item('web', { outcome: 'failed' })],
      [item('database', asking), item('app', asking), item('web', { progress: 'applying' })],
    ),
  ).toEqual([
    item('database', asking),
    item('app', { ...asking, attempt: 1 }),
    item('web', { outcome: 'failed' }),
  ]);
  const ofEarlier = item('database', { ...asking, attempt: 1 });
  expect(withRollbackQuestions([failed], [ofEarlier, item('app', { progress: 'planning' })])).toEqual([
    failed,
  ]);
  expect(withRollbackQuestions([failed], [])).toEqual([failed]);
});
