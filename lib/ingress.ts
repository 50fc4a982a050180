/** How GitHub and who sets it up get in: HTTP API → webhook function → bus (with archive) → rules: a push, a pull request or a merge group to the Release machine, what people say to `command`. What that asks for joins them on the bus. */
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type CfnStage, HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { EventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { CONVERSATION_EVENT } from '../core/contracts/conversation.ts';
import { MERGE_GROUP_EVENT } from '../core/contracts/merge-group.ts';
import { OPERATION_EVENT } from '../core/contracts/operation.ts';
import { PULL_EVENT } from '../core/contracts/pull.ts';
import { PUSH_EVENT } from '../core/contracts/push.ts';
import { PATHS } from '../core/contracts/set-up.ts';
import { accept } from './accepted.ts';
import { DeadLetters } from './dead-letters.ts';

/** Requests a second: a large organisation's pushes, and no more than the ten functions at a time of a new account can answer. */
const DELIVERIES = { rateLimit: 50, burstLimit: 200 };

/** One person sets up, once. */
const PAGES = { rateLimit: 2, burstLimit: 10 };

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

  constructor(scope: Construct, id: string, { retention }: Pick<Configuration, 'retention'>) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: 'belay' });
    this.bus.archive('Archive', {
      archiveName: 'belay',
      description: 'Every request, replayable: whoever serves one makes replays harmless',
      eventPattern: { source: [PUSH_EVENT.source, OPERATION_EVENT.source] },
      retention: Duration.days(retention.events),
    });
  }
}

export interface IngressProps {
  readonly bus: EventBus;
  readonly webhook: IFunction;
  /** Where the page that makes the App is part of the stack. */
  readonly setUp: IFunction | undefined;
  readonly release: IStateMachine;
  readonly command: IFunction;
  /** Of who asked for what. */
  readonly logRetention: RetentionDays;
}

export class Ingress extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: IngressProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      description: 'Where GitHub delivers webhooks to Belay, and the page that sets the App up',
      createDefaultStage: false,
    });
    const { api } = this;
    api.addRoutes({
      path: PATHS.webhook,
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('WebhookIntegration', props.webhook),
    });
    const setUp = props.setUp && new HttpLambdaIntegration('SetUpIntegration', props.setUp);
    const pages = setUp === undefined ? [] : [PATHS.setUp, PATHS.setUpDone];
    const routes = pages.flatMap((path) =>
      setUp === undefined ? [] : api.addRoutes({ path, methods: [HttpMethod.GET], integration: setUp }),
    );
    // Signature and code are checked by the functions; the throttles bound what a flood without them can cost.
    const stage = api.addStage('Live', {
      stageName: '$default',
      autoDeploy: true,
      throttle: DELIVERIES,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: props.logRetention,
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
    // CDK has no word for single routes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
    (stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
      pages.map((path) => [
        `GET ${path}`,
        { ThrottlingRateLimit: PAGES.rateLimit, ThrottlingBurstLimit: PAGES.burstLimit },
      ]),
    );
    stage.node.addDependency(...routes);
    const deadLetters = new DeadLetters(this, 'DeadLetters', 'event');
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
    // From then on: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    props.command.configureAsyncInvoke({
      maxEventAge: COMMAND_AGE,
      retryAttempts: 2,
      onFailure: new DeadLetters(this, 'CommandDeadLetters', 'command').destinationOf(props.command),
    });
    // Of the stack itself: below a construct their names would have its name and a hash.
    const stack = Stack.of(this);
    new CfnOutput(stack, 'WebhookUrl', { value: `${api.apiEndpoint}${PATHS.webhook}` });
    if (props.setUp !== undefined)
      new CfnOutput(stack, 'OpenSetUp', {
        description: 'Opens the page that makes the GitHub App, for an hour',
        value: opening(props.setUp, `${api.apiEndpoint}${PATHS.setUp}`),
      });
  }
}

/**
 * The command that opens the page, for who may invoke its function. Without the format AWS CLI v2 takes the payload for base64:
 * https://docs.aws.amazon.com/cli/latest/reference/lambda/invoke.html
 */
const opening = ({ functionName }: IFunction, page: string) =>
  [
    `aws lambda invoke --function-name ${functionName} --cli-binary-format raw-in-base64-out`,
    `--payload '${JSON.stringify({ open: page })}' /dev/stdout`,
  ].join(' ');
