/**
 * A container image as the stack needs it: its sources as a hashed asset, its ECR repository and a literal tag.
 * The tag is the hash known at synth, so a changed source rolls exactly the functions and job definitions that use it;
 * a tag handed over as a token between stacks would not.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Repository, TagMutability } from 'aws-cdk-lib/aws-ecr';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType, DockerImage, Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { buildSync } from 'esbuild';

export interface ImageProps {
  /** Bundle name (without `.mjs`) → entry file, relative to the project. */
  readonly entries: Readonly<Record<string, string>>;
  /** The folder whose Dockerfile builds the image. */
  readonly folder: string;
}

/** Untagged or superseded images are kept this long, so that a rolled back stack still finds its image. */
const IMAGE_RETENTION = Duration.days(90);

export class Image extends Construct {
  readonly repository: Repository;
  /** Docker build context: Dockerfile and bundles. */
  readonly source: Asset;
  /** Literal, first part of every image's tag. */
  readonly tag: string;

  constructor(scope: Construct, id: string, props: ImageProps) {
    super(scope, id);
    const project = join(import.meta.dirname, '..');
    const bundle = (output: string) => {
      mkdirSync(output, { recursive: true });
      buildSync({
        absWorkingDir: project,
        entryPoints: Object.fromEntries(
          Object.entries(props.entries).map(([name, file]) => [name, join(project, file)]),
        ),
        outdir: output,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        platform: 'node',
        target: 'node24',
        format: 'esm',
        mainFields: ['module', 'main'],
        minify: true,
        keepNames: true,
        legalComments: 'none',
        // Some CommonJS dependencies call `require` for Node's own modules. The name must not meet a minified one.
        banner: {
          js: "import{createRequire as belayCreateRequire}from'node:module';const require=belayCreateRequire(import.meta.url);",
        },
      });
      cpSync(join(project, props.folder, 'Dockerfile'), join(output, 'Dockerfile'));
      return true;
    };
    this.source = new Asset(this, 'Source', {
      path: join(project, props.folder),
      assetHashType: AssetHashType.OUTPUT,
      bundling: {
        image: DockerImage.fromRegistry('unused: bundled by esbuild in this process'),
        local: { tryBundle: bundle },
      },
    });
    this.tag = this.source.assetHash;
    this.repository = new Repository(this, 'Repository', {
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      lifecycleRules: [{ maxImageAge: IMAGE_RETENTION, description: 'images of replaced versions' }],
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
  }
}
