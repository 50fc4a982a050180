/** A build in the twin, from the machine's Task to the image: what it is given, what it may do, and how it fails. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { create } from 'tar';
import { realClock } from '../../../local/asl/clock.ts';
import { StatesError } from '../../../local/asl/errors.ts';
import type { TaskCall } from '../../../local/asl/host.ts';
import type { ExecutionRecord } from '../../../local/asl/record.ts';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { Builds } from '../../../local/builds/builds.ts';
import { createAuthorize } from '../../../local/iam/authorize.ts';
import { Images } from '../../../local/registry/images.ts';
import { createTasks } from '../../../local/states/tasks.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';
import { ObjectStore } from '../../../local/wire/s3/object-store.ts';
import { temporaryFolder, writeStack } from '../world/small-stack.ts';

const open: Builds[] = [];
afterEach(async () => {
  for (const builds of open.splice(0)) await builds.close();
});

const ROLE = { 'Fn::GetAtt': ['Role', 'Arn'] };
const project = (Name: string, Source: object) => ({
  Type: 'AWS::CodeBuild::Project',
  Properties: {
    Name,
    Artifacts: { Type: 'NO_ARTIFACTS' },
    Environment: {
      EnvironmentVariables: [
        { Name: 'ARCHITECTURE', Type: 'PLAINTEXT', Value: 'arm64' },
        { Name: 'REGISTRY', Type: 'PLAINTEXT', Value: 'registry.example' },
      ],
    },
    ServiceRole: ROLE,
    Source,
  },
});

async function twin({ statements, path = '/bin:/usr/bin' }: { statements?: object[]; path?: string } = {}) {
  const folder = temporaryFolder('builds');
  const cdkOut = writeStack({
    functions: {},
    ...(statements && { statements }),
    resources: {
      App: project('belay-app-arm64', { Type: 'NO_SOURCE', BuildSpec: 'version: 0.2' }),
      Own: project('belay-image-lambdas-arm64', { Type: 'S3', Location: 'b/k' }),
    },
  });
  const assembly = loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:1' });
  const { place } = assembly;
  const principals = createPrincipals(realClock);
  const objects = new ObjectStore(join(folder, 's3'), assembly.buckets, realClock);
  const images = new Images(join(folder, 'images'));
  const authorize = createAuthorize(assembly);
  const builds = new Builds({
    ...{ projects: assembly.buildProjects, place, objects, images, principals, authorize },
    folder: join(folder, 'builds'),
    shell: { PATH: path, HOME: folder },
  });
  open.push(builds);
  images.createRepository('belay-app/7/web');
  const bucket = assembly.buckets[0]?.name ?? '';
  objects.put(bucket, '7/sources/c.tar.gz', await snapshot(folder));
  const run = createTasks({ place, builds, objects, principals, authorize } as unknown as Parameters<
    typeof createTasks
  >[0]);
  const start = (
    variables: Readonly<Record<string, string | undefined>> = {},
    more: { argument?: object; signal?: AbortSignal } = {},
  ) => {
    const all = { ...VARIABLES, SNAPSHOT: `s3://${bucket}/7/sources/c.tar.gz`, ...variables };
    const EnvironmentVariablesOverride = Object.entries(all).flatMap(([Name, Value]) =>
      Value === undefined ? [] : { Name, Value, Type: 'PLAINTEXT' },
    );
    const call = {
      stateName: 'Build the image',
      arguments: { ProjectName: 'belay-app-arm64', EnvironmentVariablesOverride, ...more.argument },
      signal: more.signal ?? new AbortController().signal,
      submitted: () => {},
    } as unknown as TaskCall;
    const role = assembly.roles[0]?.arn ?? '';
    const record = { roleArn: role, stateMachineName: 'm' } as ExecutionRecord;
    return run('arn:aws:states:::codebuild:startBuild.sync', call, record);
  };
  return { assembly, builds, images, start };
}

const VARIABLES = {
  CONTEXT: 'web',
  DOCKERFILE: 'Dockerfile',
  REPOSITORY: 'belay-app/7/web',
  TAG: 'tag-1',
  LOCAL_RUN: 'cp program "$BELAY_IMAGE/" && ls .. > "$BELAY_IMAGE/beside"',
};

async function snapshot(folder: string): Promise<Buffer> {
  const root = join(folder, 'root');
  for (const [path, text] of [
    ['web/program', 'one'],
    ['web/Dockerfile', 'FROM scratch'],
    ['website/x', ''],
    ['secret', ''],
  ] as const) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  await create({ file: join(folder, 'c.tar.gz'), cwd: root, gzip: true }, ['web', 'website', 'secret']);
  return readFileSync(join(folder, 'c.tar.gz'));
}

/** Why the Task failed. */
async function failure(task: Promise<unknown>): Promise<{ name: string; message: string }> {
  const error = await task.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatesError)) throw new Error('the Task did not fail as a Task does');
  return { name: error.error ?? '', message: error.errorCause ?? '' };
}

