/** Where one hop of the way leaves what it could not hand on; docs/runbook.md says for each queue what a message means and how to redrive it. */
import type { IDestination, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { accept } from './accepted.ts';
import { allow } from './allow.ts';

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
    accept(this, { SQS3: 'it is where others leave what they could not hand on; an alarm calls a person' });
  }

  /** For what a function failed with: Lambda leaves it there with the function's own role. */
  destinationOf(fn: IFunction): IDestination {
    allow(fn, { actions: ['sqs:SendMessage'], resources: [this.queueArn] });
    return { bind: () => ({ destination: this.queueArn }) };
  }
}
