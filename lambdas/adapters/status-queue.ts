/** The status queue in SQS; made once by every function that changes what people should see. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { StatusMessage } from '../../core/contracts/functions.ts';
import type { StatusQueue } from '../ports.ts';

/**
 * One message group a commit keeps its statuses in order. The deduplication id is random: messages say only that something
 * changed, so two equal ones within SQS's five minutes of deduplication are two changes.
 */
export function sqsStatusQueue(url: string, client = new SQSClient({})): StatusQueue {
  return {
    async changed(release) {
      const { id, repository, commit } = release;
      const message: StatusMessage = { release: { id, repository, commit } };
      await client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: JSON.stringify(message),
          MessageGroupId: `${repository}/${commit}`,
          MessageDeduplicationId: randomUUID(),
        }),
      );
    },
  };
}
