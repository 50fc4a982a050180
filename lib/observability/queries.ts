/** Questions to the logs: on the dashboard, and saved under Logs Insights. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { FAILED_INVOCATION, type MetricName } from '../../core/metrics/metrics.ts';
import { logsOf } from '../container-function.ts';
import type { Functions } from '../functions.ts';

export interface LogQuery {
  readonly name: string;
  readonly logs: readonly ILogGroup[];
  readonly fields: readonly string[];
  readonly filter: string;
  readonly sort: string;
}

/** What one sees without turning pages. */
export const LIMIT = 20;

const NEWEST = '@timestamp desc';

const failures: MetricName = 'TargetFailures';
const releases: MetricName = 'Releases';
const stages: MetricName = 'StageDuration';

/** `all`: the logs of all functions. */
export function logQueries(functions: Functions, all: readonly ILogGroup[]): LogQuery[] {
  const status = [logsOf(functions.gitStatus)];
  return [
    {
      name: 'Targets that failed',
      logs: status,
      fields: ['@timestamp', 'repository', 'environment', 'component', 'Error', 'reason', 'release'],
      filter: `ispresent(${failures})`,
      sort: NEWEST,
    },
    {
      name: 'What the sweep did',
      logs: [logsOf(functions.sweep)],
      fields: ['@timestamp', 'did'],
      filter: 'event = "swept"',
      sort: NEWEST,
    },
    {
      name: 'What GitHub did not take',
      logs: status,
      fields: ['@timestamp', 'event', 'release', 'error', 'seconds'],
      filter: 'event like /status|history|deployment/',
      sort: NEWEST,
    },
    {
      name: 'Functions that failed',
      logs: all,
      fields: ['@timestamp', '@log', '@message'],
      filter: `@message like /${FAILED_INVOCATION.join('|')}/ and @message not like /^{/`,
      sort: NEWEST,
    },
    {
      name: 'Releases that ended',
      logs: status,
      fields: ['@timestamp', 'repository', 'operation', 'Verdict', 'release'],
      filter: `ispresent(${releases})`,
      sort: NEWEST,
    },
    {
      name: 'The longest jobs',
      logs: [logsOf(functions.admit)],
      fields: ['@timestamp', 'Stage', `${stages} as seconds`, 'job'],
      filter: `ispresent(${stages})`,
      sort: 'seconds desc',
    },
  ];
}
