/** Lets processes take their steps one at a time, in an order that is drawn by lot and the same for the same seed. Used by the stories. */

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** After so many turns of the microtask queue whoever took a step has come to its next one, or waits. */
const TURNS = 12;

interface Waiting {
  isDue(): boolean;
  go(): void;
}

/** Thrown out of a process whose execution was stopped. */
export class Stopped extends Error {}

/** Thrown where a function dies. */
export class Crash extends Error {}

export class Scheduler {
  readonly random: () => number;
  readonly #ready: (() => void)[] = [];
  readonly #stalled: { readonly until: number; readonly go: () => void }[] = [];
  #taken = 0;
  #waiting: Waiting[] = [];
  readonly #errors: unknown[] = [];

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** A whole number below `n`. */
  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** Resolves when it is this process's turn. */
  step(): Promise<void> {
    return new Promise((resolve) => this.#ready.push(resolve));
  }

  /** Resolves when the others have taken this many steps, or can take none: a function that hangs. */
  stall(steps: number): Promise<void> {
    return new Promise((go) => this.#stalled.push({ until: this.#taken + steps, go }));
  }

  async steps(n: number): Promise<void> {
    for (let taken = 0; taken < n; taken++) await this.step();
  }

  /** Resolves some time after the condition came true. */
  until(isDue: () => boolean): Promise<void> {
    return new Promise((go) => this.#waiting.push({ isDue, go }));
  }

  start(process: () => Promise<unknown>): void {
    void process().catch((error) => {
      if (!(error instanceof Stopped)) this.#errors.push(error);
    });
  }

  /** Until nobody can take a step. @throws what a process has thrown. */
  async run(): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < TURNS; turn++) await undefined;
      this.#wake();
      if (this.#ready.length === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        this.#wake();
      }
      if (this.#errors.length > 0) throw this.#errors[0];
      const isLate = this.#stalled[0] !== undefined && this.#stalled[0].until <= this.#taken;
      if (isLate || this.#ready.length === 0) {
        const stalled = this.#stalled.shift();
        if (stalled !== undefined) this.#ready.push(stalled.go);
      }
      const [next] = this.#ready.splice(this.below(this.#ready.length), 1);
      if (next === undefined) return;
      this.#taken += 1;
      next();
    }
  }

  #wake(): void {
    const due = this.#waiting.filter(({ isDue }) => isDue());
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const { go } of due) this.#ready.push(go);
  }
}

/** What disturbs a function: it steps before every call, hangs, and dies before or after one of them. */
export interface Disturbance {
  /** Which call it does not outlive, from 1; undefined: all. */
  readonly dies?: { readonly at: number; readonly isDone: boolean } | undefined;
  /** Whether it is to hang before the next call, once. */
  hangs?(): boolean;
}

/** Between other calls nothing can happen that could not happen before or after them. */
const STEPPED = ['ledger', 'tokens', 'executions'] as const;

/** The ports of one invocation. */
export function stepped<P extends Record<(typeof STEPPED)[number], object>>(
  ports: P,
  scheduler: Scheduler,
  { dies, hangs = () => scheduler.chance(0.01) }: Disturbance = {},
): P {
  let calls = 0;
  let isDead = false;
  let hasHung = false;
  const wrap = (port: object) =>
    Object.fromEntries(
      Object.entries(port).map(([name, method]) => [
        name,
        async (...parameters: unknown[]) => {
          const isHanging = !hasHung && hangs();
          hasHung ||= isHanging;
          await (isHanging ? scheduler.stall(150) : scheduler.step());
          if (isDead) throw new Crash();
          const isLast = ++calls === dies?.at;
          isDead = isLast;
          if (isLast && !dies.isDone) throw new Crash();
          const answer = await method(...parameters);
          if (isLast) throw new Crash();
          return answer;
        },
      ]),
    );
  return { ...ports, ...Object.fromEntries(STEPPED.map((name) => [name, wrap(ports[name])])) };
}
