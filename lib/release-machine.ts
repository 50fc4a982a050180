/** The Release machine: one push (or one command) on its way through the environments, one nested Deployment after another; a plan of a pull request in all of them at once. */
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  IntegrationPattern,
  JitterType,
  LogLevel,
  Map as Mapped,
  Pass,
  ProvideItems,
  QueryLanguage,
  type RetryProps,
  StateMachine,
  Succeed,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import {
  accept,
  acceptPatterns,
  executionsIn,
  FAILURES_LOGGED,
  SERVICES_WITHOUT_RESOURCES,
} from './accepted.ts';
import type { Functions } from './functions.ts';
import { RELEASE_MACHINE } from './names.ts';
import { functionTask } from './tasks.ts';

/** Step Functions lets a Standard execution live a year; approvals and queues may take weeks. */
const DEPLOYMENT_LIMIT = Duration.days(300);

/**
 * Starting is throttled per account: 1, 2, 4, … 60 seconds, about five minutes. A Deployment started twice is harmless.
 * AWS's own example names the first: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
 */
const STARTING_RETRY: RetryProps = {
  errors: [
    'StepFunctions.ExecutionLimitExceeded',
    'StepFunctions.ExecutionLimitExceededException',
    'StepFunctions.ThrottlingException',
  ],
  interval: Duration.seconds(1),
  backoffRate: 2,
  maxAttempts: 10,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
};

export interface ReleaseMachineProps {
  readonly functions: Functions;
  readonly deployment: StateMachine;
  readonly retention: Configuration['retention'];
}

/**
 * Input: a `ReleaseRequest`, that is a `PushReceived`, a `PullRequestChanged` or what somebody asked for. The position in the loop travels in the states' input, so that a redrive, which re-runs the failed
 * state with its input, starts exactly the failed environment again (a fresh Deployment: no name is given) and goes on.
 */
export class ReleaseMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, { functions, deployment, retention }: ReleaseMachineProps) {
    super(scope, id);

    const settle = functionTask(this, 'Settle the release', {
      fn: functions.settle,
      payload: `{'scope': 'release', 'release': $states.input.release}`,
      outputs: '{% $states.result.Payload %}',
    });
    settle.next(Succeed.jsonata(this, 'Released'));

    const deploy = StepFunctionsStartExecution.jsonata(this, 'Deploy the next environment', {
      comment: 'A failure is not caught: the release stops here, and a redrive goes on from here',
      stateMachine: deployment,
      integrationPattern: IntegrationPattern.RUN_JOB,
      input: TaskInput.fromObject({
        release: '{% $states.input.release %}',
        environment: '{% $states.input.environments[$states.input.position] %}',
      }),
      taskTimeout: Timeout.duration(DEPLOYMENT_LIMIT),
      outputs: {
        release: '{% $states.input.release %}',
        environments: '{% $states.input.environments %}',
        position: '{% $states.input.position + 1 %}',
        verdict: '{% $states.result.Output.verdict %}',
      },
    });
    deploy.addRetry(STARTING_RETRY);
    deploy.next(
      Choice.jsonata(this, 'Is an environment left?')
        .when(
          Condition.jsonata(`{% $states.input.verdict = 'superseded' %}`),
          Succeed.jsonata(this, 'Superseded'),
        )
        .when(Condition.jsonata('{% $states.input.position < $count($states.input.environments) %}'), deploy)
        .otherwise(settle),
    );

    // A plan changes nothing, so no environment waits for another one, and none is kept from being planned by another's failure.
    const planOne = StepFunctionsStartExecution.jsonata(this, 'Plan the environment', {
      stateMachine: deployment,
      integrationPattern: IntegrationPattern.RUN_JOB,
      input: TaskInput.fromObject({
        release: '{% $states.input.release %}',
        environment: '{% $states.input.environment %}',
      }),
      taskTimeout: Timeout.duration(DEPLOYMENT_LIMIT),
      outputs: {},
    });
    planOne.addRetry(STARTING_RETRY);
    planOne.addCatch(
      Pass.jsonata(this, 'Not planned', {
        comment: 'The ledger has what became of it: the release is settled from there',
        outputs: {},
      }),
      { errors: ['States.ALL'] },
    );
    const plan = Mapped.jsonata(this, 'Plan all environments', {
      items: ProvideItems.jsonata('{% $states.input.environments %}'),
      itemSelector: {
        release: '{% $states.input.release %}',
        environment: '{% $states.context.Map.Item.Value %}',
      },
      outputs: { release: '{% $states.input.release %}' },
    });
    plan.itemProcessor(planOne);
    plan.next(settle);

    const resolve = functionTask(this, 'Resolve the request', {
      fn: functions.resolve,
      payload: `{'request': $states.input, 'execution': $states.context.Execution.Id, 'startedAt': $states.context.Execution.StartTime}`,
      outputs: `{% $merge([$states.result.Payload, {'position': 0}]) %}`,
    });
    resolve.next(
      Choice.jsonata(this, 'Is there anything to deploy?')
        .when(Condition.jsonata(`{% $states.input.decision = 'deploy' %}`), deploy)
        .when(Condition.jsonata(`{% $states.input.decision = 'plan' %}`), plan)
        .otherwise(Succeed.jsonata(this, 'Nothing to deploy')),
    );

    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: RELEASE_MACHINE,
      comment: 'A push, or what a person asked for, on its way through the environments',
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(resolve),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${RELEASE_MACHINE}`,
          retention: retention.logs,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
      },
    });
    accept(this.machine, { SF1: FAILURES_LOGGED });
    acceptPatterns(this.machine, SERVICES_WITHOUT_RESOURCES, ['*']);
    acceptPatterns(this.machine, 'executions of the Deployment, which are named when they begin', [
      executionsIn(deployment, '*'),
    ]);
  }
}
