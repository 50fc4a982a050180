/** One page for somebody who was woken: is it well, what waits, what runs, what comes in, and what the logs say. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  Color,
  GraphWidget,
  GraphWidgetView,
  type IMetric,
  type IWidget,
  LegendPosition,
  LogQueryWidget,
  PeriodOverride,
  SingleValueWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Aws, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { MetricName } from '../../core/metrics/metrics.ts';
import { metric } from '../../core/metrics/metrics.ts';
import { visible } from './alarms.ts';
import { belayMetric } from './metric.ts';
import { LIMIT, type LogQuery } from './queries.ts';

export interface DashboardProps {
  readonly alarms: readonly Alarm[];
  readonly api: HttpApi;
  readonly sweep: IFunction;
  readonly statusQueue: IQueue;
  readonly machines: Readonly<Record<'release' | 'deployment', IStateMachine>>;
  readonly queries: readonly LogQuery[];
  /** Where the runbook is read. */
  readonly runbook: string;
}

const WIDTH = 24;
const PERIOD = Duration.minutes(15);
const THIRD = { width: WIDTH / 3, height: 6 };
const HALF = { width: WIDTH / 2, height: 6 };

/** Good, bad, worst; what ended without harm is grey. */
const COLOURS: Readonly<Record<string, string>> = {
  succeeded: Color.GREEN,
  failed: Color.ORANGE,
  'rolled-back': Color.PURPLE,
  broken: Color.RED,
  superseded: '#aaaaaa',
  cancelled: '#7f7f7f',
  refused: Color.BROWN,
  'nothing-to-do': '#c7e9c0',
};

/** The verdicts worth a bar; nobody is woken by the others. */
const VERDICTS = {
  Releases: ['succeeded', 'nothing-to-do', 'failed', 'refused', 'superseded', 'cancelled'],
  Deployments: ['succeeded', 'failed', 'rolled-back', 'broken'],
} as const;

