/** How things stand, gathered by the steps of a sweep and told as metrics at its end. */
import type { Gauge } from '../../core/metrics/metrics.ts';
import type { Measure } from '../ports.ts';

/** What people are told of what was counted; more are only counted. */
const NAMED = 10;

export class Gauges {
  readonly #now: Date;
  readonly #found = new Map<Gauge, { value: number; readonly names: string[] }>();

  constructor(now: Date) {
    this.#now = now;
  }

  /** One more, by its name. */
  count(gauge: Gauge, name: string): void {
    const { value = 0, names = [] } = this.#found.get(gauge) ?? {};
    this.#found.set(gauge, { value: value + 1, names: [...names, name] });
  }

  /** Something that has been so since then; the longest counts. Seconds. */
  since(gauge: Gauge, at: Date | string, name: string): void {
    const value = Math.max(0, (this.#now.getTime() - new Date(at).getTime()) / 1000);
    if (value >= (this.#found.get(gauge)?.value ?? 0)) this.#found.set(gauge, { value, names: [name] });
  }

  /** What was never counted is not told, so an idle pipeline pays for no metric. */
  tell(measure: Measure): void {
    for (const [metric, { value, names }] of this.#found)
      measure({ metric, value, facts: { names: names.slice(0, NAMED) } });
  }
}
