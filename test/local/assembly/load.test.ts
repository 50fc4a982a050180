import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { writeStack } from '../world/small-stack.ts';

const endpoint = 'http://127.0.0.1:4566';
const functions = { hello: '' };

test('reads functions, jobs and machines as they would be deployed', () => {
  const cdkOut = writeStack({
    functions,
    environment: { QUEUE_URL: { Ref: 'Inbox' } },
    machines: { release: { StartAt: 'A' } },
    resources: { Inbox: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'inbox' } } },
  });
  const assembly = loadAssembly({ cdkOut, endpoint });
  expect(assembly.functions).toEqual([
    {
      name: 'hello',
      arn: 'arn:aws:lambda:eu-west-1:123456789012:function:hello',
      roleArn: 'arn:aws:iam::123456789012:role/Belay-Role',
      asset: `${cdkOut}/asset.${'f'.repeat(64)}`,
      handler: 'hello.handler',
      environment: expect.objectContaining({
        LEDGER_TABLE: 'Belay-Ledger',
        QUEUE_URL: 'http://127.0.0.1:4566/123456789012/inbox',
      }),
      timeoutSeconds: 10,
      memoryMb: 128,
    },
  ]);
  expect(assembly.jobDefinitions).toMatchObject([
    {
      name: 'job',
      arn: 'arn:aws:batch:eu-west-1:123456789012:job-definition/job:1',
      asset: `${cdkOut}/asset.${'e'.repeat(64)}`,
      command: ['node', '/belay/main.mjs'],
      environment: { BELAY_WORKSPACE: '/workspace', COLOUR: 'green' },
      vcpus: 1,
      memoryMb: 2048,
    },
  ]);
  expect(assembly.jobQueues).toMatchObject([{ name: 'jobs', computeEnvironment: 'Belay-Compute' }]);
  expect(assembly.stateMachines).toMatchObject([{ name: 'release', definition: '{"StartAt":"A"}' }]);
});

const nobody = { Version: '2012-10-17', Statement: [] };

test('policies reach their roles however they are attached', () => {
  const document = (action: string) => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: action, Resource: '*' },
  });
  const cdkOut = writeStack({
    functions: {},
    statements: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
    resources: {
      Attached: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'p',
          PolicyDocument: document('sqs:SendMessage'),
          Roles: [{ Ref: 'Role' }],
        },
      },
      Managed: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: { PolicyDocument: document('sts:AssumeRole') },
      },
      Other: {
        Type: 'AWS::IAM::Role',
        Properties: { AssumeRolePolicyDocument: nobody, ManagedPolicyArns: [{ Ref: 'Managed' }] },
      },
    },
  });
  const { roles } = loadAssembly({ cdkOut, endpoint });
  const actions = roles.map(({ name, statements }) => [name, statements.flatMap(({ Action }) => Action)]);
  expect(actions).toEqual([
    ['Belay-Role', ['s3:GetObject', 'sqs:SendMessage']],
    ['Belay-Other', ['sts:AssumeRole']],
  ]);
});

test.each([
  ['a type nobody thought of', { New: { Type: 'AWS::New::Thing' } }, 'does not know AWS::New::Thing (New)'],
  [
    'a property nobody thought of',
    { Inbox: { Type: 'AWS::SQS::Queue', Properties: { Priority: 1 } } },
    'reading AWS::SQS::Queue "Inbox"',
  ],
  [
    'a job that Batch would try again',
    {
      Again: {
        Type: 'AWS::Batch::JobDefinition',
        Properties: { Type: 'container', PlatformCapabilities: ['FARGATE'], RetryStrategy: { Attempts: 2 } },
      },
    },
    'retries belong to the state machine',
  ],
  [
    'a managed policy of unknown content',
    {
      Admin: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: nobody,
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
        },
      },
    },
    'does not know what the managed policy',
  ],
])('%s is an error', (_, resources, message) => {
  const cdkOut = writeStack({ functions: {}, resources });
  expect(() => loadAssembly({ cdkOut, endpoint })).toThrow(message);
});

test('a stack that was not synthesized says what to do', () => {
  expect(() => loadAssembly({ cdkOut: '/nowhere', endpoint })).toThrow('run "npx cdk synth" first');
});
