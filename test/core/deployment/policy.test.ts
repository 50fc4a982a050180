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
  const policy = { approval, protect };
  return judgePlan({ plan: { hasChanges, removals }, policy, hasTest: test !== undefined, isUnrecorded });
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

test('approval: always asks about every change', () => {
  expect(judge({ approval: 'always' })).toEqual({
    decision: 'ask',
    reason: 'every change must be approved (approval: always)',
  });
});

test('approval: on-destroy asks about removals and names the first three', () => {
  expect(judge({})).toEqual({ decision: 'apply' });
  const removals = ['a', 'b', 'c', 'd', 'e'].map((name) => removal(`null_resource.${name}`, 'null_resource'));
  const replaced = removal('null_resource.z', 'null_resource', true);
  expect(judge({ removals: [...removals, replaced] })).toEqual({
    decision: 'ask',
    reason:
      'it would destroy null_resource.a, null_resource.b, null_resource.c and 2 more and replace null_resource.z',
  });
  expect(judge({ removals: removals.slice(0, 1), approval: 'never' })).toEqual({ decision: 'apply' });
});

test('protected types are asked about first, even under approval: never', () => {
  const removals = [
    removal('null_resource.a', 'null_resource'),
    removal('aws_s3_bucket.logs', 'aws_s3_bucket', true),
  ];
  for (const approval of ['never', 'on-destroy', 'always'] as const) {
    expect(judge({ removals, approval })).toEqual({
      decision: 'ask',
      reason: 'it would replace aws_s3_bucket.logs (protected)',
    });
  }
  expect(judge({ removals, approval: 'never', protect: ['null_resource'] })).toEqual({
    decision: 'ask',
    reason: 'it would destroy null_resource.a (protected)',
  });
  expect(judge({ removals, approval: 'never', protect: ['aws_instance'] })).toEqual({ decision: 'apply' });
});
