/** One SQS queue: sending, receiving with visibility, order within FIFO groups, and the way to the dead-letter queue. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import { checkMessage, deduplicationIdOf, invalid, type QueueDefinition } from './intake.ts';
import { type Message, md5OfBody, type NewMessage, type ReceivedMessage } from './message.ts';
import { QueueState } from './queue-state.ts';

/** How to receive. */
export interface ReceiveOptions {
  /** 1 to 10. */
  readonly max: number;
  /** How long to wait for a first message. @default 0 */
  readonly waitMs?: number;
  /** @default the queue's */
  readonly visibilityTimeoutSeconds?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** What a sender learns. */
export interface SentMessage {
  readonly messageId: string;
  /** FIFO only. */
  readonly sequenceNumber: string | undefined;
}

/** A queue; `deadLetters` takes messages received too often. */
export class Queue {
  readonly definition: QueueDefinition;
  readonly arn: string;
  readonly #clock: Clock;
  readonly #state: QueueState;
  readonly #waiting = new Set<() => void>();
  #deadLetters: Queue | undefined;

  /** Opens the queue with what an earlier process kept at `path`. */
  constructor(definition: QueueDefinition, place: { arn: string; path: string; clock: Clock }) {
    this.definition = definition;
    this.arn = place.arn;
    this.#clock = place.clock;
    this.#state = new QueueState(place.path);
  }

  /** Connects the queue that `redrive` names. */
  set deadLetters(queue: Queue) {
    this.#deadLetters = queue;
  }

