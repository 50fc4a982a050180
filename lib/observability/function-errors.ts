/** Counts what goes wrong in functions, whatever it is, by what Lambda writes into their logs. */
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { FilterPattern } from 'aws-cdk-lib/aws-logs';
import { FAILED_INVOCATION, type MetricName, NAMESPACE } from '../../core/metrics/metrics.ts';

/**
 * All logs feed one metric: Lambda's own `Errors` would be as many alarmed metrics as there are functions. Without a default value
 * nothing is told, and nothing paid, while all is well. Lambda's lines begin with a time or `RequestId`, those of Belay with `{`: these may
 * repeat such words in the reason of a target, and are no failure. Terms cannot be anchored, so it is an expression, whose syntax has no
 * parentheses and no spaces: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
 */
export function countErrors(logs: readonly LogGroup[]): void {
  const metricName: MetricName = 'FunctionErrors';
  const expression = FAILED_INVOCATION.map((words) => `^[A-Z0-9].*${words.replaceAll(' ', '.')}`).join('|');
  for (const log of logs)
    log.addMetricFilter('Errors', {
      metricNamespace: NAMESPACE,
      metricName,
      filterPattern: FilterPattern.literal(`%${expression}%`),
    });
}
