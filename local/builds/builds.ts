/** CodeBuild of the twin: what lib/app-buildspec.yml says, done on this machine, under the permissions of the project's role. */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar';
import { z } from 'zod';
import type { BuildProject } from '../assembly/model.ts';
import { arnOf, type Place } from '../assembly/resource.ts';
import type { Images } from '../registry/images.ts';
import { AwsError } from '../wire/errors.ts';
import { keyUse } from '../wire/kms.ts';
import type { Principals } from '../wire/principals.ts';
import type { ObjectStore } from '../wire/s3/object-store.ts';
import type { Authorize, Permission } from '../wire/service.ts';
import type { Build } from './build.ts';
import { makeFiles } from './make-files.ts';

export interface BuildsOptions {
  readonly projects: readonly BuildProject[];
  readonly place: Place;
  readonly objects: ObjectStore;
  readonly images: Images;
  readonly principals: Principals;
  readonly authorize: Authorize;
  /** Folder with one folder per build. */
  readonly folder: string;
  /** The environment of the user's shell. */
  readonly shell: Readonly<Record<string, string | undefined>>;
}

/** The variables of lib/app-buildspec.yml; LOCAL_RUN is for the twin alone. */
const variablesSchema = z.strictObject({
  SNAPSHOT: z.string().regex(/^s3:\/\/[^/]+\/.+/),
  CONTEXT: z.string().min(1),
  DOCKERFILE: z.string().min(1),
  REPOSITORY: z.string().min(1),
  TAG: z.string().min(1),
  REGISTRY: z.string().min(1),
  ARCHITECTURE: z.string().min(1),
  LOCAL_RUN: z.string().optional(),
});
type Variables = z.infer<typeof variablesSchema>;

/** What a push is made of: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
const PUSH = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
];

export class Builds {
  readonly #options: BuildsOptions;
  readonly #running = new Map<Build, { readonly end: Promise<void>; readonly stop: AbortController }>();

  constructor(options: BuildsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Throws ResourceNotFoundException for an unknown project. */
  project(name: string): BuildProject {
    const project = this.#options.projects.find((one) => one.name === name);
    if (project !== undefined) return project;
    throw new AwsError('ResourceNotFoundException', `Project cannot be found: ${name}`);
  }

  /** StartBuild. */
  start(projectName: string, variables: Readonly<Record<string, string>>): Build {
    const project = this.project(projectName);
    const uuid = randomUUID();
    const folder = join(this.#options.folder, uuid);
    mkdirSync(folder);
    const id = `${project.name}:${uuid}`;
    const build: Build = {
      id,
      arn: arnOf(this.#options.place, 'codebuild', `build/${id}`),
      project,
      environment: { ...project.environment, ...variables },
      log: join(folder, 'log.txt'),
      startedAt: new Date(),
      status: 'IN_PROGRESS',
    };
    writeFileSync(build.log, '');
    const stop = new AbortController();
    const end = this.#run(build, folder, stop.signal).finally(() => this.#running.delete(build));
    this.#running.set(build, { end, stop });
    return build;
  }

  /** Resolves when the build has ended. */
  ended(build: Build): Promise<void> {
    return this.#running.get(build)?.end ?? Promise.resolve();
  }

  /** StopBuild; nothing happens when it has ended. */
  stop(build: Build): void {
    this.#running.get(build)?.stop.abort();
  }

  /** Stops everything and waits for it. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(({ end }) => end));
  }

  async #run(build: Build, folder: string, stopped: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(build.project.timeoutSeconds * 1000);
    const context = join(folder, 'snapshot');
    const output = join(folder, 'image');
    let phase: NonNullable<Build['problem']>['phase'] = 'PRE_BUILD';
    try {
      mkdirSync(context);
      mkdirSync(output);
      const variables = readVariables(build);
      await this.#unpack(build, variables, context);
      phase = 'BUILD';
      await makeFiles({
        context: join(context, variables.CONTEXT),
        dockerfile: variables.DOCKERFILE,
        architecture: variables.ARCHITECTURE,
        localRun: variables.LOCAL_RUN,
        output,
        log: build.log,
        shell: this.#options.shell,
        signal: AbortSignal.any([stopped, limit]),
      });
      this.#push(build, variables, output);
      build.status = 'SUCCEEDED';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      appendFileSync(build.log, `${message}\n`);
      build.problem = { phase, message };
      build.status = stopped.aborted ? 'STOPPED' : limit.aborted ? 'TIMED_OUT' : 'FAILED';
    } finally {
      build.endedAt = new Date();
      rmSync(context, { recursive: true, force: true });
      rmSync(output, { recursive: true, force: true });
    }
  }

  /** Nothing of the repository but the context. */
  async #unpack(build: Build, { SNAPSHOT, CONTEXT }: Variables, to: string): Promise<void> {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(SNAPSHOT) ?? [];
    this.#require(build, [{ action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` }]);
    const { kmsKeyArn } = this.#options.objects.bucket(bucket).definition;
    const { region } = this.#options.place;
    if (kmsKeyArn !== undefined) this.#require(build, [keyUse('s3', 'Decrypt', { key: kmsKeyArn, region })]);
    const snapshot = this.#options.objects.get(bucket, key);
    if (snapshot === undefined) throw new Error(`fetching the snapshot: there is no object ${SNAPSHOT}`);
    const archive = join(to, '..', 'snapshot.tar.gz');
    writeFileSync(archive, snapshot.body);
    await extract({
      file: archive,
      cwd: to,
      preserveOwner: false,
      filter: (path) => CONTEXT === '.' || `${path}/`.startsWith(`${CONTEXT}/`),
    });
    rmSync(archive);
  }

  /** Of two builds of one context the second push is refused, and the image is there. */
  #push(build: Build, { REPOSITORY, TAG }: Variables, output: string): void {
    const { images, place } = this.#options;
    const repository = arnOf(place, 'ecr', `repository/${REPOSITORY}`);
    this.#require(build, [{ action: 'ecr:GetAuthorizationToken' }]);
    this.#require(
      build,
      PUSH.map((action) => ({ action, resource: repository })),
    );
    try {
      const digest = images.push(REPOSITORY, TAG, output);
      appendFileSync(build.log, `pushed ${REPOSITORY}:${TAG} as ${digest}\n`);
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'ImageTagAlreadyExistsException') throw error;
      this.#require(build, [{ action: 'ecr:DescribeImages', resource: repository }]);
      appendFileSync(build.log, `${error.message}\n`);
    }
  }

  #require({ project, id }: Build, needed: readonly Permission[]): void {
    const { principals, authorize } = this.#options;
    const sessionName = id.slice(-36);
    const principal = principals.openSession(project.roleArn, { sessionName });
    const refusals = needed.flatMap((permission) => {
      const reason = authorize({ principal, ...permission });
      return reason === undefined ? [] : [`${permission.action} on ${permission.resource}: ${reason}`];
    });
    principals.revoke(principal.credentials.accessKeyId);
    if (refusals[0] !== undefined) throw new Error(`${principal.arn} is not authorized: ${refusals[0]}`);
  }
}

function readVariables({ environment }: Build): Variables {
  const read = variablesSchema.safeParse(environment);
  if (read.success) return read.data;
  throw new Error(`reading the variables of the build: ${z.prettifyError(read.error)}`);
}
