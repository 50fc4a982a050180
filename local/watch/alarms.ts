/** Whether the stack's alarms would be red now, by what the twin has told. */
import jsonata from 'jsonata';
import type { Datapoint } from '../../core/metrics/emf.ts';
import type { AlarmDefinition, MetricReference } from '../assembly/model.ts';
import { statistic } from './statistics.ts';

export interface AlarmState {
  readonly name: string;
  readonly description: string;
  readonly isRed: boolean;
}

/** Red when every one of the newest periods is: they end now, as CloudWatch's do. */
export async function alarmState(
  alarm: AlarmDefinition,
  datapoints: readonly Datapoint[],
  now: number,
): Promise<AlarmState> {
  const { name, description, periods } = alarm;
  let isRed = true;
  for (let back = 0; back < periods && isRed; back++)
    isRed = await isBreached(alarm, datapoints, { now, back });
  return { name, description, isRed };
}

async function isBreached(
  { metrics, expression, threshold, comparison, missing }: AlarmDefinition,
  datapoints: readonly Datapoint[],
  period: { readonly now: number; readonly back: number },
): Promise<boolean> {
  const values = Object.fromEntries(
    Object.entries(metrics).map(([id, metric]) => [id, valueIn(metric, datapoints, period)]),
  );
  const isMissing = Object.values(values).every((value) => value === undefined);
  if (isMissing) return missing === 'breaching';
  // Metric math as far as it is used: its SUM is JSONata's, and so are its operators.
  const math = expression?.replaceAll('SUM(', '$sum(') ?? Object.keys(metrics).join();
  const value: unknown = await jsonata(math).evaluate(values);
  if (typeof value !== 'number') return missing === 'breaching';
  return comparison === 'LessThanThreshold' ? value < threshold : value >= threshold;
}

function valueIn(
  { namespace, name, dimensions, statistic: kind, periodSeconds }: MetricReference,
  datapoints: readonly Datapoint[],
  { now, back }: { readonly now: number; readonly back: number },
): number | undefined {
  const end = now - back * periodSeconds * 1000;
  const found = datapoints.filter(
    (one) =>
      one.namespace === namespace &&
      one.name === name &&
      Object.entries(dimensions).every(([key, value]) => one.dimensions[key] === value) &&
      one.at > end - periodSeconds * 1000 &&
      one.at <= end,
  );
  const values = found.map(({ value }) => value);
  return values.length === 0 ? undefined : statistic(kind, values);
}
