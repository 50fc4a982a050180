/** All queues of a twin: found by ARN, name or URL, and polled in-process by event source mappings. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import type { QueueDefinition } from './intake.ts';
import type { NewMessage, ReceivedMessage } from './message.ts';
import { Queue, type ReceiveOptions, type SentMessage } from './queue.ts';

/** Where queues live. */
export interface QueuesOptions {
  readonly folder: string;
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
}

/** The queues of one twin. */
export class Queues {
  readonly #byName: ReadonlyMap<string, Queue>;
  readonly #options: QueuesOptions;
  readonly #closing = new AbortController();

  /** Opens the queues, with the messages that earlier processes kept in the same folder. */
  constructor(definitions: readonly QueueDefinition[], options: QueuesOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#byName = new Map(definitions.map((definition) => [definition.name, this.#open(definition)]));
    for (const queue of this.#byName.values()) this.#connect(queue);
  }

  #open(definition: QueueDefinition): Queue {
    const { folder, clock } = this.#options;
    if (definition.fifo !== definition.name.endsWith('.fifo')) {
      throw new Error(`Opening queue "${definition.name}": exactly the names of FIFO queues end in ".fifo".`);
    }
    const path = join(folder, `${definition.name}.jsonl`);
    return new Queue(definition, { arn: this.arnOf(definition.name), path, clock });
  }

  #connect(queue: Queue): void {
    const { name, fifo, redrive } = queue.definition;
    if (redrive === undefined) return;
    const target = this.#byName.get(redrive.dlq);
    if (target?.definition.fifo !== fifo) {
      throw new Error(
        `Opening queue "${name}": its dead-letter queue "${redrive.dlq}" is absent or of the other type.`,
      );
    }
    queue.deadLetters = target;
  }

  /** The ARN of a queue of this name, whether it exists or not. */
  arnOf(name: string): string {
    return `arn:aws:sqs:${this.#options.region}:${this.#options.accountId}:${name}`;
  }

  /** The KMS key of a queue; undefined without one, and of a queue that does not exist. */
  keyOf(name: string): string | undefined {
    return this.#byName.get(name)?.definition.kmsKeyArn;
  }

  /** The URL of a queue under a gateway's URL. */
  urlOf(name: string, gatewayUrl: string): string {
    return `${gatewayUrl}/${this.#options.accountId}/${name}`;
  }

  /** The queue by its name, or by the last part of its ARN or URL; throws QueueDoesNotExist. */
  find(nameOrArnOrUrl: string): Queue {
    const name = nameOrArnOrUrl.split(/[/:]/).at(-1) ?? '';
    const queue = this.#byName.get(name);
    if (queue !== undefined) return queue;
    throw new AwsError('QueueDoesNotExist', `The queue "${nameOrArnOrUrl}" does not exist.`, 400, {
      headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
    });
  }

  /** Queues a message from inside the twin (EventBridge targets, Step Functions tasks). */
  send(queueArn: string, message: NewMessage): SentMessage {
    return this.find(queueArn).send(message);
  }

  /** Receives inside the twin; waiting ends when the queues close. */
  receive(queueArn: string, options: ReceiveOptions): Promise<ReceivedMessage[]> {
    const signals = options.signal === undefined ? [] : [options.signal];
    const signal = AbortSignal.any([...signals, this.#closing.signal]);
    return this.find(queueArn).receive({ ...options, signal });
  }

  /**
   * Ends a batch as an event source mapping does: deletes what was handled; what is in `failedIds` (message ids, a
   * partial batch failure) comes back when its visibility runs out, and so does what was held too long to be deleted.
   */
  settle(
    queueArn: string,
    batch: readonly ReceivedMessage[],
    failedIds: ReadonlySet<string> = new Set(),
  ): void {
    const queue = this.find(queueArn);
    for (const { messageId, receiptHandle } of batch) {
      if (failedIds.has(messageId)) continue;
      try {
        queue.delete(receiptHandle);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
      }
    }
  }

  /** Deletes one message. */
  delete(queueArn: string, receiptHandle: string): void {
    this.find(queueArn).delete(receiptHandle);
  }

  /** Ends all waiting and closes the files; close the gateway first. */
  close(): void {
    this.#closing.abort();
    for (const queue of this.#byName.values()) queue.close();
  }
}
