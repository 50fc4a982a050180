/** GitHub's rate limits and outages, switched on by tests. Used by `rest.ts` for every call. */
import { forbidden, type RestAnswer, refused } from './answers.ts';

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const HOUR_MS = 3600_000;
const MINUTE_MS = 60_000;

export class Limits {
  /** Calls an hour: the primary limit. */
  perHour = 5000;
  /** Calls that make or change something, a minute: the best known of the secondary limits. */
  writesPerMinute = Number.POSITIVE_INFINITY;
  /** True: every call is answered 503. */
  isDown = false;
  readonly #now: () => number;
  #hour = { from: Number.NEGATIVE_INFINITY, used: 0 };
  #writes: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a call; the refusal when it is one too many. */
  refusal(isWrite: boolean): RestAnswer | undefined {
    if (this.isDown) return refused(503, 'Service Unavailable');
    const now = this.#now();
    if (now - this.#hour.from >= HOUR_MS) this.#hour = { from: now, used: 0 };
    if (this.#hour.used >= this.perHour) return forbidden('API rate limit exceeded for installation.');
    this.#hour.used += 1;
    if (!isWrite) return undefined;
    this.#writes = this.#writes.filter((at) => now - at < MINUTE_MS);
    const [first = now] = this.#writes;
    if (this.#writes.length >= this.writesPerMinute) {
      return forbidden(
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        {
          'retry-after': String(Math.ceil((first + MINUTE_MS - now) / 1000)),
        },
      );
    }
    this.#writes.push(now);
    return undefined;
  }

  /** Part of every answer. */
  headers(): Record<string, string> {
    const remaining = Math.max(0, this.perHour - this.#hour.used);
    return {
      'x-ratelimit-limit': String(this.perHour),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-used': String(this.#hour.used),
      'x-ratelimit-reset': String(Math.ceil((this.#hour.from + HOUR_MS) / 1000)),
      'x-ratelimit-resource': 'core',
    };
  }
}
