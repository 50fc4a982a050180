import { expect, test } from '@jest/globals';
import { judgePlan } from '../../../core/deployment/policy.ts';

type Question = Parameters<typeof judgePlan>[0];
const removal = (address: string, type: string, replace = false) => ({ address, type, replace });

function judge(more: {
  removals?: Question['plan']['removals'];
  hasChanges?: boolean;
  approval?: 'never' | 'on-destroy' | 'always';
  protect?: string[];
  test?: { run: string };
  isUnrecorded?: boolean;
}) {
  const {
    removals = [],
    hasChanges = true,
    approval = 'on-destroy',
    protect = [],
    test,
    isUnrecorded = false,
  } = more;
  const policy = { approval, protect, approvers: [], selfApproval: false, rollback: 'off' as const };
  return judgePlan({ plan: { hasChanges, removals }, target: { policy, test }, isUnrecorded });
}

test('an empty plan is done, or tested when there is a test, whatever the approval', () => {
  expect(judge({ hasChanges: false, approval: 'always' })).toEqual({
    decision: 'end',
    outcome: 'unchanged',
    reason: 'the plan is empty',
  });
  expect(judge({ hasChanges: false, test: { run: 'true' } })).toEqual({ decision: 'test' });
});

test('an empty plan is applied when something was never recorded', () => {
  expect(judge({ hasChanges: false, isUnrecorded: true })).toEqual({ decision: 'apply' });
});

test('approval: always holds every change', () => {
  expect(judge({ approval: 'always' })).toEqual({
    decision: 'end',
    outcome: 'rejected',
    reason:
      'a person must approve this plan (approval: always), and approvals are not served by this version',
  });
});

test('approval: on-destroy holds removals and names the first three', () => {
  expect(judge({})).toEqual({ decision: 'apply' });
  const removals = ['a', 'b', 'c', 'd', 'e'].map((name) => removal(`null_resource.${name}`, 'null_resource'));
  expect(judge({ removals })).toEqual({
    decision: 'end',
    outcome: 'rejected',
    reason:
      'a person must approve that it removes null_resource.a, null_resource.b, null_resource.c and 2 more (approval: on-destroy), and approvals are not served by this version',
  });
  expect(judge({ removals: removals.slice(0, 1), approval: 'never' })).toEqual({ decision: 'apply' });
});

test('protected types are neither deleted nor replaced, even under approval: never', () => {
  const removals = [
    removal('null_resource.a', 'null_resource'),
    removal('aws_s3_bucket.logs', 'aws_s3_bucket', true),
  ];
  expect(judge({ removals, approval: 'never' })).toEqual({
    decision: 'end',
    outcome: 'rejected',
    reason: 'it would replace aws_s3_bucket.logs, and aws_s3_bucket is protected',
  });
  expect(judge({ removals, approval: 'never', protect: ['null_resource'] })).toMatchObject({
    reason: 'it would delete null_resource.a, and null_resource is protected',
  });
  expect(judge({ removals, approval: 'never', protect: ['aws_instance'] })).toEqual({ decision: 'apply' });
});
