/** The status queue in SQS; made once by every function that changes what people should see. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { StatusMessage } from '../../core/contracts/functions.ts';
import type { AnswerQueue, StatusQueue } from '../ports.ts';

/**
 * One message group a commit keeps its statuses in order, one a pull request what is answered there. The deduplication id is random: messages say only that something
 * changed, so two equal ones within SQS's five minutes of deduplication are two changes.
 */
export function sqsStatusQueue(url: string, client = new SQSClient({})): StatusQueue & AnswerQueue {
  const send = async (group: string, message: StatusMessage, trace?: string) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: JSON.stringify(message),
        MessageGroupId: group,
        MessageDeduplicationId: randomUUID(),
        // A system attribute counts neither as one of the message's nor into its size.
        ...(trace !== undefined && {
          MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } },
        }),
      }),
    );
  };
  return {
    async changed(release) {
      const { id, repository, commit, trace } = release;
      await send(`${repository}/${commit}`, { release: { id, repository, commit } }, trace);
    },
    async answered(answer) {
      const { repository, pull, comment } = answer;
      await send(`${repository}/pull/${pull}`, { answer: { repository, pull, comment } });
    },
  };
}
