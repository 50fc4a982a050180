/** Reads how the stack is watched: alarms, and the widgets of its dashboard. */
import { z } from 'zod';
import type { AlarmDefinition, MetricOfWidget, MetricReference, WidgetDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { ignored, readAll } from './schema.ts';

const dimensionsSchema = z
  .array(z.object({ Name: z.string(), Value: z.string() }))
  .default([])
  .transform((all) => Object.fromEntries(all.map(({ Name, Value }) => [Name, Value])));

const alarmSchema = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: ignored,
  Threshold: z.number(),
  ComparisonOperator: z.enum(['GreaterThanOrEqualToThreshold', 'LessThanThreshold']),
  EvaluationPeriods: z.int(),
  TreatMissingData: z.enum(['notBreaching', 'breaching']),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensionsSchema,
  Period: z.int().optional(),
  Statistic: z.string().optional(),
  Metrics: z
    .array(
      z.strictObject({
        Id: z.string(),
        Expression: z.string().optional(),
        Label: ignored,
        ReturnData: ignored,
        MetricStat: z
          .strictObject({
            Metric: z.strictObject({
              Namespace: z.string(),
              MetricName: z.string(),
              Dimensions: dimensionsSchema,
            }),
            Period: z.int(),
            Stat: z.string(),
          })
          .optional(),
      }),
    )
    .default([]),
  Tags: ignored,
});

/** The alarms of the stack. */
export function readAlarms(resolver: Resolver): AlarmDefinition[] {
  return readAll(resolver, { type: 'AWS::CloudWatch::Alarm', schema: alarmSchema }, (alarm) => ({
    name: alarm.AlarmName,
    description: alarm.AlarmDescription,
    threshold: alarm.Threshold,
    comparison: alarm.ComparisonOperator,
    periods: alarm.EvaluationPeriods,
    missing: alarm.TreatMissingData,
    metrics: metricsOf(alarm),
    expression: alarm.Metrics.find(({ Expression }) => Expression !== undefined)?.Expression,
  }));
}

function metricsOf(alarm: z.output<typeof alarmSchema>): Record<string, MetricReference> {
  const { Namespace = '', MetricName = '', Dimensions, Statistic = '', Period = 0, Metrics } = alarm;
  const one = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
  if (Metrics.length === 0) return { metric: { ...one, statistic: Statistic, periodSeconds: Period } };
  const many = Metrics.flatMap(({ Id, MetricStat }) => {
    if (MetricStat === undefined) return [];
    const { Metric, Stat: statistic, Period: periodSeconds } = MetricStat;
    const { Namespace: namespace, MetricName: name, Dimensions: dimensions } = Metric;
    return [[Id, { namespace, name, dimensions, statistic, periodSeconds }] as const];
  });
  return Object.fromEntries(many);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const bodySchema = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
      properties: z.object({
        title: z.string().default(''),
        markdown: z.string().optional(),
        view: z.string().optional(),
        stat: z.string().default('Average'),
        period: z.number().default(300),
        metrics: z.array(z.array(z.unknown())).default([]),
      }),
    }),
  ),
});
const optionsSchema = z.object({
  label: z.string().optional(),
  stat: z.string().optional(),
  period: z.number().optional(),
  color: z.string().optional(),
  yAxis: z.enum(['left', 'right']).default('left'),
});
const dashboardSchema = z.strictObject({ DashboardName: ignored, DashboardBody: z.string() });

/** The widgets of the stack's dashboards. */
export function readWidgets(resolver: Resolver): WidgetDefinition[] {
  const reader = { type: 'AWS::CloudWatch::Dashboard', schema: dashboardSchema };
  return readAll(resolver, reader, ({ DashboardBody }) =>
    bodySchema
      .parse(JSON.parse(DashboardBody))
      .widgets.map(({ type: kind, x, y, width, height, properties }) => ({
        kind,
        title: properties.title,
        place: { x, y, width, height },
        view: properties.view,
        markdown: properties.markdown,
        metrics: properties.metrics.map((row) => metricOf(row, properties)),
      })),
  ).flat();
}

/** `["Belay", "Releases", "Verdict", "failed", {"label": …}]` */
function metricOf(
  row: readonly unknown[],
  { stat, period }: { readonly stat: string; readonly period: number },
): MetricOfWidget {
  const [namespace = '', name = '', ...pairs] = row.filter((one) => typeof one === 'string');
  const options = optionsSchema.parse(row.find((one) => typeof one === 'object') ?? {});
  const dimensions: Record<string, string> = {};
  for (let at = 0; at < pairs.length; at += 2) dimensions[pairs[at] ?? ''] = pairs[at + 1] ?? '';
  return {
    ...{ namespace, name, dimensions },
    statistic: options.stat ?? stat,
    periodSeconds: options.period ?? period,
    label: options.label ?? name,
    color: options.color,
    isRight: options.yAxis === 'right',
  };
}
