/** Waiting that ends when it is aborted, and running siblings of which one failure stops the others. */
import type { Clock } from './clock.ts';
import { Aborted } from './errors.ts';

/** Waits for `work`, or rejects with the signal's reason (an Aborted) as soon as it fires. */
export async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Sleeps by the clock; rejects when the signal fires. */
export async function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(milliseconds, resolve);
  try {
    await orAborted(signal, promise);
  } finally {
    cancel();
  }
}

/** Jobs 0 … count-1, at most `limit` at once. */
export interface Siblings {
  count: number;
  limit: number;
  signal: AbortSignal;
  /** `slot` is the same for jobs that run one after the other. */
  job: (index: number, signal: AbortSignal, slot: number) => Promise<void>;
}

/**
 * Runs all jobs. The first that rejects aborts the others; once all have ended its error is thrown.
 */
export async function runSiblings({ count, limit, signal, job }: Siblings): Promise<void> {
  const group = new AbortController();
  const either = AbortSignal.any([signal, group.signal]);
  let failure: { error: unknown } | undefined;
  let next = 0;
  const work = async (slot: number) => {
    while (failure === undefined && next < count) {
      try {
        await job(next++, either, slot);
      } catch (error) {
        failure ??= { error };
        group.abort(new Aborted('sibling'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, (_, slot) => work(slot)));
  if (failure !== undefined) throw failure.error;
}
