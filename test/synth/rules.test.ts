/** The rules of AwsSolutions hold; where they do not, somebody says why, beside what it concerns. `cdk synth` refuses the rest. */
import { expect, test } from '@jest/globals';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { App } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type ConfigurationInput, configurationSchema } from '../../core/configuration/schema.ts';
import { allow } from '../../lib/allow.ts';
import { BelayStack } from '../../lib/belay-stack.ts';
import type { Functions } from '../../lib/functions.ts';

function stackWith(configuration: ConfigurationInput): BelayStack {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  return new BelayStack(app, 'Belay', { configuration: configurationSchema.parse(configuration) });
}
const findings = (stack: BelayStack) =>
  new AwsSolutionsChecks(stack)
    .validateScope(stack)
    .violations.map(({ ruleName, violatingResources }) => [
      ruleName,
      violatingResources.map(({ constructPath }) => constructPath),
    ]);
const stack = stackWith({});

test('nothing is found that nobody has explained, and what is new is found', () => {
  expect(findings(stack)).toEqual([]);
  new Queue(stack, 'Forgotten', { enforceSSL: true });
  expect(findings(stack)).toEqual([['AwsSolutions-SQS3', ['Belay/Forgotten/Resource']]]);
});

test('nor in networks of its own, for accounts that are named, with and without a way out', () => {
  const closed = stackWith({
    accounts: ['111122223333'],
    network: { kind: 'private' },
    plans: { network: 'closed', providers: [{ source: 'hashicorp/aws', version: '6.2.0' }] },
  });
  expect(findings(closed)).toEqual([]);
});

test('a pattern of resources is not given without a reason', () => {
  const { turn } = stack.node.findChild('Functions') as Functions;
  expect(() => allow(turn, { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::bucket/*'] })).toThrow(
    'allowing s3:GetObject: arn:aws:s3:::bucket/* is a pattern; say `because` why it cannot be named',
  );
});
