import { expect, test } from '@jest/globals';
import { judgeRollback, type RollbackQuestion } from '../../../core/deployment/rollback-policy.ts';

const removal = (address: string, type: string, replace = false) => ({ address, type, replace });

function judge(more: {
  removals?: RollbackQuestion['plan']['removals'];
  hasChanges?: boolean;
  approval?: 'never' | 'on-destroy' | 'always';
  protect?: string[];
  creations?: string[];
  hasTest?: boolean;
  isUnrecorded?: boolean;
}) {
  const { removals = [], hasChanges = true, approval = 'on-destroy', protect = [], ...facts } = more;
  return judgeRollback({
    plan: { hasChanges, removals },
    policy: { approval, protect },
    ...{ creations: [], hasTest: false, isUnrecorded: false, ...facts },
  });
}

test('to add and to update asks nobody, whatever the policy for a deployment is', () => {
  expect(judge({})).toEqual({ decision: 'apply' });
  expect(judge({ approval: 'always' })).toEqual({ decision: 'apply' });
});

test('what this release created is deleted without asking', () => {
  const removals = [removal('null_resource.new', 'null_resource')];
  expect(judge({ removals, creations: ['null_resource.new'], approval: 'always' })).toEqual({
    decision: 'apply',
  });
});

test('what was there before is deleted or replaced only with a yes, unless approval: never', () => {
  const removals = [
    removal('null_resource.new', 'null_resource'),
    removal('null_resource.old', 'null_resource', true),
  ];
  const creations = ['null_resource.new'];
  expect(judge({ removals, creations })).toEqual({
    decision: 'ask',
    reason: 'to roll back it would replace null_resource.old, which this release did not create',
  });
  expect(judge({ removals, creations, approval: 'never' })).toEqual({ decision: 'apply' });
});

test('what is protected is never removed without a yes: not under approval: never, not if it is new', () => {
  const removals = [removal('aws_db_instance.main', 'aws_db_instance')];
  const asked = {
    decision: 'ask',
    reason: 'to roll back it would destroy aws_db_instance.main (protected)',
  };
  expect(judge({ removals, approval: 'never' })).toEqual(asked);
  expect(judge({ removals, approval: 'never', creations: ['aws_db_instance.main'] })).toEqual(asked);
  expect(judge({ removals, approval: 'never', protect: ['aws_s3_bucket'] })).toEqual({ decision: 'apply' });
});

test('an empty plan is the good end, after the test where there is one; it is applied to record what was cut off', () => {
  expect(judge({ hasChanges: false })).toEqual({
    decision: 'end',
    outcome: 'rolled-back',
    reason: 'the plan is empty',
  });
  expect(judge({ hasChanges: false, hasTest: true })).toEqual({ decision: 'test' });
  expect(judge({ hasChanges: false, hasTest: true, isUnrecorded: true })).toEqual({ decision: 'apply' });
});
