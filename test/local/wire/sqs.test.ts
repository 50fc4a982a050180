/** SQS of the twin: the real client for the protocol, a manual clock for order, visibility, deduplication and dead letters. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { QueueDefinition } from '../../../local/wire/sqs/intake.ts';
import { Queues } from '../../../local/wire/sqs/queues.ts';
import { sqsService } from '../../../local/wire/sqs/sqs-service.ts';
import { manualClock, startWorld } from './wire-world.ts';

const definitions: QueueDefinition[] = [
  {
    name: 'jobs',
    fifo: false,
    visibilityTimeoutSeconds: 60,
    redrive: { dlq: 'jobs-dead', maxReceiveCount: 2 },
  },
  { name: 'jobs-dead', fifo: false },
  {
    name: 'status.fifo',
    fifo: true,
    visibilityTimeoutSeconds: 60,
    redrive: { dlq: 'status-dead.fifo', maxReceiveCount: 2 },
  },
  { name: 'status-dead.fifo', fifo: true },
  { name: 'content.fifo', fifo: true, contentBasedDeduplication: true },
  { name: 'sealed', fifo: false, kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k1' },
];
const arn = (name: string) => `arn:aws:sqs:eu-west-1:111122223333:${name}`;
const open = (folder: string, clock: ReturnType<typeof manualClock>) =>
  new Queues(definitions, {
    folder: join(folder, 'sqs'),
    accountId: '111122223333',
    region: 'eu-west-1',
    clock,
  });

describe('through the client', () => {
  let queues: Queues;
  let world: Awaited<ReturnType<typeof startWorld>>;
  let sqs: SQSClient;
  let questions: string[];
  const clock = manualClock();
  const url = (name: string) => `${world.url()}/111122223333/${name}`;

  beforeEach(async () => {
    questions = [];
    world = await startWorld(
      (folder) => {
        queues = open(folder, clock);
        return [sqsService(queues)];
      },
      {
        clock,
        authorize: ({ action, resource, conditions }) => {
          questions.push([action, resource, conditions?.['kms:ViaService']].join(' ').trim());
          return undefined;
        },
      },
    );
    sqs = new SQSClient(world.client());
  });
  afterEach(async () => {
    sqs.destroy();
    queues.close();
    await world.close();
  });

  test('who sends has the key of the queue make a data key and open it, who receives has it open one', async () => {
    const QueueUrl = url('sealed');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/k1 sqs.eu-west-1.amazonaws.com';
    expect(questions).toEqual([
      `sqs:SendMessage ${arn('sealed')}`,
      `kms:Decrypt ${key}`,
      `kms:GenerateDataKey ${key}`,
      `sqs:ReceiveMessage ${arn('sealed')}`,
      `kms:Decrypt ${key}`,
    ]);
  });

  test('a message is sent, received with its attributes and deleted', async () => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }));
    expect(QueueUrl).toBe(url('jobs'));
    const sent = await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: '{"a":"ü"}',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'test' },
          blob: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
        },
      }),
    );
    expect(sent.MD5OfMessageAttributes).toBe('0f096a954d711408e59dcfafaeadd13d');
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        MessageAttributeNames: ['All'],
      }),
    );
    expect(Messages).toHaveLength(1);
    expect(Messages[0]).toMatchObject({
      MessageId: sent.MessageId,
      Body: '{"a":"ü"}',
      Attributes: { ApproximateReceiveCount: '1' },
      MessageAttributes: { kind: { StringValue: 'test' }, blob: { BinaryValue: new Uint8Array([1, 2]) } },
    });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      QueueArn: arn('jobs'),
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      RedrivePolicy: `{"deadLetterTargetArn":"${arn('jobs-dead')}","maxReceiveCount":2}`,
    });
  });

  test('batches succeed and fail entry by entry', async () => {
    const QueueUrl = url('status.fifo');
    const answer = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', MessageBody: '1', MessageGroupId: 'g', MessageDeduplicationId: '1' },
          { Id: 'no-group', MessageBody: '2', MessageDeduplicationId: '2' },
        ],
      }),
    );
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(answer.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([['no-group', 'MissingParameter']]);
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const Entries = [
      { Id: 'a', ReceiptHandle: Messages[0]?.ReceiptHandle },
      { Id: 'b', ReceiptHandle: 'forged' },
    ];
    const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(deleted.Successful?.map(({ Id }) => Id)).toEqual(['a']);
    expect(deleted.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([['b', 'ReceiptHandleIsInvalid']]);
  });

  test('a long poll ends with the message that arrives, and only one poller gets it', async () => {
    const QueueUrl = url('jobs');
    const poll = () => sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    const polls = [poll(), poll()];
    await new Promise((resolve) => setTimeout(resolve, 50));
    queues.send(arn('jobs'), { body: 'at last' });
    const first = await Promise.race(polls);
    expect(first.Messages?.map(({ Body }) => Body)).toEqual(['at last']);
    clock.advance(20_000);
    const answers = await Promise.all(polls);
    expect(answers.flatMap(({ Messages = [] }) => Messages)).toHaveLength(1);
  });

  test('a poller that hung up takes no message', async () => {
    const QueueUrl = url('jobs');
    const abort = new AbortController();
    const poll = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: abort.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    abort.abort();
    await expect(poll).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    queues.send(arn('jobs'), { body: 'kept' });
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.map(({ Body }) => Body)).toEqual(['kept']);
  });

  test('a message given back is received again at once', async () => {
    const QueueUrl = url('jobs');
    queues.send(arn('jobs'), { body: 'x' });
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const ReceiptHandle = Messages[0]?.ReceiptHandle;
    const give = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    await sqs.send(give);
    const again = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(again.Messages).toHaveLength(1);
    await expect(sqs.send(give)).rejects.toMatchObject({ name: 'MessageNotInflight' });
  });

  test('an unknown queue, operation, parameter, or a body over 1 MiB is refused', async () => {
    const QueueUrl = url('absent');
    const absent = sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    await expect(absent).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    const purge = sqs.send(new PurgeQueueCommand({ QueueUrl: url('jobs') }));
    await expect(purge).rejects.toMatchObject({
      message: 'The local twin does not serve the operation "PurgeQueue" of the service "sqs".',
    });
    const attempt = { QueueUrl: url('status.fifo'), ReceiveRequestAttemptId: 'a' };
    const unknown = sqs.send(new ReceiveMessageCommand(attempt));
    await expect(unknown).rejects.toMatchObject({
      message: expect.stringContaining('ReceiveRequestAttemptId'),
    });
    const exact = 'x'.repeat(1_048_576);
    await sqs.send(new SendMessageCommand({ QueueUrl: url('jobs'), MessageBody: exact }));
    const over = sqs.send(new SendMessageCommand({ QueueUrl: url('jobs'), MessageBody: `${exact}x` }));
    await expect(over).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('in the process', () => {
  let folder: string;
  let clock: ReturnType<typeof manualClock>;
  let queues: Queues;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-sqs-'));
    clock = manualClock();
    queues = open(folder, clock);
  });
  afterEach(() => {
    queues.close();
    rmSync(folder, { recursive: true });
  });
  const restart = () => {
    queues.close();
    queues = open(folder, clock);
  };
  const receive = async (name: string, max = 10) => queues.receive(arn(name), { max });
  const bodies = async (name: string, max = 10) => (await receive(name, max)).map(({ body }) => body);
  let serial = 0;
  const send = (groupId: string, body: string, deduplicationId = String(serial++)) =>
    queues.send(arn('status.fifo'), { body, groupId, deduplicationId });

  test('a FIFO group keeps its order and waits while one of its messages is in flight', async () => {
    send('a', 'a1');
    send('b', 'b1');
    send('a', 'a2');
    send('a', 'a3');
    const first = await receive('status.fifo', 1);
    expect(first.map(({ body }) => body)).toEqual(['a1']);
    const second = await receive('status.fifo');
    expect(second.map(({ body }) => body)).toEqual(['b1']);
    queues.settle(arn('status.fifo'), first);
    expect(await bodies('status.fifo')).toEqual(['a2', 'a3']);
    expect(await bodies('status.fifo')).toEqual([]);
  });

  test('a poller waiting for a blocked group is served when the group is free', async () => {
    send('a', 'a1');
    const batch = await receive('status.fifo', 1);
    send('a', 'a2');
    const waiting = queues.receive(arn('status.fifo'), { max: 10, waitMs: 20_000 });
    queues.settle(arn('status.fifo'), batch);
    expect((await waiting).map(({ body }) => body)).toEqual(['a2']);
  });

  test('what failed of a batch comes back after the visibility timeout, before the later ones of its group', async () => {
    send('a', 'a1');
    send('a', 'a2');
    const batch = await receive('status.fifo');
    send('a', 'a3');
    queues.settle(arn('status.fifo'), batch, new Set([batch[1]?.messageId ?? '']));
    expect(await bodies('status.fifo')).toEqual([]);
    clock.advance(60_000);
    expect(await bodies('status.fifo')).toEqual(['a2', 'a3']);
  });

  test('a late handler can not delete what was received again', async () => {
    queues.send(arn('jobs'), { body: 'slow' });
    const late = await receive('jobs');
    clock.advance(60_000);
    const again = await receive('jobs');
    queues.settle(arn('jobs'), late);
    clock.advance(60_000);
    expect(again).toHaveLength(1);
    expect(await bodies('jobs-dead')).toEqual([]);
    expect(await bodies('jobs')).toEqual([]);
    expect(await bodies('jobs-dead')).toEqual(['slow']);
  });

  test('an expired handle of a FIFO queue is an error', async () => {
    send('a', 'a1');
    const [message] = await receive('status.fifo');
    clock.advance(60_000);
    expect(() => queues.delete(arn('status.fifo'), message?.receiptHandle ?? '')).toThrow(
      /handle has expired/,
    );
  });

  test('a message received too often goes to the dead-letter queue and frees its group', async () => {
    send('a', 'poison');
    send('a', 'next');
    for (const _ of [1, 2]) {
      expect(await bodies('status.fifo', 1)).toEqual(['poison']);
      clock.advance(60_000);
    }
    expect(await bodies('status.fifo', 1)).toEqual(['next']);
    const [dead] = await receive('status-dead.fifo');
    expect(dead).toMatchObject({
      body: 'poison',
      attributes: {
        MessageGroupId: 'a',
        ApproximateReceiveCount: '1',
        DeadLetterQueueSourceArn: arn('status.fifo'),
      },
    });
  });

  test('a deduplication id holds for five minutes, also after the message is gone and over a restart', async () => {
    const first = send('a', 'one', 'same');
    queues.settle(arn('status.fifo'), await receive('status.fifo'));
    clock.advance(299_000);
    restart();
    restart();
    expect(send('a', 'two', 'same')).toEqual(first);
    expect(await bodies('status.fifo')).toEqual([]);
    clock.advance(1_000);
    expect(send('a', 'three', 'same').messageId).not.toBe(first.messageId);
    const [third] = await receive('status.fifo');
    expect([third?.body, third?.attributes.SequenceNumber]).toEqual(['three', '00000000000000000002']);
  });

  test('sequence numbers go on after restarts of an empty queue', async () => {
    expect(send('a', 'one').sequenceNumber).toBe('00000000000000000001');
    queues.settle(arn('status.fifo'), await receive('status.fifo'));
    restart();
    restart();
    expect(send('a', 'two').sequenceNumber).toBe('00000000000000000002');
  });

  test('content-based deduplication compares bodies; without it an id is needed', () => {
    const one = queues.send(arn('content.fifo'), { body: 'same', groupId: 'a' });
    expect(queues.send(arn('content.fifo'), { body: 'same', groupId: 'b' })).toEqual(one);
    expect(queues.send(arn('content.fifo'), { body: 'other', groupId: 'a' })).not.toEqual(one);
    expect(() => queues.send(arn('status.fifo'), { body: 'x', groupId: 'a' })).toThrow(
      /MessageDeduplicationId/,
    );
  });

  test('a delayed message is not received early', async () => {
    queues.send(arn('jobs'), { body: 'later', delaySeconds: 10 });
    clock.advance(9_999);
    expect(await bodies('jobs')).toEqual([]);
    clock.advance(1);
    expect(await bodies('jobs')).toEqual(['later']);
  });

  test('messages, what is in flight, counts and order survive a restart and a torn last line', async () => {
    send('a', 'a1');
    send('a', 'a2');
    send('b', 'b1');
    const [inFlight] = await receive('status.fifo', 1);
    queues.close();
    appendFileSync(join(folder, 'sqs', 'status.fifo.jsonl'), '{"put":{"id":"torn');
    queues = open(folder, clock);
    expect(await bodies('status.fifo')).toEqual(['b1']);
    clock.advance(60_000);
    const back = await receive('status.fifo', 1);
    expect(back[0]).toMatchObject({
      body: 'a1',
      attributes: { ApproximateReceiveCount: '2', SequenceNumber: inFlight?.attributes.SequenceNumber },
    });
    restart();
    queues.settle(arn('status.fifo'), back);
    expect(await bodies('status.fifo')).toEqual(['a2', 'b1']);
  });

  test('closing ends a waiting poll', async () => {
    const waiting = queues.receive(arn('jobs'), { max: 1, waitMs: 20_000 });
    queues.close();
    expect(await waiting).toEqual([]);
    queues = open(folder, clock);
  });
});
