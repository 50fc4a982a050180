/**
 * Every metric Belay makes: names, units and dimensions in one place, for the functions that tell them, the dashboard, the alarms and the
 * local twin. Each combination of a metric and a value of its dimension costs 0.30 USD for a whole month in which it is told (less by the
 * hour: https://aws.amazon.com/cloudwatch/pricing/), so dimensions are closed vocabularies; repositories and targets are facts of the
 * log line, to be searched.
 */
import { FAILURES } from '../deployment/failure-name.ts';
import { environmentVerdictSchema, releaseVerdictSchema, stageSchema } from '../words.ts';

export const NAMESPACE = 'Belay';

/** Of CloudWatch's units those used here; it has none of money: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export type Unit = 'Count' | 'Seconds' | 'None';

/** What is known of a metric before any value is. */
export interface MetricDefinition {
  readonly unit: Unit;
  /** What it tells, for the documents. */
  readonly about: string;
  /** The one dimension it has, if it has one, and the values that can take. */
  readonly dimension?: { readonly name: string; readonly values: readonly string[] };
}

const defined = <const Name extends string>(metrics: Readonly<Record<Name, MetricDefinition>>) => metrics;

/** Told once, when something has happened. */
const EVENTS = defined({
  Releases: {
    unit: 'Count',
    about: 'releases that have ended, without plans',
    dimension: { name: 'Verdict', values: releaseVerdictSchema.options },
  },
  Deployments: {
    unit: 'Count',
    about: 'releases that have ended in one environment, without plans',
    dimension: { name: 'Verdict', values: environmentVerdictSchema.options },
  },
  ReleaseDuration: {
    unit: 'Seconds',
    about: 'from its start to its end, of a release that asked nobody and was not redriven',
  },
  PlanDuration: { unit: 'Seconds', about: 'the same of a plan' },
  ReleaseCost: {
    unit: 'None',
    about:
      'US dollars that a release or a plan has cost, told at its end; what an end before it told is not told again',
  },
  TargetFailures: {
    unit: 'Count',
    about: 'targets that ended `failed` or `rollback-failed`, without plans',
    dimension: { name: 'Error', values: FAILURES },
  },
  LeaseWait: { unit: 'Seconds', about: 'from asking for the lease of an environment to going on with it' },
  JobWait: {
    unit: 'Seconds',
    about: 'from the order of a job to its admission: the queue (RUNNABLE), the pull of the image, the start',
  },
  StageDuration: {
    unit: 'Seconds',
    about: 'from the admission of a job to its end',
    dimension: { name: 'Stage', values: stageSchema.options },
  },
  GitHubBudget: {
    unit: 'Count',
    about: 'writes to GitHub that may still be done at once; 0: an end had to wait',
  },
  FunctionErrors: {
    unit: 'Count',
    about:
      'invocations that failed, timed out or crashed, of all functions; counted by filters on their logs',
  },
});

/** How things stand, looked up by every sweep. What is zero is not told: an idle pipeline costs nothing. */
const GAUGES = defined({
  DirtyTargets: { unit: 'Count', about: 'targets between two commits that nobody works on' },
  ApprovalsWaiting: { unit: 'Count', about: 'changes that wait for a person' },
  OldestApproval: { unit: 'Seconds', about: 'since when the longest of them waits' },
  DeploymentsQueued: { unit: 'Count', about: 'deployments that wait for the lease of an environment' },
  LongestApply: {
    unit: 'Seconds',
    about: 'how long the longest apply or destroy under way has been running',
  },
  MissingReleases: { unit: 'Count', about: 'heads of default branches that no release has come for' },
  DeadLetters: {
    unit: 'Count',
    about: 'messages that could not be delivered or done, in all queues of dead letters',
  },
  SweepProblems: { unit: 'Count', about: 'what the sweep could not look at' },
});

/**
 * What Lambda's log says of an invocation that threw, crashed or took too long (the runtime for Node.js, and the service):
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
export const FAILED_INVOCATION: readonly string[] = [
  'Invoke Error',
  'Uncaught Exception',
  'Unhandled Promise Rejection',
  'Runtime exited',
  'Task timed out after',
];

export const METRICS = { ...EVENTS, ...GAUGES };
export type MetricName = keyof typeof METRICS;
export type Gauge = keyof typeof GAUGES;

/** The definition, where its dimension is asked for. */
export const metric = (name: MetricName): MetricDefinition => METRICS[name];
