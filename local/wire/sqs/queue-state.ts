/** The messages of one queue and its memory of deduplication ids, kept in a journal; used by queue.ts. */
import { Journal } from './journal.ts';
import type { Message } from './message.ts';

/** What SQS remembers of a message it has taken, to recognise the same one again. */
export interface Accepted {
  readonly deduplicationId: string;
  readonly messageId: string;
  readonly sequenceNumber: string;
  readonly at: number;
}

/** One line of the journal. */
type Entry =
  | { readonly put: Message }
  | { readonly change: { readonly id: string } & Partial<Message> }
  | { readonly remove: string }
  | { readonly accepted: Accepted }
  | { readonly sequence: number };

/** SQS's deduplication interval: five minutes. */
const deduplicationMs = 5 * 60_000;
/** A journal is rewritten when it has this many lines and most of them are about messages that are gone. */
const rewriteLines = 10_000;

/** The durable part of a queue; messages are in the order they were sent. */
export class QueueState {
  readonly messages = new Map<string, Message>();
  readonly #accepted = new Map<string, Accepted>();
  readonly #journal: Journal<Entry>;
  #sequence = 0;

  /** Reads what an earlier process kept in the file. */
  constructor(path: string) {
    this.#journal = new Journal<Entry>(path);
    for (const entry of this.#journal.read()) this.#apply(entry);
    this.#rewrite();
  }

  #apply(entry: Entry): void {
    if ('put' in entry) this.messages.set(entry.put.id, entry.put);
    else if ('change' in entry) {
      const message = this.messages.get(entry.change.id);
      if (message !== undefined) this.messages.set(message.id, { ...message, ...entry.change });
    } else if ('remove' in entry) this.messages.delete(entry.remove);
    else if ('accepted' in entry) this.#accepted.set(entry.accepted.deduplicationId, entry.accepted);
    else this.#sequence = Math.max(this.#sequence, entry.sequence);
  }

  #record(entry: Entry): void {
    this.#journal.append(entry);
    this.#apply(entry);
    if (this.#journal.length > rewriteLines && this.messages.size < this.#journal.length / 4) this.#rewrite();
  }

  #rewrite(): void {
    this.#journal.rewrite([
      { sequence: this.#sequence },
      ...[...this.#accepted.values()].map((accepted) => ({ accepted })),
      ...[...this.messages.values()].map((put) => ({ put })),
    ]);
  }

  /** Adds a message at the end. */
  put(message: Message): void {
    this.#record({ put: message });
  }

  /** Changes a message in its place. */
  change(id: string, change: Partial<Message>): void {
    this.#record({ change: { id, ...change } });
  }

  /** Takes a message out. */
  remove(id: string): void {
    this.#record({ remove: id });
  }

  /** The next sequence number: 20 digits that only grow. */
  nextSequenceNumber(): string {
    this.#record({ sequence: this.#sequence + 1 });
    return String(this.#sequence).padStart(20, '0');
  }

  /** The message taken under this deduplication id within the last five minutes. */
  accepted(deduplicationId: string, now: number): Accepted | undefined {
    for (const [id, { at }] of this.#accepted) {
      if (now - at < deduplicationMs) break;
      this.#accepted.delete(id);
    }
    return this.#accepted.get(deduplicationId);
  }

  /** Remembers a deduplication id. */
  accept(accepted: Accepted): void {
    this.#record({ accepted });
  }

  close(): void {
    this.#journal.close();
  }
}
