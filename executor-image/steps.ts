/** What a job did when: written down by its steps, told when it signs off. */
import type { JobTimes } from '../core/contracts/job-times.ts';

/** More is not told: the contract of `admit` takes no more. */
const MOST = 100;

export class Steps {
  readonly #done: JobTimes['steps'] = [];
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  get done(): JobTimes['steps'] {
    return this.#done;
  }

  /** Does `work` as the step `name`, however it ends. */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = this.#now().toISOString();
    try {
      return await work();
    } finally {
      if (this.#done.length < MOST) this.#done.push({ name, startedAt, endedAt: this.#now().toISOString() });
    }
  }
}
