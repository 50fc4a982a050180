/** Time of a simulated world: it stands still until the harness fires the next timer. Used by `world.ts`. */
import type { Clock } from '../../local/asl/clock.ts';

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** Timers that fall due together are fired in the order they were set. */
export class SimClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { due: this.#now + Math.max(milliseconds, 0), action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** When the next timer falls due; undefined when there is none. */
  get next(): number | undefined {
    return this.#earliest()?.due;
  }

  /** Without firing anything. */
  moveTo(time: number): void {
    this.#now = Math.max(time, this.#now);
  }

  fireNext(): void {
    const timer = this.#earliest();
    if (timer === undefined) return;
    this.#timers.delete(timer);
    this.#now = timer.due;
    timer.action();
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers)
      if (earliest === undefined || timer.due < earliest.due) earliest = timer;
    return earliest;
  }
}
