/** What runs long: a Fargate compute environment without idle cost, its queue, and one job definition per stage and architecture. */
import {
  EcsFargateContainerDefinition,
  EcsJobDefinition,
  FargateComputeEnvironment,
  JobQueue,
} from 'aws-cdk-lib/aws-batch';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, CpuArchitecture, FargatePlatformVersion, LogDriver } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { jobDefinition } from '../core/deployment/job-order.ts';
import {
  type Architecture,
  architectureSchema,
  type Stage,
  stageSchema,
  WRITING_STAGES,
} from '../core/words.ts';
import { accept, acceptPatterns } from './accepted.ts';
import type { Functions } from './functions.ts';
import { Image } from './image.ts';
import { StateRole } from './state-role.ts';
import type { Stores } from './stores.ts';

/** A validate, plan or test that takes longer hangs. Apply and destroy have no limit short of Batch's own 14 days. */
export const INTERRUPTIBLE_JOB_LIMIT = Duration.hours(2);
/** Root of the work area in the image; plans hold absolute paths, so it never changes. */
const WORKSPACE = '/workspace';

export interface ExecutorProps {
  readonly stores: Stores;
  readonly functions: Functions;
}

export class Executor extends Construct {
  readonly queue: JobQueue;

  constructor(scope: Construct, id: string, props: ExecutorProps) {
    super(scope, id);
    const image = new Image(this, 'Image', {
      folder: 'executor-image',
      entries: { main: 'executor-image/main.ts' },
    });
    // Public subnets without a NAT gateway cost nothing while idle; the security group lets nothing in.
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 20 }],
      restrictDefaultSecurityGroup: false,
    });
    accept(vpc, {
      VPC7: 'nothing listens in it; whom jobs call is in CloudTrail, and a log of flows costs more than the idle stack',
    });
    const computeEnvironment = new FargateComputeEnvironment(this, 'Compute', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      securityGroups: [
        new SecurityGroup(this, 'Egress', {
          vpc,
          description: 'Jobs of Belay: out only',
          allowAllOutbound: true,
        }),
      ],
      maxvCpus: 256,
    });
    this.queue = new JobQueue(this, 'Queue', {
      jobQueueName: 'belay',
      computeEnvironments: [{ computeEnvironment, order: 1 }],
    });
    const logs = new LogGroup(this, 'Logs', {
      retention: RetentionDays.SIX_MONTHS,
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
        this.jobDefinition(stage, architecture, { image, jobRole, executionRole, logs, props });
      }
    }
  }

  private jobDefinition(
    stage: Stage,
    architecture: Architecture,
    parts: { image: Image; jobRole: Role; executionRole: Role; logs: LogGroup; props: ExecutorProps },
  ): void {
    const { functions } = parts.props;
    const writes = WRITING_STAGES.includes(stage);
    const id = `${pascal(stage)}${pascal(architecture)}`;
    new EcsJobDefinition(this, id, {
      jobDefinitionName: jobDefinition(stage, architecture),
      // Running executions name the definition without a revision; the replaced one must stay usable for redrives.
      skipDeregisterOnUpdate: true,
      retryAttempts: 1,
      ...(writes ? {} : { timeout: INTERRUPTIBLE_JOB_LIMIT }),
      propagateTags: true,
      container: new EcsFargateContainerDefinition(this, `${id}Container`, {
        image: ContainerImage.fromEcrRepository(parts.image.repository, `${parts.image.tag}-${architecture}`),
        cpu: 1,
        memory: Size.gibibytes(2),
        ephemeralStorageSize: Size.gibibytes(30),
        fargateCpuArchitecture: architecture === 'arm64' ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
        fargatePlatformVersion: FargatePlatformVersion.LATEST,
        assignPublicIp: true,
        command: ['node', '/belay/main.mjs'],
        environment: {
          BELAY_WORKSPACE: WORKSPACE,
          ADMIT_FUNCTION: functions.admit.functionName,
          ARTIFACTS_FUNCTION: functions.artifacts.functionName,
          SECRETS_FUNCTION: functions.secrets.functionName,
          SESSIONS_FUNCTION: functions.sessions.functionName,
        },
        jobRole: parts.jobRole,
        executionRole: parts.executionRole,
        logging: LogDriver.awsLogs({ logGroup: parts.logs, streamPrefix: stage }),
      }),
    });
  }
}

const pascal = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
