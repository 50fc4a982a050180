/** All functions of the pipeline, each with exactly what its contract names. Handlers are known here only by file and command. */

import type { EventBus } from 'aws-cdk-lib/aws-events';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { command } from '../core/contracts/command.ts';
import * as contracts from '../core/contracts/functions.ts';
import * as jobServices from '../core/contracts/job-services.ts';
import { setUp } from '../core/contracts/set-up.ts';
import { SERVICES_WITHOUT_RESOURCES } from './accepted.ts';
import { allowed } from './allow.ts';
import { variables } from './binding.ts';
import { ContainerFunction } from './container-function.ts';
import type { Expiry } from './expiry.ts';
import { Image } from './image.ts';
import {
  DEPLOYMENT_MACHINE,
  environmentRoleArns,
  executionsOf,
  machineArns,
  RELEASE_MACHINE,
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
}

export class Functions extends Construct {
  readonly image: Image;
  readonly webhook: IFunction;
  readonly resolve: IFunction;
  readonly lease: IFunction;
  readonly open: IFunction;
  readonly turn: IFunction;
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
      folder: 'lambdas',
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
    const tokens = allowed({
      actions: ['states:SendTaskSuccess'],
      resources: machineArns(stack, DEPLOYMENT_MACHINE),
      because: 'tasks that wait belong to the machine or to the children of its Distributed Map',
    });
    const describe = (machine: string) =>
      allowed({
        actions: ['states:DescribeExecution'],
        resources: executionsOf(stack, machine),
        because: 'executions are named when they begin; the machine is ours',
      });
    const [deployments, releases] = [describe(DEPLOYMENT_MACHINE), describe(RELEASE_MACHINE)];
    const jobs = allowed({
      actions: ['batch:DescribeJobs'],
      resources: ['*'],
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
      because: SERVICES_WITHOUT_RESOURCES,
    });
    /** Jobs of stages that only read may be ended for a cancelled release; an apply never is. */
    const terminate = allowed({
      actions: ['batch:TerminateJob'],
      resources: [stack.formatArn({ service: 'batch', resource: 'job', resourceName: '*' })],
      conditions: { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } },
      because: 'Batch names jobs when they are submitted; their tag tells those that may be ended',
    });

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
        terminate,
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
    const redrive = allowed({
      actions: ['states:RedriveExecution'],
      resources: executionsOf(stack, RELEASE_MACHINE),
      because: 'executions are named when they begin; the machine is ours',
    });
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
        terminate,
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
        allowed({ actions: ['sts:AssumeRole'], resources: [stateRole] }),
        allowed({
          actions: ['sts:AssumeRole', 'sts:TagSession'],
          resources: environmentRoleArns(stack),
          because: 'manifests name the accounts; the trust policy of the role there decides',
        }),
      ],
    }).fn;
    this.gitStatus = new ContainerFunction(this, 'GitStatus', {
      image,
      command: 'git-status',
      contract: contracts.gitStatus,
      bindings: [
        stores.useLedgerWithRemovalOfHistory(),
        readArtifacts,
        stores.useStatusMessages(),
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
    new EventSourceMapping(this, 'StatusMessages', {
      target: this.gitStatus,
      eventSourceArn: stores.statusQueue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
  }
}