  /** Queues a message, unless FIFO deduplication knows it already; throws what SQS answers to a bad one. */
  send(message: NewMessage): SentMessage {
    checkMessage(this.definition, message);
    const now = this.#clock.now();
    const id = randomUUID();
    const system: Record<string, string> = {
      SentTimestamp: String(now),
      SenderId: message.senderId ?? 'AIDALOCALTWIN',
    };
    if (message.groupId !== undefined) system.MessageGroupId = message.groupId;
    if (message.traceHeader !== undefined) system.AWSTraceHeader = message.traceHeader;
    if (this.definition.fifo) {
      const deduplicationId = deduplicationIdOf(this.definition, message);
      const known = this.#state.accepted(deduplicationId, now);
      if (known !== undefined) return { messageId: known.messageId, sequenceNumber: known.sequenceNumber };
      const sequenceNumber = this.#state.nextSequenceNumber();
      Object.assign(system, { MessageDeduplicationId: deduplicationId, SequenceNumber: sequenceNumber });
      this.#state.accept({ deduplicationId, messageId: id, sequenceNumber, at: now });
    }
    this.#state.put({
      id,
      body: message.body,
      attributes: message.attributes ?? {},
      system,
      sentAt: now,
      receiveCount: 0,
      firstReceivedAt: undefined,
      visibleAt: now + (message.delaySeconds ?? this.definition.delaySeconds ?? 0) * 1000,
      receiptHandle: undefined,
    });
    this.#wake();
    return { messageId: id, sequenceNumber: system.SequenceNumber };
  }

  /** Takes up to `max` messages, waiting up to `waitMs` for the first; they come back when their visibility runs out. */
  async receive(options: ReceiveOptions): Promise<ReceivedMessage[]> {
    const deadline = this.#clock.now() + (options.waitMs ?? 0);
    for (;;) {
      if (options.signal?.aborted) return [];
      const taken = this.#take(options);
      const now = this.#clock.now();
      if (taken.length > 0 || now >= deadline) return taken;
      const next = Math.min(deadline, ...this.#hidden(now).map(({ visibleAt }) => visibleAt));
      await this.#change(next - now, options.signal);
    }
  }

  #hidden(now: number): Message[] {
    return [...this.#state.messages.values()].filter(({ visibleAt }) => visibleAt > now);
  }

  #take({ max, visibilityTimeoutSeconds }: ReceiveOptions): ReceivedMessage[] {
    const now = this.#clock.now();
    const timeout = visibilityTimeoutSeconds ?? this.definition.visibilityTimeoutSeconds ?? 30;
    const oldest = now - (this.definition.retentionSeconds ?? 345_600) * 1000;
    const blocked = new Set(this.#hidden(now).map(groupOf));
    const taken: ReceivedMessage[] = [];
    for (const message of this.#state.messages.values()) {
      if (taken.length === max) break;
      if (message.sentAt < oldest) {
        this.#state.remove(message.id);
        continue;
      }
      if (message.visibleAt > now || (this.definition.fifo && blocked.has(groupOf(message)))) continue;
      if (this.#exhausted(message)) continue;
      const receiptHandle = Buffer.from(`${message.id}:${randomUUID()}`).toString('base64url');
      const receipt = {
        receiptHandle,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        visibleAt: now + timeout * 1000,
      };
      this.#state.change(message.id, receipt);
      taken.push(received({ ...message, ...receipt }, receiptHandle));
    }
    return taken;
  }

  /** Moves a message that was received as often as `redrive` allows; true when it is gone from here. */
  #exhausted(message: Message): boolean {
    const { redrive } = this.definition;
    if (redrive === undefined || message.receiveCount < redrive.maxReceiveCount) return false;
    this.#deadLetters?.bury(message, this.arn);
    this.#state.remove(message.id);
    return true;
  }

  /** Takes a message over from the queue whose dead letters this one holds; id and time of sending stay. */
  bury(message: Message, sourceArn: string): void {
    const system: Record<string, string> = { ...message.system, DeadLetterQueueSourceArn: sourceArn };
    if (this.definition.fifo) system.SequenceNumber = this.#state.nextSequenceNumber();
    const fresh = { receiveCount: 0, firstReceivedAt: undefined, receiptHandle: undefined };
    this.#state.put({ ...message, ...fresh, system, visibleAt: this.#clock.now() });
    this.#wake();
  }

  /**
   * Deletes a received message. A handle that a later receive replaced does nothing on a standard queue and is an
   * error on a FIFO queue, as is one whose visibility ran out.
   */
  delete(receiptHandle: string): void {
    const message = this.#find(receiptHandle);
    if (message === undefined) return;
    const isCurrent = message.receiptHandle === receiptHandle;
    if (this.definition.fifo && (!isCurrent || message.visibleAt <= this.#clock.now())) {
      throw invalid('ReceiptHandle', receiptHandle, 'The receipt handle has expired.');
    }
    if (!isCurrent) return;
    this.#state.remove(message.id);
    this.#wake();
  }

  /** Sets how long a received message stays hidden from now on; 0 gives it back. */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.#find(receiptHandle);
    const now = this.#clock.now();
    if (message === undefined || message.receiptHandle !== receiptHandle || message.visibleAt <= now) {
      throw new AwsError('MessageNotInflight', 'The specified message is not in flight.');
    }
    this.#state.change(message.id, { visibleAt: now + seconds * 1000 });
    this.#wake();
  }

  #find(receiptHandle: string): Message | undefined {
    const id = /^([0-9a-f-]{36}):[0-9a-f-]{36}$/.exec(
      Buffer.from(receiptHandle, 'base64url').toString(),
    )?.[1];
    if (id === undefined) {
      throw new AwsError(
        'ReceiptHandleIsInvalid',
        `The input receipt handle "${receiptHandle}" is not valid.`,
      );
    }
    return this.#state.messages.get(id);
  }

  /** How many messages wait, are in flight, and are delayed. */
  counts(): { visible: number; inFlight: number; delayed: number } {
    const hidden = this.#hidden(this.#clock.now());
    const inFlight = hidden.filter(({ receiptHandle }) => receiptHandle !== undefined).length;
    return {
      visible: this.#state.messages.size - hidden.length,
      inFlight,
      delayed: hidden.length - inFlight,
    };
  }

  /** Resolves when messages may have become receivable, at the latest after `ms`. */
  async #change(ms: number, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      signal?.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Closes the file; receivers must have ended. */
  close(): void {
    this.#state.close();
  }
}

function groupOf(message: Message): string | undefined {
  return message.system.MessageGroupId;
}

function received(message: Message, receiptHandle: string): ReceivedMessage {
  return {
    messageId: message.id,
    receiptHandle,
    body: message.body,
    md5OfBody: md5OfBody(message.body),
    messageAttributes: message.attributes,
    attributes: {
      ...message.system,
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
  };
}
