/** CloudWatch's arithmetic: values of a metric gathered into periods. Used for the dashboard and the alarms of the twin. */
import type { Datapoint } from '../../core/metrics/emf.ts';
import type { MetricReference } from '../assembly/model.ts';

/** What a period came to. `at` is its start, in milliseconds since 1970. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Periods in which nothing was told are left out. */
export function seriesOf(metric: MetricReference, datapoints: readonly Datapoint[]): Point[] {
  const length = metric.periodSeconds * 1000;
  const periods = new Map<number, number[]>();
  for (const { at, value } of datapoints.filter((one) => isOf(one, metric))) {
    const start = Math.floor(at / length) * length;
    periods.set(start, [...(periods.get(start) ?? []), value]);
  }
  return [...periods]
    .sort(([one], [other]) => one - other)
    .map(([at, values]) => ({ at, value: statistic(metric.statistic, values) }));
}

function isOf(one: Datapoint, metric: MetricReference): boolean {
  const [own, wanted] = [one.dimensions, metric.dimensions];
  return (
    one.namespace === metric.namespace &&
    one.name === metric.name &&
    Object.keys(own).length === Object.keys(wanted).length &&
    Object.entries(wanted).every(([name, value]) => own[name] === value)
  );
}

/** `values` is not empty. @throws Error for a statistic nobody has needed yet. */
export function statistic(name: string, values: readonly number[]): number {
  const sum = values.reduce((all, one) => all + one, 0);
  switch (name) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'Maximum':
      return Math.max(...values);
    case 'Minimum':
      return Math.min(...values);
  }
  const [, percent] = /^p(\d+)$/.exec(name) ?? [];
  if (percent === undefined) throw new Error(`the twin does not know the statistic ${name}`);
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil((Number(percent) / 100) * sorted.length) - 1] ?? Number.NaN;
}
