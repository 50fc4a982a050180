/** Where one hop of the way leaves what it could not hand on; docs/runbook.md says for each queue what a message means and how to redrive it. */
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** As long as SQS keeps anything. */
export const DEAD_LETTER_RETENTION = Duration.days(14);

/** Of these hops; the status queue's is FIFO and encrypted like it (`stores.ts`). */
type Hop = 'event' | 'command' | 'sweep' | 'expiry';

/** The name is fixed, so that the runbook can name the queue. EventBridge, Lambda and Scheduler write to it without a key of ours. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, hop: Hop) {
    super(scope, id, {
      queueName: `belay-${hop}-dead-letters`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
    });
  }
}
