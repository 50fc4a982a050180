/** The kinds of Task the machines are made of, each with its time limit and its explained retries. */
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  CustomState,
  IntegrationPattern,
  JitterType,
  type RetryProps,
  TaskInput,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Stage, WRITING_STAGES } from '../core/words.ts';
import { BUILD_LIMIT, BUILD_QUEUE_LIMIT } from './app-builds.ts';

/** Batch keeps Fargate jobs at most 14 days; nothing that waits for one gives up earlier. */
export const LONGER_THAN_ANY_JOB = Duration.days(15);

/**
 * Lambda's own hiccups and throttles: 1, 2, 4, 8, 16, 30, 30, 30 seconds (with full jitter), about two minutes.
 * Names: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
const LAMBDA_SERVICE_RETRY: RetryProps = {
  errors: [
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
  ],
  interval: Duration.seconds(1),
  backoffRate: 2,
  maxAttempts: 8,
  maxDelay: Duration.seconds(30),
  jitterStrategy: JitterType.FULL,
};

/**
 * Whatever else a function failed with: GitHub, DynamoDB or S3 not answering, a crash. All functions may be called twice, so
 * three more tries (1, 3, 9 seconds) cost nothing but time.
 */
export const FUNCTION_RETRY: RetryProps = {
  errors: ['States.ALL'],
  interval: Duration.seconds(1),
  backoffRate: 3,
  maxAttempts: 3,
  jitterStrategy: JitterType.FULL,
};

/**
 * For what must not be given up while a job lives: 30 seconds, then twice as long each time, up to 10 minutes; 2,100 tries are more
 * than Batch's 14 days and, at three events a try, well below the 25,000 events of an execution.
 */
export const OUTLASTING_RETRY: RetryProps = {
  errors: ['States.ALL'],
  interval: Duration.seconds(30),
  backoffRate: 2,
  maxAttempts: 2100,
  maxDelay: Duration.minutes(10),
};

export interface FunctionTaskProps {
  readonly fn: IFunction;
  /** After Lambda's own hiccups. @default a few quick tries, whatever the function failed with */
  readonly retries?: readonly RetryProps[];
  /** JSONata expression of the payload, without the braces. */
  readonly payload: string;
  /** Variables to set from `$states.result.Payload` (or `$states.result` when the answer comes by token). */
  readonly assign?: Record<string, unknown>;
  /** Of a token task. @default longer than any job */
  readonly timeout?: Duration;
  /** @default the state's input is passed on */
  readonly outputs?: unknown;
}

const PASS_INPUT_ON = '{% $states.input %}';

/** A function that answers at once. Longer than any function may run (15 minutes), so that Lambda's own limit speaks first. */
export function functionTask(scope: Construct, name: string, props: FunctionTaskProps): TaskStateBase {
  const task: TaskStateBase = LambdaInvoke.jsonata(scope, name, {
    lambdaFunction: props.fn,
    payload: TaskInput.fromText(`{% ${props.payload} %}`),
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.minutes(16)),
    outputs: props.outputs ?? PASS_INPUT_ON,
    ...(props.assign ? { assign: props.assign } : {}),
  });
  for (const retry of [LAMBDA_SERVICE_RETRY, ...(props.retries ?? [FUNCTION_RETRY])]) task.addRetry(retry);
  return task;
}

/** A function that is handed the task's token (as `token`) and answers through it, now or in days. */
export function tokenTask(scope: Construct, name: string, props: FunctionTaskProps): TaskStateBase {
  return LambdaInvoke.jsonata(scope, name, {
    lambdaFunction: props.fn,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromText(`{% $merge([${props.payload}, {'token': $states.context.Task.Token}]) %}`),
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(props.timeout ?? LONGER_THAN_ANY_JOB),
    outputs: props.outputs ?? PASS_INPUT_ON,
    ...(props.assign ? { assign: props.assign } : {}),
  })
    .addRetry(LAMBDA_SERVICE_RETRY)
    .addRetry({ ...FUNCTION_RETRY, errors: ['States.TaskFailed'] });
}