test('the declared command gets the context alone, and what it leaves is the image of the tag', async () => {
  const { start, images } = await twin();
  const before = Date.now();
  const { Build } = (await start()) as { Build: Record<'StartTime' | 'EndTime', number> };
  expect(Build).toMatchObject({ BuildStatus: 'SUCCEEDED', ProjectName: 'belay-app-arm64', Phases: [] });
  const times = [before, Build.StartTime, Build.EndTime, Date.now()];
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  const files = join(images.folder, images.digestOf('belay-app/7/web', 'tag-1'));
  expect(readFileSync(join(files, 'program'), 'utf8')).toBe('one');
  expect(readFileSync(join(files, 'beside'), 'utf8')).toBe('web\n');
});

test('equal files have one digest, whatever the tag; a tag is never moved', async () => {
  const { start, images } = await twin();
  await start();
  await start({ TAG: 'tag-2' });
  const first = images.digestOf('belay-app/7/web', 'tag-1');
  expect(images.digestOf('belay-app/7/web', 'tag-2')).toBe(first);
  // The push is refused and the image is there: as when two releases build one context.
  await start({ LOCAL_RUN: 'echo other > "$BELAY_IMAGE/program"' });
  expect(images.digestOf('belay-app/7/web', 'tag-1')).toBe(first);
});

test.each([
  ['a command that fails', { LOCAL_RUN: 'echo no such module >&2; exit 3' }, 'exit status 3'],
  ['no snapshot', { SNAPSHOT: 's3://belay-artifacts/gone' }, 'gone'],
  ['a repository nobody made', { REPOSITORY: 'belay-app/7/other' }, 'does not exist in the registry'],
  ['a variable nobody knows', { EXTRA: 'x' }, 'EXTRA'],
])('%s fails the Task with the build as its cause', async (_, variables, problem) => {
  const { start } = await twin();
  const { name, message } = await failure(start(variables));
  expect(name).toBe('States.TaskFailed');
  const { Build } = JSON.parse(message);
  expect(Build.BuildStatus).toBe('FAILED');
  expect(Build.Phases[0].Contexts[0].Message).toContain(problem);
  expect(existsSync(Build.Logs.DeepLink)).toBe(true);
});

describe('without a declared command', () => {
  test('a container engine that answers exports the files', async () => {
    const bin = temporaryFolder('bin');
    // docker buildx build --platform … --file … --output type=local,dest=… <context>
    const docker = '[ "$1" = info ] || cp "$9/program" "$(echo "$8" | cut -d= -f3)"';
    writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${docker}\n`);
    chmodSync(join(bin, 'docker'), 0o755);
    const { start, images } = await twin({ path: `${bin}:/bin:/usr/bin` });
    await start({ LOCAL_RUN: undefined });
    const files = join(images.folder, images.digestOf('belay-app/7/web', 'tag-1'));
    expect(readFileSync(join(files, 'program'), 'utf8')).toBe('one');
  });

  test('without an engine it says what to declare', async () => {
    const { start } = await twin({ path: temporaryFolder('nothing') });
    const { message } = await failure(start({ LOCAL_RUN: undefined }));
    expect(message).toContain('no container engine answers on this machine');
    expect(message).toContain('build: { local: { run: … } }');
  });
});

describe('permissions are those of the synthesized policies', () => {
  const allowed = [
    ['codebuild:StartBuild', 'codebuild:BatchGetBuilds', 'codebuild:StopBuild'],
    ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    ['s3:GetObject', 'ecr:GetAuthorizationToken', 'ecr:BatchCheckLayerAvailability', 'ecr:PutImage'],
    ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:DescribeImages'],
  ].flat();
  const without = (missing: string) => [
    { Effect: 'Allow', Action: allowed.filter((action) => action !== missing), Resource: '*' },
  ];

  test.each(['codebuild:StartBuild', 'codebuild:BatchGetBuilds', 'events:PutRule'])(
    'the machine needs %s',
    async (missing) => {
      const { start } = await twin({ statements: without(missing) });
      const { name, message } = await failure(start());
      expect(name).toBe('CodeBuild.AccessDeniedException');
      expect(message).toContain(missing);
    },
  );

  test.each(['s3:GetObject', 'ecr:PutImage', 'ecr:GetAuthorizationToken'])(
    'the project needs %s',
    async (missing) => {
      const { start } = await twin({ statements: without(missing) });
      const { name, message } = await failure(start());
      expect(name).toBe('States.TaskFailed');
      expect(message).toContain(missing);
    },
  );

  test('with all of them it builds', async () => {
    const { start } = await twin({ statements: without('') });
    expect(await start()).toMatchObject({ Build: { BuildStatus: 'SUCCEEDED' } });
  });
});

test('a stopped Task stops its build, with all it has started', async () => {
  const { start } = await twin();
  const stopping = new AbortController();
  const task = failure(start({ LOCAL_RUN: 'sleep 600 & wait' }, { signal: stopping.signal }));
  setTimeout(() => stopping.abort(), 300);
  expect(JSON.parse((await task).message).Build.BuildStatus).toBe('STOPPED');
});

test.each([
  ['an argument the twin does not know', { ImageOverride: 'x' }, 'States.Runtime'],
  ['a project that is not there', { ProjectName: 'other' }, 'CodeBuild.ResourceNotFoundException'],
])('%s is refused', async (_, argument, name) => {
  const { start } = await twin();
  expect((await failure(start({}, { argument }))).name).toBe(name);
});

test('the projects of Belay’s own images are not run', async () => {
  const { assembly } = await twin();
  expect(assembly.buildProjects.map(({ name }) => name)).toEqual(['belay-app-arm64']);
});
