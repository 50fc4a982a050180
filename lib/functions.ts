/** All functions of the pipeline, each with exactly what its contract names. Handlers are known here only by file and command. */

import type { EventBus } from 'aws-cdk-lib/aws-events';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ANY, allowedAsText } from '../core/configuration/allowed.ts';
import { gitHubApiUrl } from '../core/configuration/github-urls.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import { command } from '../core/contracts/command.ts';
import * as contracts from '../core/contracts/functions.ts';
import * as jobServices from '../core/contracts/job-services.ts';
import { setUp } from '../core/contracts/set-up.ts';
import { DEAD_LETTER_QUEUES } from '../core/dead-letters.ts';
import { writtenSources } from '../core/webhook-sources.ts';
import { allowed } from './allow.ts';
import { variables } from './binding.ts';
import { ContainerFunction, type Shared } from './container-function.ts';
import type { Expiry } from './expiry.ts';
import { Image } from './image.ts';
import type { ImageBuilds } from './image-builds.ts';
import {
  appRepositoryArns,
  environmentRoleArns,
  registryHost,
  SESSIONS_ROLE,
  stateRoleArn,
} from './names.ts';
import type { Stores } from './stores.ts';
import {
  answerTasks,
  describeExecutions,
  describeJobs,
  redriveReleases,
  terminateReadingJobs,
} from './work.ts';

/** Every function's command; its entry is `lambdas/<command>/handler.ts`. */
export const COMMANDS = [
  'webhook',
  'resolve',
  'lease',
  'open',
  'turn',
  'build',
  'prepare',
  'guard',
  'approval',
  'record',
  'rollback',
  'settle',
  'command',
  'sweep',
  'admit',
  'secrets',
  'artifacts',
  'sessions',
  'git-status',
  'set-up',
] as const;

export interface FunctionsProps {
  readonly stores: Stores;
  readonly bus: EventBus;
  readonly expiry: Expiry;
  readonly imageBuilds: ImageBuilds;
  readonly configuration: Configuration;
}

export class Functions extends Construct {
  readonly image: Image;
  readonly webhook: IFunction;
  readonly resolve: IFunction;
  readonly lease: IFunction;
  readonly open: IFunction;
  readonly turn: IFunction;
  readonly build: IFunction;
  readonly prepare: IFunction;
  readonly guard: IFunction;
  readonly approval: IFunction;
  readonly record: IFunction;
  readonly rollback: IFunction;
  readonly settle: IFunction;
  readonly command: IFunction;
  readonly sweep: IFunction;
  readonly admit: IFunction;
  readonly secrets: IFunction;
  readonly artifacts: IFunction;
  readonly sessions: IFunction;
  readonly gitStatus: IFunction;
  readonly setUp: IFunction | undefined;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { stores, bus, expiry, configuration } = props;
    const { accounts, github, regions, repositories } = configuration;
    const stack = Stack.of(this);
    this.image = new Image(this, 'Image', {
      builds: props.imageBuilds,
      folder: 'lambdas',
      architectures: [configuration.architecture],
      entries: Object.fromEntries(COMMANDS.map((command) => [command, `lambdas/${command}/handler.ts`])),
    });
    const shared: Shared = { image: this.image, logRetention: configuration.retention.logs };

    const statusQueue = stores.useStatusQueue();
    const schedules = expiry.useSchedules();
    const token = stores.useGitHubToken();
    const api = variables({ GITHUB_API_URL: gitHubApiUrl(github.url) });
    const tokens = answerTasks(stack);
    const deployments = describeExecutions(stack, 'deployments');
    const releases = describeExecutions(stack, 'releases');
    const jobs = describeJobs();
    const terminate = terminateReadingJobs(stack);
    const publish = {
      ...variables({ BUS_NAME: bus.eventBusName }),
      grant: (fn: IFunction) => void bus.grantPutEventsTo(fn),
    };

