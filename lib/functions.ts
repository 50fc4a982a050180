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
  deploymentArns,
  environmentRoleArns,
  executionsOf,
  RELEASE_MACHINE,
  SESSIONS_ROLE,
  stateRoleArn,
  TARGETS,
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

    const statusQueue = stores.useStatusQueue();
    const schedules = expiry.useSchedules();
    const token = stores.useGitHubToken();
    const api = variables({ GITHUB_API_URL: github.apiUrl });
    const tokens = allowed({ actions: ['states:SendTaskSuccess'], resources: deploymentArns(stack) });
    const describe = (machine: string) =>
      allowed({
        actions: ['states:DescribeExecution'],
        resources: [executionsOf(stack, machine)],
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
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({ read: ['releases', 'sources', 'last-good'], write: ['releases', 'sources'] }),
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
      image,
      command: 'open',
      contract: contracts.open,
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update', 'remove'),
        // What a renamed target leaves under its old name.
        stores.useArtifacts({
          read: ['releases', 'sources', 'outputs', 'last-good', 'state'],
          write: ['releases', 'outputs', 'last-good', 'state'],
          remove: ['state/*', 'outputs/*'],
        }),
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
      bindings: [stores.useLedger('get', 'update'), tokens],
    }).fn;
    this.prepare = new ContainerFunction(this, 'Prepare', {
      image,
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
      image,
      command: 'guard',
      contract: contracts.guard,
      bindings: [
        stores.useLedger('get', 'query', 'update'),
        stores.useArtifacts({ read: ['releases', 'outputs', 'last-good'] }),
        statusQueue,
      ],
    }).fn;
    this.approval = new ContainerFunction(this, 'Approval', {
      image,
      command: 'approval',
      contract: contracts.approval,
      bindings: [stores.useLedger('get', 'put', 'query', 'update'), statusQueue, tokens],
    }).fn;
    this.record = new ContainerFunction(this, 'Record', {
      image,
      command: 'record',
      contract: contracts.record,
      // What was destroyed has no outputs any more.
      bindings: [
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({
          read: ['releases', 'sources', 'last-good', 'state', 'state-backups'],
          write: ['outputs', 'last-good'],
          remove: ['outputs/*'],
        }),
        statusQueue,
        tokens,
      ],
      // Copying a large snapshot inside S3 takes its time.
      timeout: Duration.minutes(5),
    }).fn;
    this.rollback = new ContainerFunction(this, 'Rollback', {
      image,
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
      image,
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
    const redrive = allowed({
      actions: ['states:RedriveExecution'],
      resources: [executionsOf(stack, RELEASE_MACHINE)],
      because: 'executions are named when they begin; the machine is ours',
    });
    this.command = new ContainerFunction(this, 'Command', {
      image,
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
        stores.useLedger('get', 'put', 'query', 'update', 'remove'),
        stores.useArtifacts({ read: ['releases'] }),
        statusQueue,
        tokens,
        releases,
        deployments,
        describe(`${DEPLOYMENT_MACHINE}/${TARGETS}`),
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
      bindings: [
        stores.useLedger('get', 'put', 'update'),
        stores.useArtifacts({ read: ['releases'] }),
        jobs,
        tokens,
        deployments,
      ],
    }).fn;
    this.secrets = new ContainerFunction(this, 'Secrets', {
      image,
      command: 'secrets',
      contract: jobServices.secrets,
      bindings: [
        stores.useLedger('get'),
        stores.useArtifacts({ read: ['releases'] }),
        stores.useRepositorySecrets(),
      ],
    }).fn;
    this.artifacts = new ContainerFunction(this, 'Artifacts', {
      image,
      command: 'artifacts',
      contract: jobServices.artifacts,
      bindings: [
        stores.useLedger('get', 'update'),
        stores.useArtifacts({ read: ['releases', 'sources', 'outputs', 'last-good'], write: ['releases'] }),
      ],
    }).fn;
    const stateRole = stateRoleArn(stack);
    this.sessions = new ContainerFunction(this, 'Sessions', {
      image,
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
        stores.useLedger('get', 'put', 'query', 'update'),
        stores.useArtifacts({ read: ['releases'] }),
        stores.removeHistory(),
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
