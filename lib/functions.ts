/** All functions of the pipeline, each with exactly what its contract names. Handlers are known here only by file and command. */

import type { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ANY, allowedAsText } from '../core/configuration/allowed.ts';
import { gitHubApiUrl } from '../core/configuration/github-urls.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import { command } from '../core/contracts/command.ts';
import * as contracts from '../core/contracts/functions.ts';
import * as jobServices from '../core/contracts/job-services.ts';
import { setUp } from '../core/contracts/set-up.ts';
import { writtenSources } from '../core/webhook-sources.ts';
import { type Binding, permission, variables } from './binding.ts';
import { ContainerFunction, type Shared } from './container-function.ts';
import type { Expiry } from './expiry.ts';
import { Image } from './image.ts';
import type { ImageBuilds } from './image-builds.ts';
import {
  appRepositoryArns,
  DEPLOYMENT_MACHINE,
  environmentRoleArns,
  executionsOf,
  machineArns,
  RELEASE_MACHINE,
  registryHost,
  stateRoleArn,
} from './names.ts';
import type { Stores } from './stores.ts';

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

    const ledger = stores.useLedger();
    const readArtifacts = stores.useArtifacts('read');
    const artifacts = stores.useArtifacts('read-write');
    const statusQueue = stores.useStatusQueue();
    const schedules = expiry.useSchedules();
    const token = stores.useGitHubToken();
    const api = variables({ GITHUB_API_URL: gitHubApiUrl(github.url) });
    const tokens = allow(['states:SendTaskSuccess'], machineArns(stack, DEPLOYMENT_MACHINE));
    const deployments = allow(['states:DescribeExecution'], executionsOf(stack, DEPLOYMENT_MACHINE));
    const releases = allow(['states:DescribeExecution'], executionsOf(stack, RELEASE_MACHINE));
    // DescribeJobs knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
    const jobs = allow(['batch:DescribeJobs'], ['*']);

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
        ledger,
        artifacts,
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
        permission(grantTerminateInterruptible),
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
      bindings: [ledger, statusQueue, token, api, tokens, deployments, releases, jobs],
    }).fn;
    this.open = new ContainerFunction(this, 'Open', {
      shared,
      command: 'open',
      contract: contracts.open,
      bindings: [
        stores.useLedgerWithRemoval(),
        // What a renamed target leaves under its old name.
        stores.useArtifactsWithRemoval('*/state/*', '*/outputs/*'),
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
      bindings: [ledger, tokens],
    }).fn;
    const appRepositories = appRepositoryArns(stack);
    this.build = new ContainerFunction(this, 'Build', {
      shared,
      command: 'build',
      contract: contracts.build,
      bindings: [
        ledger,
        readArtifacts,
        statusQueue,
        variables({ REGISTRY: registryHost(stack) }),
        allow(['ecr:DescribeImages', 'ecr:CreateRepository'], [appRepositories]),
      ],
      memory: 1024,
    }).fn;
    this.prepare = new ContainerFunction(this, 'Prepare', {
      shared,
      command: 'prepare',
      contract: contracts.prepare,
      bindings: [ledger, artifacts, stores.useKeyArn(), statusQueue],
    }).fn;
    this.guard = new ContainerFunction(this, 'Guard', {
      shared,
      command: 'guard',
      contract: contracts.guard,
      bindings: [ledger, readArtifacts, statusQueue],
    }).fn;
    this.approval = new ContainerFunction(this, 'Approval', {
      shared,
      command: 'approval',
      contract: contracts.approval,
      bindings: [ledger, statusQueue, tokens],
    }).fn;
    this.record = new ContainerFunction(this, 'Record', {
      shared,
      command: 'record',
      contract: contracts.record,
      // What was destroyed has no outputs any more.
      bindings: [ledger, stores.useArtifactsWithRemoval('*/outputs/*'), statusQueue, tokens],
      // Copying a large snapshot inside S3 takes its time.
      timeout: Duration.minutes(5),
    }).fn;
    this.rollback = new ContainerFunction(this, 'Rollback', {
      shared,
      command: 'rollback',
      contract: contracts.rollback,
      bindings: [ledger, artifacts, statusQueue, jobs],
      timeout: Duration.minutes(5),
    }).fn;
    this.settle = new ContainerFunction(this, 'Settle', {
      shared,
      command: 'settle',
      contract: contracts.settle,
      bindings: [ledger, readArtifacts, statusQueue, schedules],
      timeout: Duration.minutes(5),
    }).fn;
    const redrive = allow(['states:RedriveExecution'], executionsOf(stack, RELEASE_MACHINE));
    this.command = new ContainerFunction(this, 'Command', {
      shared,
      command: 'command',
      contract: command,
      bindings: [
        ledger,
        // The audited unlock removes a tool's stale lock.
        stores.useArtifactsWithRemoval('*/state/*.tflock'),
        statusQueue,
        publish,
        token,
        api,
        tokens,
        releases,
        deployments,
        redrive,
        jobs,
        permission(grantTerminateInterruptible),
      ],
      timeout: Duration.minutes(5),
    }).fn;
    this.sweep = new ContainerFunction(this, 'Sweep', {
      shared,
      command: 'sweep',
      contract: contracts.sweep,
      bindings: [
        stores.useLedgerWithRemoval(),
        artifacts,
        statusQueue,
        tokens,
        releases,
        deployments,
        jobs,
        publish,
        token,
        api,
        schedules,
      ],
      timeout: Duration.minutes(15),
    }).fn;
    this.admit = new ContainerFunction(this, 'Admit', {
      shared,
      command: 'admit',
      contract: jobServices.admit,
      bindings: [ledger, readArtifacts, jobs, tokens, deployments],
    }).fn;
    this.secrets = new ContainerFunction(this, 'Secrets', {
      shared,
      command: 'secrets',
      contract: jobServices.secrets,
      bindings: [ledger, readArtifacts, stores.useRepositorySecrets()],
    }).fn;
    this.artifacts = new ContainerFunction(this, 'Artifacts', {
      shared,
      command: 'artifacts',
      contract: jobServices.artifacts,
      bindings: [ledger, artifacts],
    }).fn;
    const stateRole = stateRoleArn(stack);
    this.sessions = new ContainerFunction(this, 'Sessions', {
      shared,
      command: 'sessions',
      contract: jobServices.sessions,
      bindings: [
        ledger,
        readArtifacts,
        variables({ STATE_ROLE: stateRole }),
        allow(['sts:AssumeRole'], [stateRole]),
        allow(['sts:AssumeRole', 'sts:TagSession'], environmentRoleArns(stack, accounts)),
      ],
    }).fn;
    this.gitStatus = new ContainerFunction(this, 'GitStatus', {
      shared,
      command: 'git-status',
      contract: contracts.gitStatus,
      bindings: [
        stores.useLedgerWithRemovalOfHistory(),
        stores.useArtifactsAndTimelines(),
        stores.usePutOffStatus(),
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
    this.setUp =
      stores.setUpSecret &&
      new ContainerFunction(this, 'SetUp', {
        shared,
        command: 'set-up',
        contract: setUp,
        bindings: [stores.useSetUp(stores.setUpSecret), api, variables({ GITHUB_URL: github.url })],
      }).fn;
    this.gitStatus.addEventSource(
      new SqsEventSource(stores.statusQueue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // A new account runs ten functions at a time: telling GitHub must leave room for deploying.
        maxConcurrency: 4,
      }),
    );
  }
}

const allow = (actions: string[], resources: string[]): Binding<never> =>
  permission((fn) => fn.addToRolePolicy(new PolicyStatement({ actions, resources })));

/** Jobs of stages that only read may be ended for a cancelled release; an apply never is. */
function grantTerminateInterruptible(fn: IFunction): void {
  const job = Stack.of(fn).formatArn({ service: 'batch', resource: 'job', resourceName: '*' });
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: ['batch:TerminateJob'],
      resources: [job],
      conditions: { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } },
    }),
  );
}
