import { expect, test } from '@jest/globals';
import { Resolver } from '../../../local/assembly/resolve.ts';
import type { Template } from '../../../local/assembly/template.ts';

const place = {
  stack: 'Belay',
  account: '123456789012',
  region: 'eu-west-1',
  endpoint: 'http://127.0.0.1:4566',
};

function resolver(template: Partial<Template>): Resolver {
  return new Resolver({ Parameters: {}, Mappings: {}, Conditions: {}, Resources: {}, ...template }, place);
}

const resources: Template['Resources'] = {
  Table: { Type: 'AWS::DynamoDB::Table', Properties: {} },
  Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
  Bucket: { Type: 'AWS::S3::Bucket', Properties: {} },
  Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: { StateMachineName: 'release' } },
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'belay' } },
  Rule: { Type: 'AWS::Events::Rule', Properties: { EventBusName: { Ref: 'Bus' } } },
  Key: { Type: 'AWS::KMS::Key', Properties: {} },
};

test.each([
  ['a parameter of AWS', { Ref: 'AWS::Region' }, 'eu-west-1'],
  ['the name of a table', { Ref: 'Table' }, 'Belay-Table'],
  ['the URL of a queue', { Ref: 'Queue' }, 'http://127.0.0.1:4566/123456789012/Belay-Queue.fifo'],
  [
    'the ARN of a queue',
    { 'Fn::GetAtt': ['Queue', 'Arn'] },
    'arn:aws:sqs:eu-west-1:123456789012:Belay-Queue.fifo',
  ],
  ['a bucket in small letters', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::belay-bucket'],
  ['the ARN of a machine', { Ref: 'Machine' }, 'arn:aws:states:eu-west-1:123456789012:stateMachine:release'],
  [
    'a rule of a bus',
    { 'Fn::GetAtt': ['Rule', 'Arn'] },
    'arn:aws:events:eu-west-1:123456789012:rule/belay/Belay-Rule',
  ],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }, 1]] }, 'a-Belay-Table-1'],
  [
    'Fn::Sub',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
    { 'Fn::Sub': '${Bucket.Arn}/${!x}/${AWS::AccountId}' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
    'arn:aws:s3:::belay-bucket/${x}/123456789012',
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
  ['Fn::Sub with variables', { 'Fn::Sub': ['${A}${A}', { A: { Ref: 'Table' } }] }, 'Belay-TableBelay-Table'],
  [
    'Fn::Select and Fn::Split',
    { 'Fn::Select': [4, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Queue', 'Arn'] }] }] },
    '123456789012',
  ],
  ['AWS::NoValue', { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
])('%s', (_, source, expected) => {
  expect(resolver({ Resources: resources }).value(source, 'here')).toEqual(expected);
});

test('a key id is a UUID of version 4, as tools check', () => {
  expect(resolver({ Resources: resources }).value({ Ref: 'Key' }, 'here')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('conditions decide values and resources', () => {
  const template: Partial<Template> = {
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
      There: { 'Fn::And': [{ Condition: 'Here' }, { 'Fn::Not': [{ Condition: 'Here' }] }] },
    },
    Resources: {
      One: { Type: 'AWS::SQS::Queue', Properties: {}, Condition: 'Here' },
      Two: { Type: 'AWS::SQS::Queue', Properties: {}, Condition: 'There' },
    },
  };
  expect(resolver(template).value({ 'Fn::If': ['There', 'yes', 'no'] }, 'here')).toBe('no');
  expect(
    resolver(template)
      .resourcesOf('AWS::SQS::Queue')
      .map(({ name }) => name),
  ).toEqual(['Belay-One']);
});

test('a long name keeps its distinguishing end', () => {
  const logicalId = `${'Long'.repeat(20)}1A2B3C4D`;
  const { name } = resolver({
    Resources: { [logicalId]: { Type: 'AWS::IAM::Role', Properties: {} } },
  }).resource(logicalId);
  expect(name).toHaveLength(64);
  expect(name).toMatch(/^Belay-Long.*-1A2B3C4D$/);
});

test.each([
  ['an unknown function', { 'Fn::Cidr': [] }, 'here: the twin does not know the intrinsic function Fn::Cidr'],
  ['an unknown resource', { Ref: 'Nothing' }, 'no resource "Nothing"'],
  [
    'an unknown attribute',
    { 'Fn::GetAtt': ['Table', 'StreamArn'] },
    'knows no attribute "StreamArn" of AWS::DynamoDB::Table',
  ],
])('%s is an error that says where', (_, source, message) => {
  expect(() => resolver({ Resources: resources }).value(source, 'here')).toThrow(message);
});

test('names that need each other are an error, not an endless loop', () => {
  const template: Partial<Template> = {
    Resources: {
      A: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { Ref: 'B' } } },
      B: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { Ref: 'A' } } },
    },
  };
  expect(() => resolver(template).value({ Ref: 'A' }, 'here')).toThrow('needs itself');
});
