/** What builds Belay's own images: one zip function behind all custom resources, a CodeBuild project per image and architecture, and who is told. */
import { ComputeType, LinuxArmBuildImage, LinuxBuildImage, Project, Source } from 'aws-cdk-lib/aws-codebuild';
import type { Repository } from 'aws-cdk-lib/aws-ecr';
import { EventBus, EventField, Match, Rule } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Code,
  Architecture as LambdaArchitecture,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import {
  AssetHashType,
  CfnResource,
  CustomResource,
  DockerImage,
  Duration,
  RemovalPolicy,
} from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { BASES_MOVED, type ImageOrder } from '../core/contracts/image-build.ts';
import type { Architecture } from '../core/words.ts';
import { accept, acceptPatterns } from './accepted.ts';
import { allow } from './allow.ts';
import { bundle } from './bundle.ts';
import { functionRole } from './function-role.ts';
import type { Notifications } from './observability/notifications.ts';

export interface ImageBuildsProps {
  /** People are told that a build has failed or that bases have moved. */
  readonly notifications: Notifications;
  readonly retention: Configuration['retention'];
}

/** What is built, and where to. */
export interface ImageBuild {
  /** Part of the project's name. */
  readonly name: string;
  readonly repository: Repository;
  readonly source: Asset;
  readonly bases: Readonly<Record<string, string>>;
  readonly tag: string;
}

/** The runbook's heading. */
const IMAGES = 'an-image-could-not-be-built';

/** Names of the projects begin with it. */
const PROJECT_PREFIX = 'belay-image-';
/** A build takes two to four minutes, and may have to queue before. */
const BUILD_LIMIT = Duration.minutes(12);
/** The most a function may run; it answers a minute before. */
const FUNCTION_LIMIT = Duration.minutes(15);
/** A little longer: only a function that died answers nothing. */
const SERVICE_LIMIT = Duration.minutes(16);

export class ImageBuilds extends Construct {
  readonly #fn: LambdaFunction;
  readonly #logDays: number;

