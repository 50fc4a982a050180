/** The rules of AwsSolutions hold; where they do not, somebody says why, beside what it concerns. `cdk synth` refuses the rest. */
import { expect, test } from '@jest/globals';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { App } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { allow } from '../../lib/allow.ts';
import { BelayStack } from '../../lib/belay-stack.ts';
import type { Functions } from '../../lib/functions.ts';

const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
const stack = new BelayStack(app, 'Belay');
const findings = () =>
  new AwsSolutionsChecks(app)
    .validateScope(stack)
    .violations.map(({ ruleName, violatingResources }) => [
      ruleName,
      violatingResources.map(({ constructPath }) => constructPath),
    ]);

test('nothing is found that nobody has explained, and what is new is found', () => {
  expect(findings()).toEqual([]);
  new Queue(stack, 'Forgotten', { enforceSSL: true });
  expect(findings()).toEqual([['AwsSolutions-SQS3', ['Belay/Forgotten/Resource']]]);
});

test('a pattern of resources is not given without a reason', () => {
  const { turn } = stack.node.findChild('Functions') as Functions;
  expect(() => allow(turn, { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::bucket/*'] })).toThrow(
    'allowing s3:GetObject: arn:aws:s3:::bucket/* is a pattern; say `because` why it cannot be named',
  );
});
