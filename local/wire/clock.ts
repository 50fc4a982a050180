/** Time as the local AWS endpoints see it: every service takes a Clock, so tests and the twin decide what "now" is. */

/** A source of time that can also wake its user later. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `wake` once, `ms` milliseconds from now; the answer cancels it. */
  after(ms: number, wake: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};