  constructor(scope: Construct, id: string, { notifications, retention }: ImageBuildsProps) {
    super(scope, id);
    this.#logDays = retention.logs;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: this.#logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#fn = new OneVersion(this, 'Function', {
      description: 'Belay: image-build',
      runtime: Runtime.NODEJS_24_X,
      architecture: LambdaArchitecture.ARM_64,
      handler: 'image-build.handler',
      code: Code.fromAsset(import.meta.dirname, {
        assetHashType: AssetHashType.OUTPUT,
        bundling: {
          image: DockerImage.fromRegistry('unused: bundled by esbuild in this process'),
          local: {
            tryBundle: (output) => {
              bundle({ 'image-build': 'lambdas/image-build/handler.ts' }, output);
              return true;
            },
          },
        },
      }),
      timeout: FUNCTION_LIMIT,
      memorySize: 256,
      tracing: Tracing.ACTIVE,
      role: functionRole(this, { name: 'image-build', logGroup }),
      logGroup,
    });
    EventBus.fromEventBusName(this, 'DefaultBus', 'default').grantPutEventsTo(this.#fn);
    new Rule(this, 'BuildFailed', {
      description: 'An image could not be built',
      eventPattern: {
        source: ['aws.codebuild'],
        detailType: ['CodeBuild Build State Change'],
        detail: {
          'build-status': ['FAILED', 'FAULT', 'TIMED_OUT', 'STOPPED'],
          'project-name': Match.prefix(PROJECT_PREFIX),
        },
      },
      targets: notifications.targets({
        title: `${EventField.fromPath('$.detail.project-name')}: an image of Belay could not be built`,
        text: `The build ended as ${EventField.fromPath('$.detail.build-status')}: nothing new is deployed.`,
        link: EventField.fromPath('$.detail.additional-information.logs.deep-link'),
        heading: IMAGES,
      }),
    });
    new Rule(this, 'BasesMoved', {
      description: 'Newer bases of an image are there',
      eventPattern: { source: [BASES_MOVED.source], detailType: [BASES_MOVED.detailType] },
      targets: notifications.targets({
        title: `Newer bases are there for the images of ${EventField.fromPath('$.detail.repository')}`,
        text: `${EventField.fromPath('$.detail.next')}. The image ${EventField.fromPath('$.detail.tag')} was built with them, and nothing runs it.`,
        heading: IMAGES,
      }),
    });
  }

  /** A project for this image, and the custom resource that has it built; what runs the image must depend on what is returned. */
  build(scope: Construct, architecture: Architecture, image: ImageBuild): CfnResource {
    const { repository, source, bases, tag } = image;
    const at = new Construct(scope, `Build${architecture}`);
    const arm = architecture === 'arm64';
    const logGroup = new LogGroup(at, 'Logs', {
      retention: this.#logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(at, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
      description: `Builds the image of ${image.name} for ${architecture}`,
    });
    const project = new Project(at, 'Project', {
      // What CDK would add may read the whole bucket of assets.
      role: role.withoutPolicyUpdates(),
      projectName: `${PROJECT_PREFIX}${image.name}-${architecture}`,
      description: `Belay: builds the image of ${image.name} for ${architecture}`,
      source: Source.s3({ bucket: source.bucket, path: source.s3ObjectKey }),
      environment: {
        buildImage: arm
          ? LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_4_0
          : LinuxBuildImage.AMAZON_LINUX_2023_6,
        computeType: ComputeType.SMALL,
        // Docker runs in the build. What runs in it are this project's own Dockerfiles.
        privileged: true,
      },
      environmentVariables: { ARCHITECTURE: { value: architecture } },
      grantReportGroupPermissions: false,
      timeout: BUILD_LIMIT,
      logging: { cloudWatch: { logGroup } },
    });
    accept(project, { CB4: 'it leaves no artifacts but the image' });
    this.#grantBuild(role, image, logGroup);
    allow(this.#fn, {
      actions: ['codebuild:StartBuild', 'codebuild:BatchGetBuilds', 'codebuild:StopBuild'],
      resources: [project.projectArn],
    });
    allow(this.#fn, { actions: ['ecr:DescribeImages'], resources: [repository.repositoryArn] });
    const order: ImageOrder = {
      project: project.projectName,
      repository: repository.repositoryName,
      repositoryUri: repository.repositoryUri,
      tag,
      location: `${source.s3BucketName}/${source.s3ObjectKey}`,
      bases,
    };
    new Schedule(at, 'Weekly', {
      description: `Are the bases of ${image.name} (${architecture}) still the newest?`,
      schedule: ScheduleExpression.rate(Duration.days(7)),
      target: new LambdaInvoke(this.#fn, {
        input: ScheduleTargetInput.fromObject({ checkBases: order }),
        retryAttempts: 2,
        maxEventAge: Duration.hours(1),
      }),
    });
    const resource = new CustomResource(at, 'Image', {
      serviceToken: this.#fn.functionArn,
      resourceType: 'Custom::BelayImage',
      serviceTimeout: SERVICE_LIMIT,
      properties: order,
    });
    // The role with its policies, too: the build begins as soon as there is a project.
    resource.node.addDependency(project, role);
    const { defaultChild } = resource.node;
    if (CfnResource.isCfnResource(defaultChild)) return defaultChild;
    throw new Error(`building ${image.name}: its custom resource has no resource of CloudFormation`);
  }

  /** https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html */
  #grantBuild(role: Role, { repository, source }: ImageBuild, logGroup: LogGroup): void {
    logGroup.grantWrite(role);
    repository.grantPullPush(role);
    acceptPatterns(role, 'the token that opens ECR is of the account', ['*']);
    const { bucket, s3ObjectKey } = source;
    allow(role, {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [bucket.arnForObjects(s3ObjectKey)],
    });
    allow(role, { actions: ['s3:GetBucketAcl', 's3:GetBucketLocation'], resources: [bucket.bucketArn] });
  }
}

/** Its schedules invoke it alone: CDK would add all its versions and aliases, of which there are none. */
class OneVersion extends LambdaFunction {
  override get resourceArnsForGrantInvoke(): string[] {
    return [this.functionArn];
  }
}
