/** Where the images of components with `build` are built: a CodeBuild project for each architecture, told everything by its variables. */
import { readFileSync } from 'node:fs';
import {
  BuildSpec,
  ComputeType,
  LinuxArmBuildImage,
  LinuxBuildImage,
  Project,
} from 'aws-cdk-lib/aws-codebuild';
import { type IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { appProject } from '../core/app-image.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import { architectureSchema } from '../core/words.ts';
import { accept } from './accepted.ts';
import { allow } from './allow.ts';
import { appRepositoryArns, registryHost } from './names.ts';
import type { Stores } from './stores.ts';

/** A build that takes longer hangs. */
export const BUILD_LIMIT = Duration.hours(1);
/** How long it waits for those before it; the most that CodeBuild takes. */
export const BUILD_QUEUE_LIMIT = Duration.hours(8);

export interface AppBuildsProps {
  readonly stores: Stores;
  readonly retention: Configuration['retention'];
}

export class AppBuilds extends Construct {
  readonly #projects: readonly Project[];

  constructor(scope: Construct, id: string, { stores, retention }: AppBuildsProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: retention.jobLogs,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const buildSpec = BuildSpec.fromObjectToYaml(
      parse(readFileSync(new URL('app-buildspec.yml', import.meta.url), 'utf8')),
    );
    this.#projects = architectureSchema.options.map((architecture) => {
      const role = new Role(this, `Role${architecture}`, {
        assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
        description: `Builds images of components for ${architecture}`,
      });
      this.#grantBuild(role, stores, logGroup);
      const project = new Project(this, architecture, {
        role: role.withoutPolicyUpdates(),
        projectName: appProject(architecture),
        description: `Belay: builds images of components for ${architecture}`,
        buildSpec,
        environment: {
          buildImage:
            architecture === 'arm64'
              ? LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_4_0
              : LinuxBuildImage.AMAZON_LINUX_2023_6,
          computeType: ComputeType.SMALL,
          // Docker runs in the build.
          privileged: true,
        },
        environmentVariables: {
          ARCHITECTURE: { value: architecture },
          REGISTRY: { value: registryHost(stack) },
        },
        grantReportGroupPermissions: false,
        timeout: BUILD_LIMIT,
        queuedTimeout: BUILD_QUEUE_LIMIT,
        logging: { cloudWatch: { logGroup } },
      });
      accept(project, { CB4: 'it leaves no artifacts but the image' });
      return project;
    });
  }

  #grantBuild(role: Role, stores: Stores, logGroup: LogGroup): void {
    logGroup.grantWrite(role);
    allow(role, {
      actions: ['s3:GetObject'],
      resources: [stores.artifacts.arnForObjects('*/sources/*.tar.gz')],
      because: 'source snapshots of all repositories: which one, the machine says',
    });
    stores.useKey(role, 's3', 'Decrypt');
    allow(role, {
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:CompleteLayerUpload',
        'ecr:DescribeImages',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: [appRepositoryArns(Stack.of(this))],
      because: 'repositories are made for components when they are first built',
    });
    allow(role, {
      actions: ['ecr:GetAuthorizationToken'],
      resources: ['*'],
      because: 'the token is of the account, and worth what the rest of the role allows',
    });
  }

  /**
   * What `codebuild:startBuild.sync` needs.
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html
   */
  grantRun(machine: IGrantable): void {
    const stack = Stack.of(this);
    allow(machine, {
      actions: ['codebuild:StartBuild', 'codebuild:StopBuild', 'codebuild:BatchGetBuilds'],
      resources: this.#projects.map(({ projectArn }) => projectArn),
    });
    allow(machine, {
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [
        stack.formatArn({
          service: 'events',
          resource: 'rule',
          resourceName: 'StepFunctionsGetEventForCodeBuildStartBuildRule',
          arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      ],
    });
  }
}
