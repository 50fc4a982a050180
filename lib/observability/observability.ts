/** How the pipeline is watched: errors counted, alarms, the dashboard, saved questions to the logs. Made last: it looks at all queues. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ContainerFunction, logsOf } from '../container-function.ts';
import type { Functions } from '../functions.ts';
import { Alarms } from './alarms.ts';
import { Dashboard, type DashboardProps } from './dashboard.ts';
import { countErrors } from './function-errors.ts';
import type { Notifications } from './notifications.ts';
import { LIMIT, logQueries } from './queries.ts';

export interface ObservabilityProps extends Pick<DashboardProps, 'machines'> {
  readonly notifications: Notifications;
  readonly functions: Functions;
  readonly api: HttpApi;
  readonly statusQueue: IQueue;
}

export class Observability extends Construct {
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { notifications, functions, api, statusQueue, machines } = props;
    const logs = functions.node
      .findAll()
      .flatMap((one) => (one instanceof ContainerFunction ? logsOf(one.fn) : []));
    countErrors(logs);
    // Every other queue is where messages end that could not be done: none can be forgotten.
    const deadLetters = Stack.of(this)
      .node.findAll()
      .filter((one) => one instanceof Queue && one !== statusQueue)
      .map((one) => one as Queue);
    const watched = { api, sweep: functions.sweep, statusQueue, deadLetters };
    const alarms = new Alarms(this, 'Alarms', { ...watched, notifications });
    const queries = logQueries(functions, logs);
    for (const { name, logs: logGroups, fields, filter, sort } of queries)
      new QueryDefinition(this, name, {
        queryDefinitionName: `Belay/${name}`,
        queryString: new QueryString({
          ...{ fields: [...fields], filterStatements: [filter], sort, limit: LIMIT },
        }),
        logGroups: [...logGroups],
      });
    new Dashboard(this, 'Dashboard', {
      ...{ ...watched, alarms: alarms.all, machines, queries },
      runbook: notifications.page('what-woke-you'),
    });
  }
}
