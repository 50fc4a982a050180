/** Belay's own metrics as CDK has them; used by alarms and dashboard, so that neither writes a name down. */
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metric, NAMESPACE } from '../../core/metrics/metrics.ts';

/** @throws Error when the metric's dimension has no such value: such a graph would stay empty for good. */
export function belayMetric(
  name: MetricName,
  { of, ...options }: MetricOptions & { readonly of?: string },
): Metric {
  const { dimension } = metric(name);
  if (dimension?.values.includes(of ?? '') === false || (dimension === undefined && of !== undefined))
    throw new Error(`showing the metric ${name}: ${of} is no value of its dimension`);
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    ...(dimension && of !== undefined && { dimensionsMap: { [dimension.name]: of } }),
    ...options,
  });
}
