/** All functions of the pipeline, each with exactly what its contract names. Handlers are known here only by file and command. */

import type { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { command } from '../core/contracts/command.ts';
import * as contracts from '../core/contracts/functions.ts';
import * as jobServices from '../core/contracts/job-services.ts';
import { setUp } from '../core/contracts/set-up.ts';
import type { Architecture } from '../core/words.ts';
import { type Binding, permission, variables } from './binding.ts';
import { ContainerFunction } from './container-function.ts';
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

/** Where GitHub is, and how much it takes. */
export interface GitHubProps {
  /** Base of clone URLs. */
  readonly url: string;
  /** Base of the REST API. */
  readonly apiUrl: string;
  /** Writes an hour of one installation; GitHub takes about 500, a GitHub Enterprise Server what its owner allows. */
  readonly writesPerHour: number;
  /** Otherwise a draft is planned when somebody comments `/belay plan`. */
  readonly planDrafts: boolean;
  /** GitHub Deployments, and the history of each environment under `refs/belay/`: docs/audit.md. */
  readonly audit: boolean;
}

export interface FunctionsProps {
  readonly stores: Stores;
  readonly bus: EventBus;
  readonly expiry: Expiry;
  readonly github: GitHubProps;
  readonly imageBuilds: ImageBuilds;
  /** What the functions run on. @default arm64, which costs a fifth less */
  readonly architecture?: Architecture;
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
  readonly setUp: IFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { stores, bus, github, expiry } = props;
    const stack = Stack.of(this);
    this.image = new Image(this, 'Image', {
      builds: props.imageBuilds,
      folder: 'lambdas',
      architectures: [props.architecture ?? 'arm64'],
      entries: Object.fromEntries(COMMANDS.map((command) => [command, `lambdas/${command}/handler.ts`])),
    });
    const image = this.image;

    const ledger = stores.useLedger();
    const readArtifacts = stores.useArtifacts('read');
    const artifacts = stores.useArtifacts('read-write');
    const statusQueue = stores.useStatusQueue();
    const schedules = expiry.useSchedules();
    const token = stores.useGitHubToken();
    const api = variables({ GITHUB_API_URL: github.apiUrl });
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
      image,
      command: 'webhook',
      contract: contracts.webhook,
      bindings: [publish, stores.useWebhookSecret()],
      // GitHub gives up after 10 seconds: answering later than that helps nobody.
      timeout: Duration.seconds(10),
      memory: 1024,
    }).fn;
    this.resolve = new ContainerFunction(this, 'Resolve', {
      image,
      command: 'resolve',
      contract: contracts.resolve,
      bindings: [
        ledger,
        artifacts,
        statusQueue,
        token,
        api,
        variables({ GITHUB_URL: github.url, PLAN_DRAFTS: github.planDrafts ? 'yes' : 'no' }),
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
      image,
      command: 'lease',
      contract: contracts.lease,
      bindings: [ledger, statusQueue, token, api, tokens, deployments, releases, jobs],
    }).fn;
    this.open = new ContainerFunction(this, 'Open', {
      image,
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
      image,
      command: 'turn',
      contract: contracts.turn,
      bindings: [ledger, tokens],
    }).fn;
    const appRepositories = appRepositoryArns(stack);
    this.build = new ContainerFunction(this, 'Build', {
      image,
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
      image,
      command: 'prepare',
      contract: contracts.prepare,
      bindings: [ledger, artifacts, stores.useKeyArn(), statusQueue],
    }).fn;
    this.guard = new ContainerFunction(this, 'Guard', {
      image,
      command: 'guard',
      contract: contracts.guard,
      bindings: [ledger, readArtifacts, statusQueue],
    }).fn;
    this.approval = new ContainerFunction(this, 'Approval', {
      image,
      command: 'approval',
      contract: contracts.approval,
      bindings: [ledger, statusQueue, tokens],
    }).fn;
    this.record = new ContainerFunction(this, 'Record', {
      image,
      command: 'record',
      contract: contracts.record,
      // What was destroyed has no outputs any more.
      bindings: [ledger, stores.useArtifactsWithRemoval('*/outputs/*'), statusQueue, tokens],
      // Copying a large snapshot inside S3 takes its time.
      timeout: Duration.minutes(5),
    }).fn;
    this.rollback = new ContainerFunction(this, 'Rollback', {
      image,
      command: 'rollback',
      contract: contracts.rollback,
      bindings: [ledger, artifacts, statusQueue, jobs],
      timeout: Duration.minutes(5),
    }).fn;
    this.settle = new ContainerFunction(this, 'Settle', {
      image,
      command: 'settle',
      contract: contracts.settle,
      bindings: [ledger, readArtifacts, statusQueue, schedules],
      timeout: Duration.minutes(5),
    }).fn;
    const redrive = allow(['states:RedriveExecution'], executionsOf(stack, RELEASE_MACHINE));
    this.command = new ContainerFunction(this, 'Command', {
      image,
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
      image,
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
      image,
      command: 'admit',
      contract: jobServices.admit,
      bindings: [ledger, readArtifacts, jobs, tokens, deployments],
    }).fn;
    this.secrets = new ContainerFunction(this, 'Secrets', {
      image,
      command: 'secrets',
      contract: jobServices.secrets,
      bindings: [ledger, readArtifacts, stores.useRepositorySecrets()],
    }).fn;
    this.artifacts = new ContainerFunction(this, 'Artifacts', {
      image,
      command: 'artifacts',
      contract: jobServices.artifacts,
      bindings: [ledger, artifacts],
    }).fn;
    const stateRole = stateRoleArn(stack);
    this.sessions = new ContainerFunction(this, 'Sessions', {
      image,
      command: 'sessions',
      contract: jobServices.sessions,
      bindings: [
        ledger,
        readArtifacts,
        variables({ STATE_ROLE: stateRole }),
        allow(['sts:AssumeRole'], [stateRole]),
        allow(['sts:AssumeRole', 'sts:TagSession'], environmentRoleArns(stack)),
      ],
    }).fn;
    this.gitStatus = new ContainerFunction(this, 'GitStatus', {
      image,
      command: 'git-status',
      contract: contracts.gitStatus,
      bindings: [
        stores.useLedgerWithRemovalOfHistory(),
        readArtifacts,
        stores.usePutOffStatus(),
        token,
        api,
        variables({
          GITHUB_WRITES_PER_HOUR: String(github.writesPerHour),
          AUDIT_IN_GIT: github.audit ? 'yes' : 'no',
        }),
      ],
      timeout: Duration.minutes(1),
    }).fn;
    this.setUp = new ContainerFunction(this, 'SetUp', {
      image,
      command: 'set-up',
      contract: setUp,
      bindings: [stores.useSetUp(), api, variables({ GITHUB_URL: github.url })],
    }).fn;
    this.gitStatus.addEventSource(
      new SqsEventSource(stores.statusQueue, { batchSize: 10, reportBatchItemFailures: true }),
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
