/** The only source of time of the interpreter: real time in the twin, virtual time in tests. */

/** What the interpreter needs of time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` once, `milliseconds` from now; the answer cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}

/** setTimeout fires at once beyond this many milliseconds (24.8 days), and an apply may wait longer. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The clock on the wall. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, action) {
    const due = Date.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const left = due - Date.now();
      timer = left > LONGEST_TIMER ? setTimeout(arm, LONGEST_TIMER) : setTimeout(action, Math.max(left, 0));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** A clock whose timers can all be given up, so that nothing fires any more and no process stays alive for them. */
export class EndingClock implements Clock {
  private readonly clock: Clock;
  private readonly timers = new Set<() => void>();
  private ended = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  now(): number {
    return this.clock.now();
  }

  after(milliseconds: number, action: () => void): () => void {
    if (this.ended) return () => {};
    const cancel = this.clock.after(milliseconds, () => {
      this.timers.delete(cancel);
      action();
    });
    this.timers.add(cancel);
    return () => {
      this.timers.delete(cancel);
      cancel();
    };
  }

  end(): void {
    this.ended = true;
    for (const cancel of this.timers) cancel();
    this.timers.clear();
  }
}

/** A clock that stands still until a test moves it: hours pass in milliseconds. */
export class VirtualClock implements Clock {
  private time: number;
  private readonly timers = new Set<{ due: number; action: () => void }>();

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { due: this.time + milliseconds, action };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Moves time forward, running every timer that falls due, in order, and letting promises settle in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (let next = this.nextTimer(); next !== undefined && next.due <= end; next = this.nextTimer()) {
      this.fire(next);
      await settle();
    }
    this.time = end;
  }

  /** Moves time forward as far as `promise` needs. Throws when it waits for something no timer will bring. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (await settle(); !settled; await settle()) {
      const next = this.nextTimer();
      if (next === undefined)
        throw new Error('VirtualClock.until: no timer is left, the promise cannot settle');
      this.fire(next);
    }
    return promise;
  }

  private nextTimer() {
    let earliest: { due: number; action: () => void } | undefined;
    for (const timer of this.timers) if (earliest === undefined || timer.due < earliest.due) earliest = timer;
    return earliest;
  }

  private fire(timer: { due: number; action: () => void }): void {
    this.timers.delete(timer);
    this.time = timer.due;
    timer.action();
  }
}

/** Lets every promise reaction that is ready run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
