/** The user's cloud as the fault harness models it: what each target is, who writes it now, and how often its state was written. */

/** What an apply leaves while it runs, and when it is cut off. */
export const HALF = 'half of ';

/** What a target is that is not there. */
export const NOTHING = 'nothing';

export class Cloud {
  /** Target → what it is: `b1(a2)`, or `half of b1(a2)`. */
  readonly values = new Map<string, string>();

  /** What a target is. */
  valueOf(target: string): string {
    return this.values.get(target) ?? NOTHING;
  }

  /** Target → how many applies have been finished in its state. */
  readonly serials = new Map<string, number>();
  /** What must never happen, as it happened. */
  readonly violations: string[] = [];
  readonly #writers = new Map<string, Set<string>>();

  beginWriting(target: string, job: string): void {
    const writers = this.#writers.get(target) ?? new Set();
    this.#writers.set(target, writers.add(job));
    if (writers.size > 1)
      this.violations.push(`${target} is written by ${[...writers].join(' and ')} at once`);
  }

  endWriting(target: string, job: string): void {
    this.#writers.get(target)?.delete(job);
  }

  /** A copy to begin another run with; nothing is being written. */
  copy(): Cloud {
    const copy = new Cloud();
    for (const [target, value] of this.values) copy.values.set(target, value);
    for (const [target, serial] of this.serials) copy.serials.set(target, serial);
    return copy;
  }
}
