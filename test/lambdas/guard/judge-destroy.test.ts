/** Who is asked before a target is destroyed: always somebody, but at the end of a `ttl`. */
import { expect, test } from '@jest/globals';
import { judgeDestroy } from '../../../lambdas/guard/judge-destroy.ts';

const removal = (address: string, type: string) => ({ address, type, replace: false });
const queue = removal('aws_sqs_queue.jobs', 'aws_sqs_queue');
const table = removal('aws_dynamodb_table.data', 'aws_dynamodb_table');
const plan = (...removals: (typeof queue)[]) => ({ hasChanges: true, removals });
const policy = (approval: 'never' | 'on-destroy' | 'always', ...protect: string[]) => ({ approval, protect });

test('what a person asked for, a person approves', () => {
  expect(judgeDestroy(plan(queue))).toEqual({
    decision: 'ask',
    reason: 'it would destroy aws_sqs_queue.jobs',
  });
});

test.each([
  ['never', plan(queue), policy('never')],
  ['on-destroy, for that is what a ttl says', plan(queue), policy('on-destroy')],
  ['a list of its own that names other types', plan(table), policy('on-destroy', 'aws_s3_bucket')],
])('a ttl is consent enough under %s', (_, found, inForce) => {
  expect(judgeDestroy(found, inForce)).toEqual({ decision: 'apply' });
});

test.each([
  ['always', plan(queue), policy('always'), 'it would destroy aws_sqs_queue.jobs (approval: always)'],
  [
    'a type that holds data',
    plan(queue, table),
    policy('never'),
    'it would destroy aws_dynamodb_table.data (protected)',
  ],
  [
    'a protected type',
    plan(queue),
    policy('never', 'aws_sqs_queue'),
    'it would destroy aws_sqs_queue.jobs (protected)',
  ],
])('but not under %s', (_, found, inForce, reason) => {
  expect(judgeDestroy(found, inForce)).toEqual({ decision: 'ask', reason });
});

test('where nothing is left nobody is asked', () => {
  expect(judgeDestroy({ hasChanges: false, removals: [] }, policy('always'))).toEqual({
    decision: 'end',
    outcome: 'destroyed',
    reason: 'nothing of it was left',
  });
});
