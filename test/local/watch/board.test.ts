/** The dashboard of the twin: the stack's own widgets and alarms over what functions have told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Datapoint, metricLine } from '../../../core/metrics/emf.ts';
import { loadAssembly } from '../../../local/assembly/load.ts';
import type { AlarmDefinition } from '../../../local/assembly/model.ts';
import { boardLines } from '../../../local/cli/commands/metrics.ts';
import { alarmState } from '../../../local/watch/alarms.ts';
import { boardOf } from '../../../local/watch/board.ts';
import { Notices } from '../../../local/watch/notices.ts';
import { seriesOf, statistic } from '../../../local/watch/statistics.ts';
import { toldIn } from '../../../local/watch/told.ts';
import { temporaryFolder, writeStack } from '../world/small-stack.ts';

const AT = Date.parse('2026-11-21T08:00:00.000Z');
const MINUTE = 60_000;

const point = (name: string, value: number, minutes: number, dimensions = {}): Datapoint => ({
  ...{ namespace: 'Belay', name, dimensions, unit: 'Count', value },
  at: AT + minutes * MINUTE,
});
const metric = (name: string, statisticName: string, dimensions = {}) => ({
  ...{ namespace: 'Belay', name, dimensions, statistic: statisticName, periodSeconds: 900 },
});

test.each([
  ['Sum', 10],
  ['Average', 2.5],
  ['Maximum', 4],
  ['Minimum', 1],
  ['p50', 2],
  ['p90', 4],
])('%s of 4, 1, 3, 2 is %s', (name, value) => {
  expect(statistic(name, [4, 1, 3, 2])).toBe(value);
});

test('values are gathered into periods, those of other dimensions left out', () => {
  const told = [
    point('Releases', 1, 0, { Verdict: 'failed' }),
    point('Releases', 1, 14, { Verdict: 'failed' }),
    point('Releases', 1, 15, { Verdict: 'failed' }),
    point('Releases', 1, 15, { Verdict: 'succeeded' }),
    point('Releases', 5, 0),
  ];
  expect(seriesOf(metric('Releases', 'Sum', { Verdict: 'failed' }), told)).toEqual([
    { at: AT, value: 2 },
    { at: AT + 15 * MINUTE, value: 1 },
  ]);
});

const alarm = (change: Partial<AlarmDefinition> = {}): AlarmDefinition => ({
  name: 'a',
  description: 'd',
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  periods: 1,
  missing: 'notBreaching',
  metrics: { metric: metric('DirtyTargets', 'Maximum') },
  ...change,
});
const isRed = async (change: Partial<AlarmDefinition>, told: readonly Datapoint[], minutes = 10) =>
  (await alarmState(alarm(change), told, AT + minutes * MINUTE)).isRed;

test('an alarm is red while the newest periods are, and only then', async () => {
  expect(await isRed({}, [])).toBe(false);
  expect(await isRed({ missing: 'breaching' }, [])).toBe(true);
  expect(await isRed({}, [point('DirtyTargets', 2, 0)])).toBe(true);
  expect(await isRed({ threshold: 3 }, [point('DirtyTargets', 2, 0)])).toBe(false);
  expect(await isRed({}, [point('DirtyTargets', 2, 0)], 20)).toBe(false);
  const twice = { periods: 2 };
  expect(await isRed(twice, [point('DirtyTargets', 1, 9)])).toBe(false);
  expect(await isRed(twice, [point('DirtyTargets', 1, 9), point('DirtyTargets', 1, -10)])).toBe(true);
});

test('an alarm over an expression', async () => {
  const sum = { expression: 'SUM([q0, q1])', metrics: { q0: metric('A', 'Sum'), q1: metric('B', 'Sum') } };
  expect(await isRed(sum, [point('B', 1, 0)])).toBe(true);
  expect(await isRed(sum, [point('B', 0, 0)])).toBe(false);
  const difference = {
    ...({ expression: 'a - b', comparison: 'LessThanThreshold', missing: 'breaching' } as const),
    metrics: { a: metric('A', 'Sum'), b: metric('B', 'Sum') },
  };
  expect(await isRed(difference, [point('A', 4, 0), point('B', 4, 0)])).toBe(true);
  expect(await isRed(difference, [point('A', 4, 0), point('B', 3, 0)])).toBe(false);
  expect(await isRed(difference, [])).toBe(true);
});

function logs(): string {
  const folder = join(temporaryFolder('told'), 'logs');
  mkdirSync(folder);
  const line = metricLine({ metric: 'GitHubBudget', value: 3 }, new Date(AT));
  writeFileSync(
    join(folder, 'hello.log'),
    [
      `2026-11-21T08:00:00.000Z ${line}`,
      '2026-11-21T08:00:00.100Z {"event":"swept"}',
      '2026-11-21T08:00:00.200Z REPORT RequestId: 1 Duration: 5.0 ms',
      '2026-11-21T08:01:00.000Z REPORT RequestId: 2 Duration: 5.0 ms FAILED',
      '',
    ].join('\n'),
  );
  return folder;
}

const dashboard = {
  Board: {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: {
      DashboardName: 'belay',
      DashboardBody: JSON.stringify({
        widgets: [
          {
            ...{ type: 'metric', x: 0, y: 0, width: 8, height: 6 },
            properties: {
              title: 'Numbers',
              view: 'timeSeries',
              metrics: [
                ['Belay', 'GitHubBudget', { label: 'least left', stat: 'Minimum', period: 900 }],
                ['AWS/Lambda', 'Errors', 'FunctionName', 'hello', { label: 'failed', stat: 'Sum' }],
              ],
            },
          },
          {
            ...{ type: 'metric', x: 8, y: 0, width: 8, height: 6 },
            properties: { title: 'Nothing', metrics: [['Belay', 'LeaseWait']] },
          },
        ],
      }),
    },
  },
  Failing: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      ...{ AlarmName: 'functions', AlarmDescription: 'look there', Threshold: 1, EvaluationPeriods: 1 },
      ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'notBreaching' },
      ...{ Namespace: 'Belay', MetricName: 'FunctionErrors', Period: 300, Statistic: 'Sum' },
    },
  },
};

test('what the functions of a stack told, on its dashboard, as people read it', async () => {
  const cdkOut = writeStack({ functions: { hello: '' }, resources: dashboard });
  const assembly = loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:1' });
  const told = toldIn(logs(), assembly.functions);
  expect(told.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'GitHubBudget 3',
    'Invocations 1',
    'Errors 0',
    'Invocations 1',
    'Errors 1',
    'FunctionErrors 1',
  ]);
  const notices = new Notices(join(temporaryFolder('notices'), 'n.jsonl'), {
    now: () => AT,
    after: () => () => undefined,
  });
  expect(notices.all()).toEqual([]);
  notices.add('arn:aws:sns:eu-west-1:123456789012:chat', '{"version":"1.0"}');
  notices.add('arn:aws:sns:eu-west-1:123456789012:mail', '"dev is broken"\n"why"');
  const board = await boardOf(assembly, { told, notices: notices.all(), now: AT + 2 * MINUTE });
  expect(board.widgets[0]).toMatchObject({
    ...{ kind: 'metric', title: 'Numbers', view: 'timeSeries' },
    place: { x: 0, y: 0, width: 8, height: 6 },
  });
  expect(boardLines(board)).toEqual([
    '1 of 1 alarms are red:',
    '  functions: look there',
    '',
    'Numbers',
    '  least left  3',
    '  failed      1',
    '',
    'nothing told: Nothing',
    '',
    'what people were told',
    '  2026-11-21T08:00:00.000Z  dev is broken',
    '                            why',
  ]);
});
