import { expect, test } from '@jest/globals';
import { datapointsIn, metricLine } from '../../../core/metrics/emf.ts';
import { METRICS, type MetricName, metric } from '../../../core/metrics/metrics.ts';

const AT = new Date('2026-11-21T08:00:00.000Z');

test('a line is what CloudWatch takes a metric out of, with facts beside it', () => {
  const line = metricLine(
    { metric: 'StageDuration', value: 12.5, of: 'apply', facts: { job: 'a/job.json' } },
    AT,
  );
  expect(JSON.parse(line)).toEqual({
    job: 'a/job.json',
    Stage: 'apply',
    StageDuration: 12.5,
    _aws: {
      Timestamp: 1795248000000,
      CloudWatchMetrics: [
        {
          Namespace: 'Belay',
          Dimensions: [['Stage']],
          Metrics: [{ Name: 'StageDuration', Unit: 'Seconds' }],
        },
      ],
    },
  });
  expect(line).not.toContain('\n');
});

test('a metric without dimension has one empty set of them, or CloudWatch would take nothing', () => {
  const { _aws } = JSON.parse(metricLine({ metric: 'GitHubBudget', value: 60 }, AT));
  expect(_aws.CloudWatchMetrics[0].Dimensions).toEqual([[]]);
});

test.each<[string, MetricName, string | undefined]>([
  ['a value that is none of the vocabulary', 'Releases', 'acme/shop'],
  ['a dimension left out', 'Releases', undefined],
  ['a dimension the metric does not have', 'LeaseWait', 'dev'],
])('%s is refused: it would be paid for', (_, name, of) => {
  expect(() => metricLine({ metric: name, value: 1, ...(of !== undefined && { of }) }, AT)).toThrow(
    `telling the metric ${name}: ${of} is no value of its dimension; see core/metrics/metrics.ts`,
  );
});

test('what is read from a line is what was told', () => {
  const line = metricLine({ metric: 'Releases', value: 1, of: 'succeeded', facts: { release: 'r' } }, AT);
  expect(datapointsIn(line)).toEqual([
    {
      namespace: 'Belay',
      name: 'Releases',
      dimensions: { Verdict: 'succeeded' },
      unit: 'Count',
      value: 1,
      at: 1795248000000,
    },
  ]);
  expect(datapointsIn('{"event":"swept"}')).toEqual([]);
  expect(datapointsIn('REPORT RequestId: 1')).toEqual([]);
});

test('all combinations together stay few: each may cost 0.30 USD a month', () => {
  const names = Object.keys(METRICS) as MetricName[];
  const combinations = names.map((name) => metric(name).dimension?.values.length ?? 1);
  expect(combinations.reduce((sum, one) => sum + one)).toBe(46);
});
