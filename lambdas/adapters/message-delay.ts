/** Puts messages of the status queue off; used by `git-status` alone. */
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { MessageDelay } from '../ports.ts';

/** A FIFO queue cannot delay a single message, but it can keep one it has handed out from being handed out again. */
export function sqsMessageDelay(url: string, client = new SQSClient({})): MessageDelay {
  return {
    async delay(receiptHandle, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      );
    },
  };
}
