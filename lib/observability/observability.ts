/** How the pipeline is watched: errors counted, alarms, the dashboard, saved questions to the logs. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ContainerFunction, logsOf } from '../container-function.ts';
import type { Functions } from '../functions.ts';
import type { ImageBuilds } from '../image-builds.ts';
import { Alarms } from './alarms.ts';
import { Dashboard, type DashboardProps } from './dashboard.ts';
import { countErrors } from './function-errors.ts';
import type { Notifications } from './notifications.ts';
import { LIMIT, logQueries } from './queries.ts';

export interface ObservabilityProps extends Pick<DashboardProps, 'machines'> {
  readonly notifications: Notifications;
  readonly functions: Functions;
  readonly imageBuilds: ImageBuilds;
  readonly api: HttpApi;
  readonly statusQueue: IQueue;
}

export class Observability extends Construct {
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { notifications, functions, imageBuilds, api, statusQueue, machines } = props;
    const logs = functions.node
      .findAll()
      .flatMap((one) => (one instanceof ContainerFunction ? logsOf(one.fn) : []));
    logs.push(imageBuilds.log);
    countErrors(logs);
    const watched = { api, sweep: functions.sweep, statusQueue };
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
