/** How many messages lie in the queues of dead letters; made once by the sweep. */
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DEAD_LETTER_QUEUES } from '../../core/dead-letters.ts';
import type { DeadLetters } from '../ports.ts';

/** `beside`: the URL of any queue of the stack; theirs differ in the name alone. */
export function sqsDeadLetters(beside: string, client = new SQSClient({})): DeadLetters {
  return {
    async waiting() {
      const counted = DEAD_LETTER_QUEUES.map(async (name) => {
        const order = {
          QueueUrl: String(new URL(name, beside)),
          AttributeNames: ['ApproximateNumberOfMessages' as const],
        };
        const { Attributes: attributes } = await client.send(new GetQueueAttributesCommand(order));
        return [name, Number(attributes?.ApproximateNumberOfMessages ?? 0)] as const;
      });
      return new Map(await Promise.all(counted));
    },
  };
}