/** Longer than a build may run and wait in CodeBuild's queue, so that CodeBuild's own limits speak first. */
const BUILD_TASK_LIMIT = BUILD_LIMIT.plus(BUILD_QUEUE_LIMIT).plus(Duration.minutes(15));

/** What `core/contracts/ended-build.ts` reads, no more: the whole says every variable of the build. What is missing is left out. */
const TOOK = `{% $states.result.Build.{${['Id', 'ProjectName', 'BuildStatus', 'StartTime', 'EndTime'].map((name) => `'${name}': ${name}`).join(', ')}} %}`;

/**
 * A CodeBuild build, waited for. `order` is what `build` answered: `{project, variables}`; how long it took is then in the variable
 * `took`, for `build`. Starting is retried: each minute for as long as the queue takes no more (a new account runs one build at a time
 * and queues five), with growing pauses at CodeBuild's hiccups. A build started twice pushes one image, the second push is refused and
 * finds it there.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html
 */
export function buildTask(scope: Construct, name: string, order: string): CustomState {
  return new CustomState(scope, name, {
    stateJson: {
      Type: 'Task',
      QueryLanguage: 'JSONata',
      Comment: 'CodeBuild build of the image',
      Resource: 'arn:aws:states:::codebuild:startBuild.sync',
      Arguments: {
        ProjectName: `{% ${order}.project %}`,
        EnvironmentVariablesOverride: `{% ${order}.variables %}`,
      },
      TimeoutSeconds: BUILD_TASK_LIMIT.toSeconds(),
      Assign: { took: TOOK },
      Output: PASS_INPUT_ON,
    },
  })
    .addRetry({
      errors: ['CodeBuild.AccountLimitExceededException'],
      interval: Duration.minutes(1),
      maxAttempts: BUILD_QUEUE_LIMIT.toMinutes(),
      backoffRate: 1,
    })
    .addRetry({
      errors: [
        'CodeBuild.AWSCodeBuildException',
        'CodeBuild.CodeBuildException',
        'CodeBuild.SdkClientException',
      ],
      interval: Duration.seconds(10),
      backoffRate: 2,
      maxAttempts: 8,
      maxDelay: Duration.minutes(5),
      jitterStrategy: JitterType.FULL,
    });
}

/**
 * A Batch job, waited for. Written out because the CDK task drops the state's own time limit and job tags.
 * The order comes from `prepare`: `{name, definition, key}`. Submitting is retried (throttles, Batch's hiccups; 2, 4, 8, 16 seconds):
 * a job submitted twice finds the nonce bound or the writer registered and does nothing.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
 */
export function jobTask(
  scope: Construct,
  name: string,
  props: {
    readonly stage: Stage;
    /** An ARN, or a JSONata expression in braces. */
    readonly queue: string;
    readonly order: string;
    readonly timeout: Duration;
  },
): CustomState {
  return new CustomState(scope, name, {
    stateJson: {
      Type: 'Task',
      QueryLanguage: 'JSONata',
      Comment: `Batch job of stage ${props.stage}`,
      Resource: 'arn:aws:states:::batch:submitJob.sync',
      Arguments: {
        JobName: `{% ${props.order}.name %}`,
        JobDefinition: `{% ${props.order}.definition %}`,
        JobQueue: props.queue,
        ContainerOverrides: { Environment: [{ Name: 'BELAY_JOB', Value: `{% ${props.order}.key %}` }] },
        // What the machine's role may terminate: see `grantJobs`.
        Tags: { interruptible: String(!WRITING_STAGES.includes(props.stage)) },
      },
      TimeoutSeconds: props.timeout.toSeconds(),
      Output: PASS_INPUT_ON,
    },
  }).addRetry({
    errors: [
      'Batch.AWSBatchException',
      'Batch.BatchException',
      'Batch.ServerException',
      'Batch.SdkClientException',
    ],
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxAttempts: 4,
    jitterStrategy: JitterType.FULL,
  });
}
