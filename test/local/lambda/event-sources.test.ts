import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { createAuthorize } from '../../../local/iam/authorize.ts';
import { startEventSources } from '../../../local/lambda/event-sources.ts';
import { Functions } from '../../../local/lambda/functions.ts';
import { systemClock } from '../../../local/wire/clock.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';
import { Queues } from '../../../local/wire/sqs/queues.ts';
import { until } from '../../support/until.ts';
import { type SmallStack, temporaryFolder, writeStack } from '../world/small-stack.ts';

let close = async () => {};
afterEach(() => close());

const resources = {
  Dead: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
  Inbox: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'inbox.fifo',
      FifoQueue: true,
      VisibilityTimeout: 1,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
    },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Inbox', 'Arn'] },
      FunctionName: { Ref: 'Functionconsume' },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
  },
};

function start(consume: string, statements?: SmallStack['statements'], inbox: object = {}) {
  const Inbox = {
    ...resources.Inbox,
    Properties: { ...resources.Inbox.Properties, ...inbox },
  };
  const stack = {
    functions: { consume },
    resources: { ...resources, Inbox },
    ...(statements === undefined ? {} : { statements }),
  };
  const assembly = loadAssembly({ cdkOut: writeStack(stack), endpoint: 'http://127.0.0.1:1' });
  const folder = temporaryFolder('sources');
  const principals = createPrincipals(systemClock);
  const queues = new Queues(assembly.queues, {
    folder: join(folder, 'sqs'),
    accountId: '123456789012',
    region: 'eu-west-1',
    clock: systemClock,
  });
  const functions = new Functions({
    xray: { daemonAddress: '127.0.0.1:2000', traces: { put: () => {} } },
    definitions: assembly.functions,
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    principals,
    folder,
    compileCache: join(folder, 'compiled'),
    path: '',
    replacements: {},
  });
  const authorize = createAuthorize(assembly);
  const sources = startEventSources({ assembly, queues, functions, principals, authorize });
  close = async () => {
    await sources.close();
    await functions.close();
    queues.close();
    close = async () => {};
  };
  const send = (group: string, body: string) =>
    queues.send('inbox.fifo', { body, groupId: group, deduplicationId: `${group}${body}` });
  return { queues, send, sources };
}

test('handled messages are gone; a failed one comes back, and in the end lies with the dead letters', async () => {
  const { queues, send } = start(`export const handler = async ({ Records }) => ({
    batchItemFailures: Records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({ itemIdentifier: messageId })),
  });`);
  send('a', 'good');
  send('b', 'bad');
  const inbox = queues.find('inbox.fifo');
  await until(() => inbox.counts().inFlight === 1 && inbox.counts().visible === 0);
  const dead = queues.find('Belay-Dead.fifo');
  await until(() => dead.counts().visible === 1);
  const [letter] = await queues.receive('Belay-Dead.fifo', { max: 10 });
  expect(letter).toMatchObject({ body: 'bad' });
  expect(inbox.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

test('a function that throws keeps its whole batch', async () => {
  const { queues, send, sources } = start(`export const handler = async () => { throw new Error('down'); };`);
  send('a', 'one');
  await until(() => queues.find('inbox.fifo').counts().inFlight === 1);
  await until(() => !sources.busy);
  expect(queues.find('inbox.fifo').counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
});

test('a function that may not read its queue is refused at the start', () => {
  expect(() => start('', [{ Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: '*' }])).toThrow(
    'the role may not sqs:DeleteMessage',
  );
});

test('a function that may not have the key of its queue opened is refused at the start', () => {
  const sqs = { Effect: 'Allow', Action: 'sqs:*', Resource: '*' };
  expect(() => start('', [sqs], { KmsMasterKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/k1' })).toThrow(
    'the role may not kms:Decrypt',
  );
});
