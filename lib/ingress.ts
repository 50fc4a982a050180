/** How GitHub and who sets it up get in: HTTP API → webhook function → bus (with archive) → rules: a push, a pull request or a merge group to the Release machine, what people say to `command`. What that asks for joins them on the bus. */
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { EventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { CONVERSATION_EVENT } from '../core/contracts/conversation.ts';
import { MERGE_GROUP_EVENT } from '../core/contracts/merge-group.ts';
import { OPERATION_EVENT } from '../core/contracts/operation.ts';
import { PULL_EVENT } from '../core/contracts/pull.ts';
import { PUSH_EVENT } from '../core/contracts/push.ts';
import { PATHS } from '../core/contracts/set-up.ts';
import { accept } from './accepted.ts';
import { allow } from './allow.ts';

/** Long enough to replay what a broken deployment of Belay itself has missed over a holiday. */
const ARCHIVE_RETENTION = Duration.days(30);

/**
 * Who asked for what, and what came of it; never the query, in which the one-time code of the set-up page stands.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const ACCESS = JSON.stringify({
  time: '$context.requestTime',
  request: '$context.requestId',
  from: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  error: '$context.integrationErrorMessage',
});

/** What nobody could do for an hour its author has long written again. */
const COMMAND_AGE = Duration.hours(1);

/** The bus everything from outside passes, kept apart from the function that feeds it and the rule that empties it. */
export class Bus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: 'belay' });
    this.bus.archive('Archive', {
      archiveName: 'belay',
      description: 'Every request, replayable: whoever serves one makes replays harmless',
      eventPattern: { source: [PUSH_EVENT.source, OPERATION_EVENT.source] },
      retention: ARCHIVE_RETENTION,
    });
  }
}

export interface IngressProps {
  readonly bus: EventBus;
  readonly webhook: IFunction;
  readonly setUp: IFunction;
  readonly release: IStateMachine;
  readonly command: IFunction;
}

export class Ingress extends Construct {
  constructor(scope: Construct, id: string, props: IngressProps) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      description: 'Where GitHub delivers webhooks to Belay, and the page that sets the App up',
      createDefaultStage: false,
    });
    api.addRoutes({
      path: PATHS.webhook,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('WebhookIntegration', props.webhook),
    });
    const setUp = new HttpLambdaIntegration('SetUpIntegration', props.setUp);
    for (const path of [PATHS.setUp, PATHS.setUpDone])
      api.addRoutes({ path, methods: [HttpMethod.GET], integration: setUp });
    // Signature and code are checked by the functions; the throttle bounds what a flood without them can cost.
    api.addStage('Live', {
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 50, burstLimit: 200 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: RetentionDays.THREE_MONTHS,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(ACCESS),
      },
    });
    accept(api, {
      APIG4:
        'GitHub signs what it delivers and the set-up page has a one-time code; the functions check both',
    });
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    accept(deadLetters, {
      SQS3: 'it is the dead-letter queue of the rules and of the function behind one of them',
    });
    const startsRelease = (
      id: string,
      description: string,
      event: typeof PUSH_EVENT | typeof PULL_EVENT | typeof MERGE_GROUP_EVENT | typeof OPERATION_EVENT,
    ) =>
      new Rule(this, id, {
        eventBus: props.bus,
        description,
        eventPattern: { source: [event.source], detailType: [event.detailType] },
        targets: [
          new SfnStateMachine(props.release, {
            input: RuleTargetInput.fromEventPath('$.detail'),
            deadLetterQueue: deadLetters,
            maxEventAge: Duration.hours(24),
            retryAttempts: 185,
          }),
        ],
      });
    startsRelease('PushRule', 'A push starts a release', PUSH_EVENT);
    startsRelease('PullRule', 'A pull request is planned by a release', PULL_EVENT);
    startsRelease('MergeGroupRule', 'A commit of the merge queue is planned by a release', MERGE_GROUP_EVENT);
    startsRelease('OperationRule', 'What is asked for by command starts a release', OPERATION_EVENT);
    new Rule(this, 'ConversationRule', {
      eventBus: props.bus,
      description: 'Comments, buttons and re-runs are commands',
      eventPattern: { source: [CONVERSATION_EVENT.source], detailType: [CONVERSATION_EVENT.detailType] },
      targets: [
        new LambdaFunction(props.command, {
          event: RuleTargetInput.fromEventPath('$.detail'),
          deadLetterQueue: deadLetters,
          // Until Lambda has taken it; it does not wait for the function.
          maxEventAge: COMMAND_AGE,
          retryAttempts: 20,
        }),
      ],
    });
    // From then on, with the function's role: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    allow(props.command, { actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] });
    props.command.configureAsyncInvoke({
      maxEventAge: COMMAND_AGE,
      retryAttempts: 2,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
    new CfnOutput(this, 'WebhookUrl', { value: `${api.apiEndpoint}${PATHS.webhook}` });
    new CfnOutput(this, 'SetUpUrl', { value: `${api.apiEndpoint}${PATHS.setUp}` });
  }
}
