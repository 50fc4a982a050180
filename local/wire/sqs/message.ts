/** SQS messages: their parts, sizes and digests; used by queue.ts and sqs-service.ts. */
import { createHash } from 'node:crypto';

/** A message attribute as it travels; binary values are base64. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: string | undefined;
}
/** Message attributes by name. */
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** What a sender gives. */
export interface NewMessage {
  readonly body: string;
  readonly attributes?: MessageAttributes | undefined;
  /** FIFO: order is kept within a group. */
  readonly groupId?: string | undefined;
  /** FIFO: a second message with this id within five minutes is not queued. */
  readonly deduplicationId?: string | undefined;
  /** Standard queues only; the queue's own delay otherwise. */
  readonly delaySeconds?: number | undefined;
  readonly traceHeader?: string | undefined;
  /** Principal id shown to receivers. */
  readonly senderId?: string | undefined;
}

/** A message in a queue. */
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  /** SentTimestamp, SenderId, MessageGroupId …: what receivers may ask for besides the counters. */
  readonly system: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly receiveCount: number;
  readonly firstReceivedAt: number | undefined;
  /** Nobody receives it before (milliseconds): delayed, or in flight. */
  readonly visibleAt: number;
  /** The handle of the newest receive. */
  readonly receiptHandle: string | undefined;
}

/** A message as a receiver holds it. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly messageAttributes: MessageAttributes;
  /** All system attributes, by SQS's names. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Hex MD5 of a body, which clients verify. */
export function md5OfBody(body: string): string {
  return createHash('md5').update(body).digest('hex');
}

function lengthPrefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function valueBytes(attribute: MessageAttribute): Buffer {
  return attribute.BinaryValue === undefined
    ? Buffer.from(attribute.StringValue ?? '')
    : Buffer.from(attribute.BinaryValue, 'base64');
}

/**
 * Hex MD5 of message attributes, undefined when there are none. The byte layout is
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    hash.update(lengthPrefixed(Buffer.from(name)));
    hash.update(lengthPrefixed(Buffer.from(attribute.DataType)));
    hash.update(Buffer.from([attribute.BinaryValue === undefined ? 1 : 2]));
    hash.update(lengthPrefixed(valueBytes(attribute)));
  }
  return hash.digest('hex');
}

/** Bytes of a message as SQS counts them against its limit: body, and name, type and value of every attribute. */
export function sizeOf(message: Pick<NewMessage, 'body' | 'attributes'>): number {
  let size = Buffer.byteLength(message.body);
  for (const [name, attribute] of Object.entries(message.attributes ?? {})) {
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueBytes(attribute).length;
  }
  return size;
}
