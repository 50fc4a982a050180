import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { Bus } from '../../../local/bus/bus.ts';
import { entrySchema } from '../../../local/bus/event.ts';
import { createAuthorize } from '../../../local/iam/authorize.ts';
import { systemClock } from '../../../local/wire/clock.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';
import { type SmallStack, temporaryFolder, writeStack } from '../world/small-stack.ts';

const machineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:release';
const roleArn = { 'Fn::GetAtt': ['Role', 'Arn'] };

const target = (more: object = {}) => ({
  Id: 'T',
  Arn: machineArn,
  RoleArn: roleArn,
  InputPath: '$.detail',
  DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
  ...more,
});
const resources = (targets: readonly object[], deadPolicy: object = {}) => ({
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'belay' } },
  Archive: {
    Type: 'AWS::Events::Archive',
    Properties: {
      ArchiveName: 'all',
      SourceArn: { 'Fn::GetAtt': ['Bus', 'Arn'] },
      EventPattern: { source: ['belay.webhook'] },
    },
  },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: { Ref: 'Bus' },
      EventPattern: { source: ['belay.webhook'], 'detail-type': ['push'] },
      Targets: targets,
    },
  },
  Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
  DeadPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Dead' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: { 'Fn::GetAtt': ['Dead', 'Arn'] },
            Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['Rule', 'Arn'] } } },
            ...deadPolicy,
          },
        ],
      },
    },
  },
});

function openBus(stack: Partial<SmallStack>, deliveries?: number) {
  const assembly = loadAssembly({
    cdkOut: writeStack({ functions: {}, ...stack }),
    endpoint: 'http://127.0.0.1:1',
  });
  const delivered: string[] = [];
  const lost: string[] = [];
  const folder = temporaryFolder('bus');
  const bus = new Bus({
    assembly,
    principals: createPrincipals(systemClock),
    authorize: createAuthorize(assembly),
    folder,
    lost: (message) => void lost.push(message),
    services: {
      startExecution: (arn, input, trace = '') =>
        void delivered.push(`start ${arn.split(':').at(-1)} ${input} ${trace}`.trimEnd()),
      invokeFunction: async (arn, payload) =>
        void delivered.push(`invoke ${arn.split(':').at(-1)} ${payload}`),
      sendMessage: (arn, body) =>
        void delivered.push(`send ${arn.split(':').at(-1)} ${JSON.parse(body).detail.n}`),
      notify: (arn, message) => void delivered.push(`tell ${arn.split(':').at(-1)} ${message}`),
    },
    ...(deliveries === undefined ? {} : { deliveries }),
  });
  const put = async (...entries: object[]) => {
    const results = bus.put(entries.map((entry) => entrySchema.parse(entry)));
    while (bus.busy) await new Promise((resolve) => setTimeout(resolve, 5));
    return results;
  };
  return { bus, put, delivered, lost, folder };
}

const push = { EventBusName: 'belay', Source: 'belay.webhook', DetailType: 'push', Detail: '{"n":1}' };

test('a tracing header reaches the target beside the event, and stays out of the archive', async () => {
  const { put, delivered, folder } = openBus({ resources: resources([target()]) });
  await put({ ...push, TraceHeader: 'Root=1-2-3' });
  expect(delivered).toEqual(['start release {"n":1} Root=1-2-3']);
  expect(readFileSync(join(folder, 'archive-all.jsonl'), 'utf8')).not.toContain('Root=');
});

