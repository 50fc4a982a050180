/** SQS for the gateway, in its JSON protocol. */
import * as z from 'zod';
import { AwsError } from '../errors.ts';
import { type JsonInput, jsonService, parsed } from '../json-service.ts';
import { keyUse } from '../kms.ts';
import type { Service, WireRequest } from '../service.ts';
import { maxMessageBytes } from './intake.ts';
import { md5OfAttributes, md5OfBody, type NewMessage, type ReceivedMessage, sizeOf } from './message.ts';
import type { Queue } from './queue.ts';
import type { Queues } from './queues.ts';

const QueueUrl = z.string();
const attribute = z.strictObject({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const outgoing = {
  MessageBody: z.string(),
  DelaySeconds: z.int().optional(),
  MessageAttributes: z.record(z.string(), attribute).optional(),
  MessageSystemAttributes: z.strictObject({ AWSTraceHeader: attribute.optional() }).optional(),
  MessageDeduplicationId: z.string().max(128).optional(),
  MessageGroupId: z.string().max(128).optional(),
};
const outgoingSchema = z.object(outgoing);
const batchId = z.string().regex(/^[\w-]{1,80}$/);
const names = z.array(z.string()).optional();
const seconds = z.int().min(0).max(43_200);

/** SQS's limit of entries in a batch. */
const maxBatch = 10;

function newMessage(input: z.infer<typeof outgoingSchema>, request: WireRequest): NewMessage {
  return {
    body: input.MessageBody,
    attributes: input.MessageAttributes,
    groupId: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
    delaySeconds: input.DelaySeconds,
    traceHeader: input.MessageSystemAttributes?.AWSTraceHeader?.StringValue,
    senderId: `${request.principal.credentials.accessKeyId}:${request.principal.sessionName}`,
  };
}

function sendTo(queue: Queue, message: NewMessage) {
  const { messageId, sequenceNumber } = queue.send(message);
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5OfBody(message.body),
    MD5OfMessageAttributes: md5OfAttributes(message.attributes ?? {}),
    SequenceNumber: sequenceNumber,
  };
}

/** Runs one step per entry; entries that fail do not stop the others. */
function eachEntry<Entry extends { Id: string }>(entries: readonly Entry[], run: (entry: Entry) => object) {
  if (entries.length === 0)
    throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > maxBatch) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${maxBatch}.`,
    );
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function selected<T>(
  all: Readonly<Record<string, T>>,
  wanted: readonly string[] = [],
): Record<string, T> | undefined {
  const matches = (name: string) =>
    wanted.some(
      (one) =>
        one === 'All' ||
        one === '.*' ||
        one === name ||
        (one.endsWith('.*') && name.startsWith(one.slice(0, -2))),
    );
  const entries = Object.entries(all).filter(([name]) => matches(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function wireMessage(
  message: ReceivedMessage,
  system: readonly string[],
  custom: readonly string[] | undefined,
) {
  const attributes = selected(message.messageAttributes, custom);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: message.md5OfBody,
    Attributes: selected(message.attributes, system),
    MessageAttributes: attributes,
    MD5OfMessageAttributes: attributes && md5OfAttributes(attributes),
  };
}

function queueAttributes(queue: Queue, queues: Queues): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts();
  const { definition } = queue;
  const attributes: Record<string, string> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(definition.visibilityTimeoutSeconds ?? 30),
    DelaySeconds: String(definition.delaySeconds ?? 0),
    MessageRetentionPeriod: String(definition.retentionSeconds ?? 345_600),
    MaximumMessageSize: String(maxMessageBytes),
  };
  if (definition.fifo) {
    attributes.FifoQueue = 'true';
    attributes.ContentBasedDeduplication = String(definition.contentBasedDeduplication ?? false);
  }
  if (definition.redrive !== undefined) {
    const { dlq, maxReceiveCount } = definition.redrive;
    attributes.RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queues.arnOf(dlq), maxReceiveCount });
  }
  return attributes;
}

/**
 * Who sends has a data key made and opened, who receives has it opened:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
const KEY_USES: Readonly<Record<string, readonly ('Decrypt' | 'GenerateDataKey')[]>> = {
  SendMessage: ['Decrypt', 'GenerateDataKey'],
  ReceiveMessage: ['Decrypt'],
};

/** IAM knows one action for a call and its batch form. */
function permissions(queues: Queues) {
  return (operation: string, input: JsonInput, { region }: WireRequest) => {
    const name =
      String(input.QueueUrl ?? input.QueueName ?? '')
        .split('/')
        .at(-1) ?? '';
    const action = operation.replace(/Batch$/, '');
    const key = queues.keyOf(name);
    const uses = key === undefined ? [] : (KEY_USES[action] ?? []);
    return [
      { action: `sqs:${action}`, resource: queues.arnOf(name) },
      ...uses.map((use) => keyUse('sqs', use, { key: key ?? '', region })),
    ];
  };
}

/** SQS over the given queues. */
export function sqsService(queues: Queues): Service {
  const definition = { name: 'sqs', target: 'AmazonSQS', permissions: permissions(queues) };
  return jsonService(definition, {
    SendMessage: parsed(z.strictObject({ QueueUrl, ...outgoing }), (input, request) =>
      sendTo(queues.find(input.QueueUrl), newMessage(input, request)),
    ),
    SendMessageBatch: parsed(
      z.strictObject({ QueueUrl, Entries: z.array(z.strictObject({ Id: batchId, ...outgoing })) }),
      (input, request) => {
        const queue = queues.find(input.QueueUrl);
        const entries = input.Entries.map((entry) => ({ Id: entry.Id, message: newMessage(entry, request) }));
        const size = entries.reduce((sum, { message }) => sum + sizeOf(message), 0);
        if (size > maxMessageBytes) {
          const message = `Batch requests cannot be longer than ${maxMessageBytes} bytes. You have sent ${size} bytes.`;
          throw new AwsError('BatchRequestTooLong', message);
        }
        return eachEntry(entries, ({ message }) => sendTo(queue, message));
      },
    ),
    ReceiveMessage: parsed(
      z.strictObject({
        QueueUrl,
        AttributeNames: names,
        MessageSystemAttributeNames: names,
        MessageAttributeNames: names,
        MaxNumberOfMessages: z.int().min(1).max(10).optional(),
        VisibilityTimeout: seconds.optional(),
        WaitTimeSeconds: z.int().min(0).max(20).optional(),
      }),
      async (input, { signal }) => {
        const messages = await queues.find(input.QueueUrl).receive({
          max: input.MaxNumberOfMessages ?? 1,
          waitMs: (input.WaitTimeSeconds ?? 0) * 1000,
          visibilityTimeoutSeconds: input.VisibilityTimeout,
          signal,
        });
        const system = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
        const Messages = messages.map((message) => wireMessage(message, system, input.MessageAttributeNames));
        return Messages.length === 0 ? {} : { Messages };
      },
    ),
    DeleteMessage: parsed(z.strictObject({ QueueUrl, ReceiptHandle: z.string() }), (input) =>
      queues.find(input.QueueUrl).delete(input.ReceiptHandle),
    ),
    DeleteMessageBatch: parsed(
      z.strictObject({
        QueueUrl,
        Entries: z.array(z.strictObject({ Id: batchId, ReceiptHandle: z.string() })),
      }),
      (input) => {
        const queue = queues.find(input.QueueUrl);
        return eachEntry(input.Entries, ({ ReceiptHandle }) => {
          queue.delete(ReceiptHandle);
          return {};
        });
      },
    ),
    ChangeMessageVisibility: parsed(
      z.strictObject({ QueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: seconds }),
      (input) => queues.find(input.QueueUrl).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout),
    ),
    GetQueueAttributes: parsed(z.strictObject({ QueueUrl, AttributeNames: names }), (input) => ({
      Attributes: selected(queueAttributes(queues.find(input.QueueUrl), queues), input.AttributeNames),
    })),
    GetQueueUrl: parsed(z.strictObject({ QueueName: z.string() }), (input, request) => {
      const { name } = queues.find(input.QueueName).definition;
      return { QueueUrl: queues.urlOf(name, `http://${request.headers.host}`) };
    }),
  });
}
