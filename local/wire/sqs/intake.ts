/** How a queue is defined, and which messages it takes; called by queue.ts. */
import { createHash } from 'node:crypto';
import { AwsError } from '../errors.ts';
import { type NewMessage, sizeOf } from './message.ts';

/** What the twin says about a queue when it starts; times in seconds, as in CloudFormation. */
export interface QueueDefinition {
  /** A FIFO queue's name ends in `.fifo`. */
  readonly name: string;
  readonly fifo: boolean;
  readonly contentBasedDeduplication?: boolean;
  /** @default 30 */
  readonly visibilityTimeoutSeconds?: number;
  /** @default 0 */
  readonly delaySeconds?: number;
  /** @default 345600, four days */
  readonly retentionSeconds?: number;
  /** Key that encrypts it: who sends and who receives then needs the key too. */
  readonly kmsKeyArn?: string;
  /** `dlq` is the name of another queue of the twin, of the same type. */
  readonly redrive?: { readonly dlq: string; readonly maxReceiveCount: number };
}

/** SQS's limit for a message with its attributes: 1 MiB. */
export const maxMessageBytes = 1_048_576;
const maxDelaySeconds = 900;
/** Characters SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const allowedBody = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u;

/** What SQS answers to a parameter it does not take. */
export function invalid(name: string, value: string, reason: string): AwsError {
  const message = `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`;
  return new AwsError('InvalidParameterValue', message);
}

/** Throws what SQS answers to a bad message. */
export function checkMessage({ fifo }: QueueDefinition, message: NewMessage): void {
  const size = sizeOf(message);
  if (size > maxMessageBytes) {
    throw invalid(
      'MessageBody',
      `of ${size} bytes`,
      `Message must be shorter than ${maxMessageBytes} bytes.`,
    );
  }
  if (message.body === '')
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (!allowedBody.test(message.body)) {
    throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
  }
  const delay = message.delaySeconds;
  if (delay !== undefined && (fifo || delay < 0 || delay > maxDelaySeconds)) {
    const reason = fifo
      ? 'The request include parameter that is not valid for this queue type.'
      : `DelaySeconds must be >= 0 and <= ${maxDelaySeconds}.`;
    throw invalid('DelaySeconds', String(delay), reason);
  }
  if (fifo && message.groupId === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
  }
  if (!fifo && message.deduplicationId !== undefined) {
    const reason = 'The request include parameter that is not valid for this queue type.';
    throw invalid('MessageDeduplicationId', message.deduplicationId, reason);
  }
}

/** What a FIFO queue recognises the same message by. */
export function deduplicationIdOf(definition: QueueDefinition, message: NewMessage): string {
  if (message.deduplicationId !== undefined) return message.deduplicationId;
  if (definition.contentBasedDeduplication) return createHash('sha256').update(message.body).digest('hex');
  const reason =
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly.';
  throw new AwsError('InvalidParameterValue', reason);
}
