/** What topics were given for people, kept in the state directory: nobody has subscribed to those of the twin. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Clock } from '../wire/clock.ts';

/** One message of one topic. */
export interface Notice {
  /** ISO 8601. */
  readonly at: string;
  readonly topic: string;
  readonly message: string;
}

export class Notices {
  readonly #file: string;
  readonly #clock: Clock;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  add(topicArn: string, message: string): void {
    const topic = topicArn.split(':').at(-1) ?? '';
    const notice: Notice = { at: new Date(this.#clock.now()).toISOString(), topic, message };
    appendFileSync(this.#file, `${JSON.stringify(notice)}\n`);
  }

  /** The oldest first. */
  all(): Notice[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Notice);
  }
}
