/** Counts the retries of one stay in a state and tells how long to wait before the next one. */
import type { Retrier } from './definition.ts';
import { errorEquals, type StatesError } from './errors.ts';

/**
 * The retriers of one state; each counts for itself.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
 */
export class Retries {
  private readonly retriers: { rule: Retrier; used: number }[];

  constructor(rules: readonly Retrier[]) {
    this.retriers = rules.map((rule) => ({ rule, used: 0 }));
  }

  /** Milliseconds to wait before trying again; `undefined` when the error is not (or no longer) retried. */
  delayAfter(error: StatesError): number | undefined {
    const retrier = this.retriers.find(({ rule }) => errorEquals(rule.ErrorEquals, error));
    if (retrier === undefined || retrier.used >= (retrier.rule.MaxAttempts ?? 3)) return undefined;
    const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy } = retrier.rule;
    const delay = Math.min(IntervalSeconds * BackoffRate ** retrier.used, MaxDelaySeconds) * 1000;
    retrier.used += 1;
    return JitterStrategy === 'FULL' ? Math.random() * delay : delay;
  }
}