test('an event goes to the targets of the rules it matches, and into the archive', async () => {
  const { put, delivered, folder } = openBus({ resources: resources([target()]) });
  const [result] = await put(
    push,
    { ...push, DetailType: 'ping', Detail: '{"n":2}' },
    { ...push, EventBusName: 'default' },
  );
  expect(delivered).toEqual(['start release {"n":1}']);
  const archived = readFileSync(join(folder, 'archive-all.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(archived.map(({ detail }) => detail)).toEqual([{ n: 1 }, { n: 2 }]);
  expect(archived[0]).toEqual({
    version: '0',
    id: result && 'EventId' in result ? result.EventId : '',
    'detail-type': 'push',
    source: 'belay.webhook',
    account: '123456789012',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: 'eu-west-1',
    resources: [],
    detail: { n: 1 },
  });
});

test('delivery is at least once: every event twice when asked', async () => {
  const { put, delivered } = openBus({ resources: resources([target()]) }, 2);
  await put(push);
  expect(delivered).toEqual(['start release {"n":1}', 'start release {"n":1}']);
});

test('a target the rule may not reach sends the event to the dead letters', async () => {
  const { put, delivered, lost } = openBus({
    resources: resources([target()]),
    statements: [{ Effect: 'Allow', Action: 'states:StartExecution', Resource: 'arn:other' }],
  });
  await put(push);
  expect(delivered).toEqual(['send dead 1']);
  expect(lost[0]).toContain('may not states:StartExecution');
});

test('a dead-letter queue that does not let the rule in loses the event, loudly', async () => {
  const { put, delivered, lost } = openBus({
    resources: resources([target({ RoleArn: undefined })], {
      Condition: { ArnEquals: { 'aws:SourceArn': 'arn:other' } },
    }),
  });
  await put(push);
  expect(delivered).toEqual([]);
  expect(lost).toEqual([expect.stringContaining('nor to its dead-letter queue')]);
});

test('a function needs a permission that names the rule', async () => {
  const functionTarget = {
    Id: 'F',
    Arn: { 'Fn::GetAtt': ['Functionhello', 'Arn'] },
    Input: '{"fixed":true}',
  };
  const permission = (SourceArn: unknown) => ({
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'Functionhello' },
        Principal: 'events.amazonaws.com',
        SourceArn,
      },
    },
  });
  const functions = { hello: '' };
  const ruleArn = { 'Fn::GetAtt': ['Rule', 'Arn'] };
  const allowed = openBus({
    functions,
    resources: { ...resources([functionTarget]), ...permission(ruleArn) },
  });
  await allowed.put(push);
  expect(allowed.delivered).toEqual(['invoke hello {"fixed":true}']);
  const refused = openBus({
    functions,
    resources: { ...resources([functionTarget]), ...permission('arn:other') },
  });
  await refused.put(push);
  expect(refused.delivered).toEqual([]);
  expect(refused.lost[0]).toContain('no permission lets events.amazonaws.com invoke');
});

test('a topic is told when the role of the rule may publish and encrypt', async () => {
  const topicTarget = { Id: 'S', Arn: { Ref: 'Topic' }, RoleArn: roleArn, InputPath: '$.detail' };
  const topic = {
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [] } } },
    Topic: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: 'people', KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } },
    },
  };
  const opened = (...actions: string[]) =>
    openBus({
      resources: { ...resources([topicTarget]), ...topic },
      statements: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
    });
  const allowed = opened('sns:Publish', 'kms:Decrypt', 'kms:GenerateDataKey*');
  await allowed.put(push);
  expect([allowed.delivered, allowed.lost]).toEqual([['tell people {"n":1}'], []]);
  const mute = opened('kms:Decrypt', 'kms:GenerateDataKey*');
  await mute.put(push);
  expect([mute.delivered, mute.lost.join()]).toEqual([[], expect.stringContaining('may not sns:Publish')]);
  const keyless = opened('sns:Publish', 'kms:GenerateDataKey*');
  await keyless.put(push);
  expect([keyless.delivered, keyless.lost.join()]).toEqual([
    [],
    expect.stringContaining('may not kms:Decrypt'),
  ]);
});

test('PutEvents takes the good entries and names what is wrong with the others', async () => {
  const { put, delivered } = openBus({ resources: resources([target()]) });
  const results = await put(
    { ...push, Detail: '[1]' },
    push,
    { ...push, Source: 'aws.s3' },
    { ...push, DetailType: '' },
  );
  expect(results).toEqual([
    { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
    { EventId: expect.any(String) },
    { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' },
    { ErrorCode: 'InvalidArgument', ErrorMessage: expect.stringContaining('DetailType') },
  ]);
  expect(delivered).toHaveLength(1);
});

test('PutEvents refuses too many entries, too much, and a bus that is not there', async () => {
  const { put } = openBus({ resources: resources([target()]) });
  await expect(put(...Array(11).fill(push))).rejects.toThrow('length between 1 and 10');
  await expect(put({ ...push, Detail: JSON.stringify({ n: 'x'.repeat(1024 * 1024) }) })).rejects.toThrow(
    'over the limit',
  );
  await expect(put({ ...push, EventBusName: 'other' })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
  });
});

test('a rule with a schedule fires at its interval, and at once when asked', async () => {
  const rule = (ScheduleExpression: string) => ({
    Rule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression, Targets: [target()] } },
  });
  const scheduled = (expression: string) => openBus({ resources: { ...resources([]), ...rule(expression) } });
  const { bus, delivered } = scheduled('rate(15 minutes)');
  bus.startSchedules({ now: false });
  expect(bus.busy).toBe(false);
  bus.startSchedules({ now: true });
  while (bus.busy) await new Promise((resolve) => setTimeout(resolve, 5));
  bus.close();
  expect(delivered).toEqual(['start release {}']);
  expect(() => scheduled('cron(0 12 * * ? *)')).toThrow('the twin runs rate(…) schedules only');
});
