/** The Deployment machine: one release in one environment, under the environment's lease. */
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Fail,
  LogLevel,
  Pass,
  QueryLanguage,
  S3JsonItemReader,
  StateMachine,
  StateMachineType,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { DEPLOYMENT_FAILED, STILL_WRITING } from '../core/failures.ts';
import {
  accept,
  acceptPatterns,
  executionsIn,
  FAILURES_LOGGED,
  SERVICES_WITHOUT_RESOURCES,
} from './accepted.ts';
import { allow } from './allow.ts';
import type { AppBuilds } from './app-builds.ts';
import type { Queues } from './executor.ts';
import type { Functions } from './functions.ts';
import { DEPLOYMENT_MACHINE, TARGETS } from './names.ts';
import type { Stores } from './stores.ts';
import { TargetFlow } from './target-flow.ts';
import { FUNCTION_RETRY, functionTask, OUTLASTING_RETRY, tokenTask } from './tasks.ts';

export interface DeploymentMachineProps {
  readonly functions: Functions;
  readonly stores: Stores;
  readonly queues: Queues;
  readonly builds: AppBuilds;
  readonly retention: Configuration['retention'];
}

/** Input: `{release, environment}`. Output: `{verdict}`, or the error `DeploymentFailed` with a sentence for people. */
export class DeploymentMachine extends Construct {
  readonly machine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    { functions, stores, queues, builds, retention }: DeploymentMachineProps,
  ) {
    super(scope, id);

    const giveBack = functionTask(this, 'Give the lease back', {
      fn: functions.lease,
      payload: `$merge([$deployment, {'action': 'give-back'}])`,
      retries: [{ ...OUTLASTING_RETRY, errors: [STILL_WRITING] }, FUNCTION_RETRY],
    });
    giveBack.next(
      Choice.jsonata(this, 'How did it end?')
        .when(
          Condition.jsonata(`{% $settled.verdict in ['succeeded', 'superseded'] %}`),
          Succeed.jsonata(this, 'Deployed', { outputs: { verdict: '{% $settled.verdict %}' } }),
        )
        .otherwise(
          Fail.jsonata(this, 'Deployment failed', {
            error: DEPLOYMENT_FAILED,
            cause: '{% $settled.summary %}',
          }),
        ),
    );

    const settle = functionTask(this, 'Settle the deployment', {
      fn: functions.settle,
      payload: `$merge([$deployment, {'scope': 'environment'}, $ended ? {'ended': $ended} : {}])`,
      assign: { settled: '{% $states.result.Payload %}' },
    });
    settle.next(giveBack);
    // The lease must not be kept by a deployment that cannot even be settled.
    settle.addCatch(giveBack, {
      errors: ['States.ALL'],
      assign: {
        settled: {
          verdict: 'failed',
          summary: `{% 'settling the deployment failed: ' & $string($states.errorOutput.Cause) %}`,
        },
      },
    });

    const endedAs = (name: string, verdict: string, reason: string) =>
      Pass.jsonata(this, name, { assign: { ended: { verdict, reason } } }).next(settle);
    const failedWhile = (doing: string) => ({
      errors: ['States.ALL'],
      assign: {
        ended: { verdict: 'failed', reason: `{% '${doing}: ' & $string($states.errorOutput.Cause) %}` },
      },
    });

    // One pass after another through the same flow: the deployment itself, then, after a failure in the cloud, back to last good
    // (dependents first) and its verification (needs first). `round` says which pass is next and where its targets are listed.
    const targets = DistributedMap.jsonata(this, 'Go through the targets', {
      label: TARGETS,
      mapExecutionType: StateMachineType.STANDARD,
      itemReader: new TargetsReader({ bucket: stores.artifacts, key: '{% $round.targetsKey %}' }),
      itemSelector: {
        release: '{% $deployment.release %}',
        environment: '{% $deployment.environment %}',
        execution: '{% $deployment.execution %}',
        fence: '{% $grant.fence %}',
        pass: '{% $round.pass %}',
        component: '{% $states.context.Map.Item.Value.component %}',
        test: '{% $states.context.Map.Item.Value.test %}',
        // Absent where nothing is built, and in lists that an older version has written.
        build: '{% $states.context.Map.Item.Value.build = true %}',
        write: '{% $states.context.Map.Item.Value.write %}',
      },
      // Children end in outcomes, not in failures; one lost child must not stop its siblings.
      toleratedFailurePercentage: 100,
      outputs: '{% $states.input %}',
    });
    targets.itemProcessor(new TargetFlow(this, 'Target', { functions, queues }).start);
    const rollback = functionTask(this, 'Find what to roll back', {
      fn: functions.rollback,
      payload: `$merge([$deployment, {'fence': $grant.fence, 'after': $round.pass}])`,
      retries: [{ ...OUTLASTING_RETRY, errors: [STILL_WRITING] }, FUNCTION_RETRY],
      assign: { round: '{% $states.result.Payload %}' },
    });
    rollback.addCatch(settle, failedWhile('finding what to roll back'));
    rollback.next(
      Choice.jsonata(this, 'Is anything to be rolled back?')
        .when(Condition.jsonata(`{% $round.decision = 'roll-back' %}`), targets)
        .otherwise(settle),
    );
    targets.addCatch(rollback, failedWhile('going through the targets'));
    targets.next(rollback);

    const open = functionTask(this, 'Find the affected targets', {
      fn: functions.open,
      payload: `$merge([$deployment, {'fence': $grant.fence}])`,
      assign: { opened: '{% $states.result.Payload %}' },
    });
    open.addCatch(settle, failedWhile('finding the affected targets'));
    open.next(
      Choice.jsonata(this, 'Is anything affected?')
        .when(Condition.jsonata(`{% $opened.decision = 'deploy' %}`), targets, {
          assign: { round: { pass: 'deploy', targetsKey: '{% $opened.targetsKey %}' } },
        })
        // Nothing is deployed: what is dirty goes back to last good.
        .when(Condition.jsonata(`{% $opened.decision = 'roll-back' %}`), rollback, {
          assign: { round: { pass: 'deploy' } },
        })
        .when(
          Condition.jsonata(`{% $opened.decision = 'refused' %}`),
          endedAs('Refused', 'failed', '{% $opened.reason %}'),
        )
        .when(
          Condition.jsonata(`{% $opened.decision = 'superseded' %}`),
          endedAs('Superseded at the gate', 'superseded', '{% $opened.reason %}'),
        )
        .otherwise(settle),
    );

    const lease = tokenTask(this, 'Take the lease', {
      fn: functions.lease,
      payload: `$merge([$deployment, {'action': 'acquire'}])`,
      assign: { grant: '{% $states.result %}' },
    });
    lease.addCatch(settle, failedWhile('waiting for the lease'));
    lease.next(
      Choice.jsonata(this, 'Is the lease granted?')
        .when(Condition.jsonata(`{% $grant.decision = 'granted' %}`), open)
        .otherwise(endedAs('Not granted', '{% $grant.decision %}', '{% $grant.reason %}')),
    );

    const begin = Pass.jsonata(this, 'Begin the deployment', {
      assign: {
        deployment: {
          release: '{% $states.input.release %}',
          environment: '{% $states.input.environment %}',
          execution: '{% $states.context.Execution.Id %}',
        },
        ended: null,
      },
    });

    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: DEPLOYMENT_MACHINE,
      comment: 'A release in one environment',
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(begin.next(lease)),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${DEPLOYMENT_MACHINE}`,
          retention: retention.logs,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
      },
    });
    accept(this.machine, { SF1: FAILURES_LOGGED });
    acceptPatterns(this.machine, 'the children of its own Distributed Map, which are named when they begin', [
      executionsIn(this.machine, ':*'),
      executionsIn(this.machine, `/${TARGETS}:*`),
    ]);
    allow(this.machine, {
      actions: ['s3:GetObject'],
      resources: [stores.artifacts.arnForObjects('*/releases/*targets.json')],
      because: 'the lists of targets of all releases',
    });
    stores.useKey(this.machine, 's3', 'Decrypt');
    grantJobs(this.machine, queues);
    builds.grantRun(this.machine);
  }
}

/** CDK would let the machine read the whole bucket. */
class TargetsReader extends S3JsonItemReader {
  override providePolicyStatements() {
    return [];
  }
}

/**
 * What `batch:submitJob.sync` needs. Terminating is limited to interruptible jobs: an apply is never killed.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
 */
function grantJobs(machine: StateMachine, queues: Queues): void {
  const stack = Stack.of(machine);
  const batch = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'batch', resource, resourceName });
  allow(machine, {
    actions: ['batch:SubmitJob'],
    resources: [
      ...Object.values(queues).map(({ jobQueueArn }) => jobQueueArn),
      batch('job-definition', 'belay-*'),
    ],
    because: 'one definition for each stage and architecture, with a revision for each deployment of Belay',
  });
  allow(machine, {
    actions: ['batch:TagResource'],
    resources: [batch('job', '*')],
    because: 'Batch names jobs when they are submitted, with their tags',
  });
  allow(machine, {
    actions: ['batch:DescribeJobs'],
    resources: ['*'],
    because: SERVICES_WITHOUT_RESOURCES,
  });
  allow(machine, {
    actions: ['batch:TerminateJob'],
    resources: [batch('job', '*')],
    conditions: { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } },
    because: 'Batch names jobs when they are submitted; their tag tells those that may be ended',
  });
  allow(machine, {
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [
      stack.formatArn({
        service: 'events',
        resource: 'rule',
        resourceName: 'StepFunctionsGetEventsForBatchJobsRule',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    ],
  });
}
