/**
 * Values of metrics as one line of a log: CloudWatch takes them out of it by itself, without a call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * Written by the functions, read by the local twin.
 */
import * as z from 'zod';
import { type MetricName, metric, NAMESPACE } from './metrics.ts';

/** One value, and what people search by. */
export interface Measurement {
  readonly metric: MetricName;
  readonly value: number;
  /** The value of the metric's dimension, for a metric that has one. */
  readonly of?: string;
  /** Which release, which target: never a dimension. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * The line. @throws Error when the metric's dimension has no such value: every other one would be paid for.
 */
export function metricLine({ metric: name, value, of, facts }: Measurement, at: Date): string {
  const { unit, dimension } = metric(name);
  if (dimension?.values.includes(of ?? '') === false || (dimension === undefined && of !== undefined))
    throw new Error(
      `telling the metric ${name}: ${of} is no value of its dimension; see core/metrics/metrics.ts`,
    );
  const dimensions = dimension === undefined ? [] : [dimension.name];
  return JSON.stringify({
    ...facts,
    ...(dimension && { [dimension.name]: of }),
    [name]: value,
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [
        { Namespace: NAMESPACE, Dimensions: [dimensions], Metrics: [{ Name: name, Unit: unit }] },
      ],
    },
  });
}

const documentSchema = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});

/** One value as CloudWatch has it. */
export interface Datapoint {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What CloudWatch would take out of a line; nothing of one that is no such document. */
export function datapointsIn(line: string): Datapoint[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const document = documentSchema.parse(JSON.parse(line));
  const { Timestamp: at, CloudWatchMetrics: directives } = document._aws;
  return directives.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name: name, Unit: unit }) => ({
        ...{ namespace, name, unit, at },
        dimensions: Object.fromEntries(names.map((dimension) => [dimension, String(document[dimension])])),
        value: Number(document[name]),
      })),
    ),
  );
}
