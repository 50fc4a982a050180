/** Counts what goes wrong in functions, whatever it is, by what Lambda writes into their logs. */
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { FilterPattern } from 'aws-cdk-lib/aws-logs';
import { FAILED_INVOCATION, type MetricName, NAMESPACE } from '../../core/metrics/metrics.ts';

/**
 * All logs feed one metric: Lambda's own `Errors` would be as many alarmed metrics as there are functions. Without a default value
 * nothing is told, and nothing paid, while all is well.
 */
export function countErrors(logs: readonly LogGroup[]): void {
  const metricName: MetricName = 'FunctionErrors';
  for (const log of logs)
    log.addMetricFilter('Errors', {
      metricNamespace: NAMESPACE,
      metricName,
      filterPattern: FilterPattern.anyTerm(...FAILED_INVOCATION),
    });
}
