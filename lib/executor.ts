/** What runs long: for each stage a Fargate compute environment without idle cost, its queue, and a job definition per architecture. */
import {
  EcsFargateContainerDefinition,
  EcsJobDefinition,
  FargateComputeEnvironment,
  JobQueue,
} from 'aws-cdk-lib/aws-batch';
import { ContainerImage, CpuArchitecture, FargatePlatformVersion, LogDriver } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { mirrorList } from '../core/configuration/provider-mirror.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import { jobDefinition } from '../core/deployment/job-order.ts';
import {
  type Architecture,
  architectureSchema,
  type Stage,
  stageSchema,
  WRITING_STAGES,
} from '../core/words.ts';
import { acceptPatterns } from './accepted.ts';
import { ClosedNetwork } from './closed-network.ts';
import type { Functions } from './functions.ts';
import { Image } from './image.ts';
import type { ImageBuilds } from './image-builds.ts';
import { type JobNetwork, Network } from './network.ts';
import { StateRole } from './state-role.ts';
import type { Stores } from './stores.ts';

/** A validate, plan or test that takes longer hangs. Apply and destroy have no limit short of Batch's own 14 days. */
export const INTERRUPTIBLE_JOB_LIMIT = Duration.hours(2);
/** Root of the work area in the image; plans hold absolute paths, so it never changes. */
const WORKSPACE = '/workspace';
/** Where the image keeps the providers of `plans.providers`: its Dockerfile. */
const PROVIDERS = '/belay/providers';

export interface ExecutorProps {
  readonly stores: Stores;
  readonly functions: Functions;
  readonly configuration: Pick<Configuration, 'accounts' | 'jobs' | 'network' | 'plans' | 'retention'>;
  readonly imageBuilds: ImageBuilds;
}

/** The stages that jobs are submitted for; a plan validates first. */
const JOB_STAGES = ['plan', 'apply', 'destroy', 'test'] as const;
export type JobStage = (typeof JOB_STAGES)[number];

/** What runs code before anybody has looked at it. */
const LOOKING_STAGES: readonly Stage[] = ['plan', 'validate'];

/** Each stage waits in a queue of its own, so that plans never keep an apply from starting. */
export type Queues = Readonly<Record<JobStage, JobQueue>>;

export class Executor extends Construct {
  readonly queues: Queues;

  constructor(scope: Construct, id: string, props: ExecutorProps) {
    super(scope, id);
    const { accounts, jobs, plans, retention } = props.configuration;
    const image = new Image(this, 'Image', {
      builds: props.imageBuilds,
      folder: 'executor-image',
      // A manifest may choose either, for tools that exist for one alone.
      architectures: ['arm64', 'amd64'],
      entries: { main: 'executor-image/main.ts' },
      files: { 'providers.txt': mirrorList(plans.providers) },
    });
    const network = new Network(this, 'Network', props.configuration.network);
    const closed =
      plans.network === 'closed'
        ? new ClosedNetwork(this, 'PlanNetwork', { endpoints: plans.endpoints, accounts })
        : undefined;
    const networkOf = (stage: Stage) => (LOOKING_STAGES.includes(stage) ? (closed ?? network) : network);
    this.queues = mapStages((stage) => {
      const computeEnvironment = new FargateComputeEnvironment(this, `Compute${pascal(stage)}`, {
        ...networkOf(stage).placement,
        maxvCpus: jobs[stage].maxVcpu,
      });
      return new JobQueue(this, `Queue${pascal(stage)}`, {
        jobQueueName: `belay-${stage}`,
        computeEnvironments: [{ computeEnvironment, order: 1 }],
      });
    });
    const logs = new LogGroup(this, 'Logs', {
      retention: retention.jobLogs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const executionRole = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'Pulls the executor image and writes its log',
    });
    image.repository.grantPull(executionRole);
    logs.grantWrite(executionRole);
    acceptPatterns(executionRole, 'the token that opens ECR is of the account', ['*']);

    const { functions } = props;
    const jobRole = new Role(this, 'JobRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'Jobs of Belay: may call the functions that serve them, and nothing else',
    });
    for (const fn of [functions.admit, functions.artifacts, functions.secrets, functions.sessions])
      fn.grantInvoke(jobRole);
    new StateRole(this, 'State', props);

    for (const stage of stageSchema.options) {
      for (const architecture of architectureSchema.options) {
        const parts = { image, network: networkOf(stage), jobRole, executionRole, logs, props };
        this.jobDefinition(stage, architecture, parts);
      }
    }
  }

  private jobDefinition(
    stage: Stage,
    architecture: Architecture,
    parts: {
      image: Image;
      network: JobNetwork;
      jobRole: Role;
      executionRole: Role;
      logs: LogGroup;
      props: ExecutorProps;
    },
  ): void {
    const { functions, configuration } = parts.props;
    const size = configuration.jobs[stage === 'validate' ? 'plan' : stage];
    const writes = WRITING_STAGES.includes(stage);
    const id = `${pascal(stage)}${pascal(architecture)}`;
    const definition = new EcsJobDefinition(this, id, {
      jobDefinitionName: jobDefinition(stage, architecture),
      // Running executions name the definition without a revision; the replaced one must stay usable for redrives.
      skipDeregisterOnUpdate: true,
      retryAttempts: 1,
      ...(writes ? {} : { timeout: INTERRUPTIBLE_JOB_LIMIT }),
      propagateTags: true,
      container: new EcsFargateContainerDefinition(this, `${id}Container`, {
        image: ContainerImage.fromEcrRepository(parts.image.repository, parts.image.tag(architecture)),
        cpu: size.vcpu,
        memory: Size.mebibytes(size.memoryMiB),
        ephemeralStorageSize: Size.gibibytes(size.storageGiB),
        fargateCpuArchitecture: architecture === 'arm64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
        fargatePlatformVersion: FargatePlatformVersion.LATEST,
        assignPublicIp: parts.network.assignPublicIp,
        command: ['node', '/belay/main.mjs'],
        environment: {
          BELAY_WORKSPACE: WORKSPACE,
          ADMIT_FUNCTION: functions.admit.functionName,
          ARTIFACTS_FUNCTION: functions.artifacts.functionName,
          SECRETS_FUNCTION: functions.secrets.functionName,
          SESSIONS_FUNCTION: functions.sessions.functionName,
          ...(parts.network instanceof ClosedNetwork ? { BELAY_PROVIDER_MIRROR: PROVIDERS } : {}),
        },
        jobRole: parts.jobRole,
        executionRole: parts.executionRole,
        logging: LogDriver.awsLogs({ logGroup: parts.logs, streamPrefix: stage }),
      }),
    });
    parts.image.neededBy(definition, architecture);
  }
}

const mapStages = <Value>(make: (stage: JobStage) => Value) =>
  Object.fromEntries(JOB_STAGES.map((stage) => [stage, make(stage)])) as Record<JobStage, Value>;

const pascal = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
