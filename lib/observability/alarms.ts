/** What wakes people, each with the runbook's heading that says what to do. Called by `observability.ts`. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { belayMetric } from './metric.ts';
import type { Notifications } from './notifications.ts';

export interface AlarmsProps {
  readonly notifications: Notifications;
  readonly api: HttpApi;
  readonly sweep: IFunction;
  readonly statusQueue: IQueue;
  readonly deadLetters: readonly IQueue[];
}

/** Two sweeps: what the one that comes late tells is still in the period of the one before. */
const SWEPT = Duration.minutes(30);
const SHORT = Duration.minutes(5);

/** An alarm that goes off when a number is too high, and is silent while nobody tells it any. */
interface Watched extends Partial<Pick<AlarmProps, 'threshold' | 'evaluationPeriods'>> {
  readonly metric: IMetric;
  /** What is so, and why that matters. */
  readonly says: string;
  readonly heading: string;
  readonly comparison?: ComparisonOperator;
  /** @default nothing told is nothing wrong */
  readonly missing?: TreatMissingData;
}

/** An alarm costs 0.10 USD a month for each metric it looks at, beyond the account's first ten. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #notifications: Notifications;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#notifications = props.notifications;
    this.all = [...this.#ofReleases(), ...this.#ofThePipeline(props)];
  }

  #ofReleases(): Alarm[] {
    const { longApplyHours, longApprovalHours } = this.#notifications.settings;
    const [longApply, longApproval] = [Duration.hours(longApplyHours), Duration.hours(longApprovalHours)];
    const swept = { period: SWEPT, statistic: Stats.MAXIMUM };
    return [
      this.#alarm('belay-environment-broken', {
        metric: belayMetric('DirtyTargets', swept),
        says: 'Targets are between two commits, and nobody works on them: an apply failed and was not brought back.',
        heading: 'an-environment-is-broken',
      }),
      this.#alarm('belay-apply-too-long', {
        metric: belayMetric('LongestApply', swept),
        threshold: longApply.toSeconds(),
        says: `An apply or destroy has been running for more than ${longApply.toHumanString()}. It is never ended by Belay.`,
        heading: 'an-apply-runs-too-long',
      }),
      this.#alarm('belay-release-missing', {
        metric: belayMetric('MissingReleases', swept),
        // The first sweep that finds it starts the release: only when that did not help a person must look.
        evaluationPeriods: 2,
        says: 'The head of a default branch has no release, although the sweep has tried to start one.',
        heading: 'a-release-is-missing',
      }),
      this.#alarm('belay-approval-waits', {
        metric: belayMetric('OldestApproval', swept),
        threshold: longApproval.toSeconds(),
        says: `A change has been waiting for approval for more than ${longApproval.toHumanString()}.`,
        heading: 'an-approval-waits',
      }),
    ];
  }

  #ofThePipeline({ api, sweep, statusQueue, deadLetters }: AlarmsProps): Alarm[] {
    const lettersIn = deadLetters.map((queue, index) => [`q${index}`, visible(queue)] as const);
    return [
      this.#alarm('belay-dead-letters', {
        metric: new MathExpression({
          expression: `SUM([${lettersIn.map(([name]) => name).join(', ')}])`,
          usingMetrics: Object.fromEntries(lettersIn),
          label: 'dead letters',
          period: SHORT,
        }),
        says: 'A message could not be delivered or done however often it was tried.',
        heading: 'dead-letters',
      }),
      this.#alarm('belay-webhook-fails', {
        metric: api.metricServerError({ period: SHORT, statistic: Stats.SUM }),
        says: 'GitHub or a browser got a 5xx: the function behind failed, was throttled, or was too slow. GitHub does not try again by itself.',
        heading: 'the-webhook-fails',
      }),
      this.#alarm('belay-functions-fail', {
        metric: belayMetric('FunctionErrors', { period: Duration.minutes(15), statistic: Stats.SUM }),
        threshold: 5,
        says: 'Functions fail again and again. Single failures are tried again and say nothing.',
        heading: 'functions-fail',
      }),
      this.#alarm('belay-sweep-silent', {
        metric: new MathExpression({
          expression: 'invocations - errors',
          usingMetrics: {
            invocations: sweep.metricInvocations({ statistic: Stats.SUM }),
            errors: sweep.metricErrors({ statistic: Stats.SUM }),
          },
          label: 'sweeps that succeeded',
          period: Duration.hours(1),
        }),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        missing: TreatMissingData.BREACHING,
        says: 'For an hour no sweep has succeeded: nothing that is lost is found, and the alarms that rest on the sweep are silent.',
        heading: 'the-sweep-is-silent',
      }),
      this.#alarm('belay-github-late', {
        metric: statusQueue.metricApproximateAgeOfOldestMessage({
          period: Duration.minutes(15),
          statistic: Stats.MAXIMUM,
        }),
        threshold: Duration.minutes(30).toSeconds(),
        says: 'For half an hour GitHub could not be told of a release. Releases go on.',
        heading: 'github-shows-nothing-or-something-old',
      }),
      this.#alarm('belay-github-budget', {
        metric: belayMetric('GitHubBudget', { period: Duration.minutes(15), statistic: Stats.MINIMUM }),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: 2,
        says: 'Ends of releases wait because GitHub takes no more writes for now, or said so itself. Releases go on.',
        heading: 'the-github-budget-is-used-up',
      }),
    ];
  }

  #alarm(name: string, watched: Watched): Alarm {
    const { metric, says, heading, threshold = 1, evaluationPeriods = 1 } = watched;
    const { comparison, missing = TreatMissingData.NOT_BREACHING } = watched;
    const alarm = new Alarm(this, name, {
      alarmName: name,
      alarmDescription: `${says} What to do: ${this.#notifications.page(heading)}`,
      ...{ metric, threshold, evaluationPeriods, treatMissingData: missing },
      comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    });
    const { chat, mail } = this.#notifications;
    alarm.addAlarmAction(new SnsAction(chat), new SnsAction(mail));
    return alarm;
  }
}

/** Messages that lie in a queue. */
export const visible = (queue: IQueue) =>
  queue.metricApproximateNumberOfMessagesVisible({ period: SHORT, statistic: Stats.MAXIMUM });