    this.webhook = new ContainerFunction(this, 'Webhook', {
      shared,
      command: 'webhook',
      contract: contracts.webhook,
      bindings: [
        publish,
        stores.useWebhookSecret(),
        variables({ WEBHOOK_SOURCES: writtenSources(github.webhookSources) }),
        variables({ REPOSITORIES: allowedAsText(repositories, ANY) }),
      ],
      // GitHub gives up after 10 seconds: answering later than that helps nobody.
      timeout: Duration.seconds(10),
      memory: 1024,
    }).fn;
    this.resolve = new ContainerFunction(this, 'Resolve', {
      shared,
      command: 'resolve',
      contract: contracts.resolve,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({ read: ['releases', 'sources', 'last-good'], write: ['releases', 'sources'] }),
        statusQueue,
        token,
        api,
        variables({ GITHUB_URL: github.url, PLAN_DRAFTS: github.planDrafts ? 'yes' : 'no' }),
        variables({
          ACCOUNTS: allowedAsText(accounts, stack.account),
          REGIONS: allowedAsText(regions, stack.region),
        }),
        releases,
        // A pull request that has changed is no longer planned as it was.
        tokens,
        deployments,
        jobs,
        terminate,
      ],
      // Fetching and packing a large repository: memory buys processor and network, /tmp holds clone and snapshot.
      timeout: Duration.minutes(15),
      memory: 2048,
      storage: 10_240,
    }).fn;
    this.lease = new ContainerFunction(this, 'Lease', {
      shared,
      command: 'lease',
      contract: contracts.lease,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        statusQueue,
        token,
        api,
        tokens,
        deployments,
        releases,
        jobs,
      ],
    }).fn;
    this.open = new ContainerFunction(this, 'Open', {
      shared,
      command: 'open',
      contract: contracts.open,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update', 'remove'),
        // What a renamed target leaves under its old name.
        stores.useArtifacts({
          read: ['releases', 'sources', 'outputs', 'last-good', 'state'],
          write: ['releases', 'outputs', 'last-good', 'state'],
          remove: ['state', 'outputs'],
        }),
        statusQueue,
        token,
        api,
      ],
      timeout: Duration.minutes(5),
      memory: 1024,
    }).fn;
    this.turn = new ContainerFunction(this, 'Turn', {
      shared,
      command: 'turn',
      contract: contracts.turn,
      bindings: [stores.useLedger('get', 'update'), tokens],
    }).fn;
    this.build = new ContainerFunction(this, 'Build', {
      shared,
      command: 'build',
      contract: contracts.build,
      bindings: [
        stores.useLedger('get', 'update'),
        stores.useArtifacts({ read: ['releases', 'sources', 'last-good'] }),
        statusQueue,
        variables({ REGISTRY: registryHost(stack) }),
        allowed({
          actions: ['ecr:DescribeImages', 'ecr:CreateRepository'],
          resources: [appRepositoryArns(stack)],
          because:
            'repositories are made for components when they are first built; no other begins like them',
        }),
      ],
      memory: 1024,
    }).fn;
    this.prepare = new ContainerFunction(this, 'Prepare', {
      shared,
      command: 'prepare',
      contract: contracts.prepare,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({
          read: ['releases', 'outputs', 'last-good', 'state'],
          write: ['releases', 'outputs', 'state-backups'],
        }),
        stores.useKeyArn(),
        statusQueue,
      ],
    }).fn;
    this.guard = new ContainerFunction(this, 'Guard', {
      shared,
      command: 'guard',
      contract: contracts.guard,
      bindings: [
        stores.useLedger('get', 'query', 'update'),
        stores.useArtifacts({ read: ['releases', 'outputs', 'last-good'] }),
        statusQueue,
      ],
    }).fn;
    this.approval = new ContainerFunction(this, 'Approval', {
      shared,
      command: 'approval',
      contract: contracts.approval,
      bindings: [stores.useLedger('get', 'put', 'query', 'update'), statusQueue, tokens],
    }).fn;
    this.record = new ContainerFunction(this, 'Record', {
      shared,
      command: 'record',
      contract: contracts.record,
      // What was destroyed has no outputs any more.
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({
          read: ['releases', 'sources', 'last-good', 'state', 'state-backups'],
          write: ['outputs', 'last-good'],
          remove: ['outputs'],
        }),
        statusQueue,
        tokens,
      ],
      // Copying a large snapshot inside S3 takes its time.
      timeout: Duration.minutes(5),
    }).fn;
    this.rollback = new ContainerFunction(this, 'Rollback', {
      shared,
      command: 'rollback',
      contract: contracts.rollback,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({ read: ['releases', 'last-good'], write: ['releases'] }),
        statusQueue,
        jobs,
      ],
      timeout: Duration.minutes(5),
    }).fn;
    this.settle = new ContainerFunction(this, 'Settle', {
      shared,
      command: 'settle',
      contract: contracts.settle,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({ read: ['releases'] }),
        statusQueue,
        schedules,
      ],
      timeout: Duration.minutes(5),
    }).fn;
    this.command = new ContainerFunction(this, 'Command', {
      shared,
      command: 'command',
      contract: command,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        // The audited unlock removes a tool's stale lock.
        stores.useArtifacts({ read: ['releases', 'last-good', 'state'], remove: ['state/*.tflock'] }),
        statusQueue,
        publish,
        token,
        api,
        tokens,
        releases,
        deployments,
        redriveReleases(stack),
        jobs,
        terminate,
      ],
      timeout: Duration.minutes(5),
    }).fn;
    const lookAtDeadLetters = allowed({
      actions: ['sqs:GetQueueAttributes'],
      resources: DEAD_LETTER_QUEUES.map((resource) => stack.formatArn({ service: 'sqs', resource })),
    });
    this.sweep = new ContainerFunction(this, 'Sweep', {
      shared,
      command: 'sweep',
      contract: contracts.sweep,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update', 'remove'),
        stores.useArtifacts({ read: ['releases'] }),
        statusQueue,
        tokens,
        releases,
        deployments,
        describeExecutions(stack, 'targets'),
        jobs,
        publish,
        token,
        api,
        schedules,
        lookAtDeadLetters,
      ],
      timeout: Duration.minutes(15),
    }).fn;
    this.admit = new ContainerFunction(this, 'Admit', {
      shared,
      command: 'admit',
      contract: jobServices.admit,
      bindings: [
        stores.useLedger('get', 'put', 'update'),
        stores.useArtifacts({ read: ['releases'] }),
        jobs,
        tokens,
        deployments,
      ],
    }).fn;
    this.secrets = new ContainerFunction(this, 'Secrets', {
      shared,
      command: 'secrets',
      contract: jobServices.secrets,
      bindings: [
        stores.useLedger('get'),
        stores.useArtifacts({ read: ['releases'] }),
        stores.useRepositorySecrets(),
      ],
    }).fn;
    this.artifacts = new ContainerFunction(this, 'Artifacts', {
      shared,
      command: 'artifacts',
      contract: jobServices.artifacts,
      bindings: [
        stores.useLedger('get', 'update'),
        stores.useArtifacts({ read: ['releases', 'sources', 'outputs', 'last-good'], write: ['releases'] }),
      ],
    }).fn;
    const stateRole = stateRoleArn(stack);
    this.sessions = new ContainerFunction(this, 'Sessions', {
      shared,
      command: 'sessions',
      contract: jobServices.sessions,
      roleName: SESSIONS_ROLE,
      bindings: [
        stores.useLedger('get'),
        stores.useArtifacts({ read: ['releases'] }),
        variables({ STATE_ROLE: stateRole }),
        allowed({ actions: ['sts:AssumeRole'], resources: [stateRole] }),
        allowed({
          actions: ['sts:AssumeRole', 'sts:TagSession'],
          resources: environmentRoleArns(stack, accounts),
          because: 'manifests name the accounts; the trust policy of the role there decides',
        }),
      ],
    }).fn;
    this.gitStatus = new ContainerFunction(this, 'GitStatus', {
      shared,
      command: 'git-status',
      contract: contracts.gitStatus,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({ read: ['releases'], write: ['releases/*/timeline.html'] }),
        stores.removeHistory(),
        stores.useStatusMessages(),
        token,
        api,
        publish,
        variables({
          GITHUB_URL: github.url,
          GITHUB_WRITES_PER_HOUR: String(github.writesPerHour),
          AUDIT_IN_GIT: github.audit ? 'yes' : 'no',
        }),
      ],
      timeout: Duration.minutes(1),
    }).fn;
    this.setUp = github.setUpPage
      ? new ContainerFunction(this, 'SetUp', {
          shared,
          command: 'set-up',
          contract: setUp,
          bindings: [stores.useSetUp(), api, variables({ GITHUB_URL: github.url })],
        }).fn
      : undefined;
    new EventSourceMapping(this, 'StatusMessages', {
      target: this.gitStatus,
      eventSourceArn: stores.statusQueue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // A new account runs ten functions at a time: telling GitHub must leave room for deploying.
      maxConcurrency: 4,
    });
  }
}