/** One dashboard, with at most 50 metrics: an account's first three of that size cost nothing. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, 'Page', {
      dashboardName: 'belay',
      defaultInterval: Duration.hours(12),
      // Sums of a longer period would be told for every bar.
      periodOverride: PeriodOverride.INHERIT,
    });
    const rows = [
      [header(props)],
      ...section('Is it well?', health(props)),
      ...section('What waits', queues(props)),
      ...section('What runs', runs()),
      ...section('What comes in', ways(props)),
      ...section('What the logs say', props.queries.map(logs)),
    ];
    for (const row of rows) dashboard.addWidgets(...row);
  }
}

const section = (title: string, widgets: readonly IWidget[]): IWidget[][] => [
  [new TextWidget({ markdown: `## ${title}`, width: WIDTH, height: 1 })],
  [...widgets],
];

function header({ machines, runbook }: DashboardProps): IWidget {
  const console = `https://${Aws.REGION}.console.aws.amazon.com`;
  const machine = (of: IStateMachine) =>
    `${console}/states/home?region=${Aws.REGION}#/statemachines/view/${of.stateMachineArn}`;
  const links = [
    `[Runbook](${runbook})`,
    `[Releases](${machine(machines.release)})`,
    `[Deployments](${machine(machines.deployment)})`,
    `[Jobs](${console}/batch/home?region=${Aws.REGION}#jobs)`,
    `[Log queries](${console}/cloudwatch/home?region=${Aws.REGION}#logsV2:logs-insights)`,
    `[Traces](${console}/cloudwatch/home?region=${Aws.REGION}#xray:traces/query)`,
  ];
  const markdown = `# Belay\n${links.join(' · ')}\n\nRed in the first row: its description names the page of the runbook. A number that is missing is zero.`;
  return new TextWidget({ markdown, width: WIDTH, height: 3 });
}

function health({ alarms }: DashboardProps): IWidget[] {
  const now = (name: MetricName, label: string) =>
    belayMetric(name, { period: Duration.minutes(30), statistic: Stats.MAXIMUM, label });
  return [
    new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 14, height: 4 }),
    new SingleValueWidget({
      title: 'Now (of the last sweep; nothing is zero)',
      metrics: [
        now('DirtyTargets', 'dirty targets'),
        now('ApprovalsWaiting', 'approvals waiting'),
        now('DeploymentsQueued', 'wait for a lease'),
        now('LongestApply', 'longest apply (s)'),
        now('MissingReleases', 'releases missing'),
        now('SweepProblems', 'not swept'),
      ],
      width: 10,
      height: 4,
    }),
  ];
}

function queues({ statusQueue }: DashboardProps): IWidget[] {
  const age = statusQueue.metricApproximateAgeOfOldestMessage({
    ...{ period: PERIOD, statistic: Stats.MAXIMUM, label: 'oldest (s)' },
  });
  const most = (name: MetricName, label: string) =>
    belayMetric(name, { period: PERIOD, statistic: Stats.MAXIMUM, label });
  const waits = (name: MetricName, label: string) => [
    belayMetric(name, { period: PERIOD, statistic: Stats.p(50), label: `${label}, median` }),
    most(name, `${label}, longest`),
  ];
  return [
    lines('Waiting, seconds', [...waits('LeaseWait', 'for a lease'), ...waits('JobWait', 'job to begin')]),
    lines(
      'Waiting for people and leases',
      [most('ApprovalsWaiting', 'approvals'), most('DeploymentsQueued', 'deployments')],
      { right: [most('OldestApproval', 'oldest approval (s)')] },
    ),
    lines('To be told to GitHub', [visible(statusQueue).with({ label: 'messages' })], { right: [age] }),
    lines('Dead letters', [most('DeadLetters', 'in all queues')], { size: HALF }),
    lines(
      'Writes GitHub still takes at once',
      [belayMetric('GitHubBudget', { period: PERIOD, statistic: Stats.MINIMUM, label: 'least left' })],
      { size: HALF },
    ),
  ];
}

function runs(): IWidget[] {
  const duration = (name: MetricName, label: string) =>
    belayMetric(name, { period: PERIOD, statistic: Stats.p(50), label });
  const values = (name: MetricName) => metric(name).dimension?.values ?? [];
  return [
    totals('Releases by verdict', all('Releases', VERDICTS.Releases)),
    totals('Environments by verdict', all('Deployments', VERDICTS.Deployments)),
    lines('Duration, seconds (median)', [
      duration('ReleaseDuration', 'release, asking nobody'),
      duration('PlanDuration', 'plan of a pull request'),
    ]),
    lines(
      'Stages, seconds (average)',
      values('StageDuration').map((of) =>
        belayMetric('StageDuration', { of, period: PERIOD, statistic: Stats.AVERAGE, label: of }),
      ),
    ),
    totals('Failures of targets by name', all('TargetFailures', values('TargetFailures'))),
    lines('Cost, US dollars', [
      belayMetric('ReleaseCost', { period: PERIOD, statistic: Stats.SUM, label: 'releases and plans' }),
      belayMetric('ReleaseCost', { period: PERIOD, statistic: Stats.MAXIMUM, label: 'the dearest' }),
    ]),
  ];
}

function ways({ api, sweep }: DashboardProps): IWidget[] {
  const sum = { period: PERIOD, statistic: Stats.SUM };
  return [
    lines('Requests', [
      api.metricCount({ ...sum, label: 'all' }),
      api.metricClientError({ ...sum, label: '4xx: refused or throttled', color: Color.ORANGE }),
      api.metricServerError({ ...sum, label: '5xx: failed', color: Color.RED }),
    ]),
    lines('Functions that failed', [
      belayMetric('FunctionErrors', { ...sum, label: 'invocations', color: Color.RED }),
    ]),
    lines('Sweeps', [
      sweep.metricInvocations({ ...sum, label: 'run' }),
      sweep.metricErrors({ ...sum, label: 'failed', color: Color.RED }),
    ]),
  ];
}

const all = (name: MetricName, values: readonly string[]) =>
  values.map((of) =>
    belayMetric(name, {
      ...{ of, period: PERIOD, statistic: Stats.SUM, label: of },
      ...(COLOURS[of] && { color: COLOURS[of] }),
    }),
  );

/** Totals of the time that is looked at, side by side: CloudWatch draws no bars over time. */
const totals = (title: string, left: IMetric[]): IWidget =>
  new GraphWidget({
    ...{ title, left, ...THIRD, view: GraphWidgetView.BAR, setPeriodToTimeRange: true },
    ...{ legendPosition: LegendPosition.HIDDEN, leftYAxis: { min: 0 }, statistic: Stats.SUM },
  });

const lines = (title: string, left: IMetric[], { right = [], size = THIRD }: LineOptions = {}): IWidget =>
  new GraphWidget({ title, left, right, ...size, leftYAxis: { min: 0 }, rightYAxis: { min: 0 } });

interface LineOptions {
  readonly right?: IMetric[];
  readonly size?: typeof THIRD;
}

const logs = ({ name, logs: groups, fields, filter, sort }: LogQuery): IWidget =>
  new LogQueryWidget({
    title: name,
    logGroupNames: groups.map(({ logGroupName }) => logGroupName),
    queryLines: [`fields ${fields.join(', ')}`, `filter ${filter}`, `sort ${sort}`, `limit ${LIMIT}`],
    width: WIDTH / 2,
    height: 6,
  });
