import { expect, test } from '@jest/globals';
import { allowsService, evaluate } from '../../../local/iam/evaluate.ts';
import { policyDocumentSchema } from '../../../local/iam/policy.ts';

const statements = (...Statement: object[]) =>
  policyDocumentSchema.parse({ Version: '2012-10-17', Statement }).Statement;
const ask = (
  action: string,
  resource: string | undefined,
  context: Record<string, string | string[]> = {},
) => ({
  action,
  resource,
  context,
});

const bucket = 'arn:aws:s3:::artifacts';

test.each([
  [
    'an action and resource named',
    { Action: 's3:GetObject', Resource: `${bucket}/a` },
    `${bucket}/a`,
    'allowed',
  ],
  [
    'wildcards',
    { Action: 's3:Get*', Resource: `${bucket}/*/plan/*` },
    `${bucket}/1/releases/plan/x`,
    'allowed',
  ],
  ['actions in any case', { Action: 'S3:getobject', Resource: '*' }, `${bucket}/a`, 'allowed'],
  ['another action', { Action: 's3:PutObject', Resource: '*' }, `${bucket}/a`, 'silent'],
  ['another resource', { Action: 's3:GetObject', Resource: `${bucket}/b` }, `${bucket}/a`, 'silent'],
  ['the bucket is not its objects', { Action: 's3:GetObject', Resource: bucket }, `${bucket}/a`, 'silent'],
  ['everything but an action', { NotAction: 's3:Put*', Resource: '*' }, `${bucket}/a`, 'allowed'],
  ['everything but this action', { NotAction: 's3:Get*', Resource: '*' }, `${bucket}/a`, 'silent'],
  ['everything but a resource', { Action: '*', NotResource: `${bucket}/b*` }, `${bucket}/a`, 'allowed'],
  ['everything but this resource', { Action: '*', NotResource: `${bucket}/*` }, `${bucket}/a`, 'silent'],
  ['a dot is a dot', { Action: '*', Resource: `${bucket}/a.c` }, `${bucket}/abc`, 'silent'],
])('%s', (_, statement, resource, verdict) => {
  expect(evaluate(statements({ Effect: 'Allow', ...statement }), ask('s3:GetObject', resource))).toBe(
    verdict,
  );
});

test('a deny wins over every allow, wherever it stands', () => {
  const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
  const deny = { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' };
  expect(evaluate(statements(deny, allow), ask('s3:DeleteObject', bucket))).toBe('denied');
  expect(evaluate(statements(allow, deny), ask('s3:DeleteObject', bucket))).toBe('denied');
  expect(evaluate(statements(allow, deny), ask('s3:GetObject', bucket))).toBe('allowed');
});

test('an action without a resource needs a statement for all resources', () => {
  const named = statements({ Effect: 'Allow', Action: 'batch:DescribeJobs', Resource: 'arn:aws:batch:*' });
  const all = statements({ Effect: 'Allow', Action: 'batch:DescribeJobs', Resource: '*' });
  expect(evaluate(named, ask('batch:DescribeJobs', undefined))).toBe('silent');
  expect(evaluate(all, ask('batch:DescribeJobs', undefined))).toBe('allowed');
});

test.each([
  [
    'StringEquals',
    { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } },
    { 'aws:ResourceTag/interruptible': 'true' },
    true,
  ],
  ['a missing key', { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } }, {}, false],
  [
    'another value',
    { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } },
    { 'aws:ResourceTag/interruptible': 'false' },
    false,
  ],
  [
    'keys in any case',
    { StringEquals: { 'AWS:PrincipalAccount': '1' } },
    { 'aws:principalaccount': '1' },
    true,
  ],
  ['one of several', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
  ['StringNotEquals without the key', { StringNotEquals: { k: 'a' } }, {}, true],
  ['StringNotEquals', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
  ['StringLike', { StringLike: { 's3:prefix': '*/state/*' } }, { 's3:prefix': '1/state/x' }, true],
  [
    'ArnLike',
    { ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/a*' } },
    { 'aws:SourceArn': 'arn:aws:events:x:1:rule/ab' },
    true,
  ],
  ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'true' }, false],
  ['a boolean as JSON', { Bool: { 'aws:SecureTransport': true } }, { 'aws:SecureTransport': 'true' }, true],
  ['Null true', { Null: { k: 'true' } }, {}, true],
  ['Null false', { Null: { k: 'false' } }, {}, false],
  ['IfExists', { StringEqualsIfExists: { k: 'a' } }, {}, true],
  ['ForAnyValue', { 'ForAnyValue:StringEquals': { k: ['a'] } }, { k: ['a', 'z'] }, true],
  ['ForAllValues', { 'ForAllValues:StringEquals': { k: ['a'] } }, { k: ['a', 'z'] }, false],
  ['all operators together', { StringEquals: { k: 'a' }, Null: { k: 'true' } }, { k: 'a' }, false],
])('condition: %s', (_, Condition, context, holds) => {
  const allow = statements({ Effect: 'Allow', Action: '*', Resource: '*', Condition });
  expect(evaluate(allow, ask('a:B', 'r', context)) === 'allowed').toBe(holds);
});

test('an unknown operator is an error and not a guess', () => {
  const allow = statements({
    Effect: 'Allow',
    Action: '*',
    Resource: '*',
    Condition: { DateLessThan: { k: 'x' } },
  });
  expect(() => evaluate(allow, ask('a:B', 'r', { k: 'x' }))).toThrow(
    'does not know the operator "DateLessThan"',
  );
});

test('variables in resources stand for the values of the request', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's policy variables
  const allow = statements({ Effect: 'Allow', Action: '*', Resource: 'arn:x/${aws:PrincipalTag/release}/*' });
  expect(evaluate(allow, ask('a:B', 'arn:x/7/plan', { 'aws:PrincipalTag/release': '7' }))).toBe('allowed');
  expect(evaluate(allow, ask('a:B', 'arn:x/8/plan', { 'aws:PrincipalTag/release': '7' }))).toBe('silent');
  expect(evaluate(allow, ask('a:B', 'arn:x//plan'))).toBe('silent');
});

test('a queue policy lets in the service it names, for the rule it names', () => {
  const policy = statements(
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: 'arn:q',
      Condition: { ArnEquals: { 'aws:SourceArn': 'arn:rule' } },
    },
  );
  const question = (rule: string) => ask('sqs:SendMessage', 'arn:q', { 'aws:SourceArn': rule });
  expect(allowsService(policy, 'events.amazonaws.com', question('arn:rule'))).toBe(true);
  expect(allowsService(policy, 'events.amazonaws.com', question('arn:other'))).toBe(false);
  expect(allowsService(policy, 'sns.amazonaws.com', question('arn:rule'))).toBe(false);
});

test('a member of a policy that nobody evaluates is an error', () => {
  expect(() => statements({ Effect: 'Allow', Action: '*', Resource: '*', NotPrincipal: '*' })).toThrow();
});
