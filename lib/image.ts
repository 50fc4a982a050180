/**
 * A container image as the stack needs it: its sources as a hashed asset, its ECR repository, a literal tag, and a custom resource
 * that has CodeBuild build it while the stack is deployed. The tag is known at synth, so a changed source rolls exactly the functions
 * and job definitions that use it; a tag handed over as a token between stacks would not. docs/images.md
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType, CfnResource, DockerImage, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { imageTag } from '../core/image-tag.ts';
import type { Architecture } from '../core/words.ts';
import { BASE_IMAGES } from './base-images.ts';
import { bundle } from './bundle.ts';
import type { ImageBuilds } from './image-builds.ts';

/** At least one. */
export type Architectures = readonly [Architecture, ...Architecture[]];

export interface ImageProps {
  readonly builds: ImageBuilds;
  /** Bundle name (without `.mjs`) → entry file, relative to the project. */
  readonly entries: Readonly<Record<string, string>>;
  /** Further files of the source: name → content. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder whose Dockerfile builds the image. */
  readonly folder: keyof typeof BASE_IMAGES;
  /** Each is an image of its own. */
  readonly architectures: Architectures;
}

/** So many deployed versions stay, so that a rolled back stack finds its image; layers that versions share are stored once. */
const VERSIONS_KEPT = 20;

export class Image extends Construct {
  readonly repository: Repository;
  readonly architectures: Architectures;
  readonly #built = new Map<Architecture, { readonly tag: string; readonly resource: CfnResource }>();

  constructor(scope: Construct, id: string, props: ImageProps) {
    super(scope, id);
    const { builds, folder, entries, files = {}, architectures } = props;
    this.architectures = architectures;
    const project = join(import.meta.dirname, '..');
    const write = (output: string) => {
      bundle(entries, output);
      cpSync(join(project, folder, 'Dockerfile'), join(output, 'Dockerfile'));
      cpSync(join(import.meta.dirname, 'buildspec.yml'), join(output, 'buildspec.yml'));
      for (const [name, content] of Object.entries(files)) writeFileSync(join(output, name), content);
      return true;
    };
    const source = new Asset(this, 'Source', {
      path: join(project, folder),
      assetHashType: AssetHashType.OUTPUT,
      bundling: {
        image: DockerImage.fromRegistry('unused: bundled by esbuild in this process'),
        local: { tryBundle: write },
      },
    });
    this.repository = new Repository(this, 'Repository', {
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      lifecycleRules: [
        // Nothing runs these: lambdas/image-build/check-bases.ts.
        {
          rulePriority: 1,
          tagStatus: TagStatus.TAGGED,
          tagPrefixList: ['patched-'],
          maxImageCount: architectures.length,
          description: 'built with newer bases, to see that they build and what the scan finds',
        },
        // Counted, not by age: a stack that nobody deploys for a year still runs its image.
        {
          rulePriority: 2,
          maxImageCount: VERSIONS_KEPT * architectures.length,
          description: 'deployed versions',
        },
      ],
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
    const bases = BASE_IMAGES[folder];
    for (const architecture of architectures) {
      const tag = imageTag({ source: source.assetHash, bases, architecture });
      const resource = builds.build(this, architecture, {
        name: folder,
        repository: this.repository,
        source,
        bases,
        tag,
      });
      this.#built.set(architecture, { tag, resource });
    }
  }

  /** The literal tag of the image for an architecture. */
  tag(architecture: Architecture): string {
    return this.#of(architecture).tag;
  }

  /** What runs the image comes after its build, and is not touched when the build fails. */
  neededBy(construct: Construct, architecture: Architecture): void {
    const { resource } = this.#of(architecture);
    if (CfnResource.isCfnResource(construct.node.defaultChild)) {
      construct.node.defaultChild.addResourceDependency(resource);
    } else
      throw new Error(`depending on the build of ${this.node.path}: ${construct.node.path} is no resource`);
  }

  #of(architecture: Architecture) {
    const built = this.#built.get(architecture);
    if (built !== undefined) return built;
    throw new Error(`naming the image ${this.node.path}: it is not built for ${architecture}`);
  }
}
