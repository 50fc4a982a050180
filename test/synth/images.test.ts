/** How Belay's own images come to be, over the assembly that would be deployed: sources, tags, builds, order, and who hears of a failure. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { imageTag, pinnedBase } from '../../core/image-tag.ts';
import { type Resource, text } from '../support/assembly.ts';

const root = join(import.meta.dirname, '../..');
const assembly = join(root, 'cdk.out');
type Resources = Record<string, Resource & { readonly DependsOn?: string[] }>;
const resources: Resources = JSON.parse(
  readFileSync(join(assembly, 'Belay.template.json'), 'utf8'),
).Resources;
const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
const pinned = JSON.parse(readFileSync(join(root, 'lib/base-images.json'), 'utf8'));

const images = ofType('Custom::BelayImage').map(([id, { Properties }]) => {
  const { tag, ServiceToken, ServiceTimeout } = Properties;
  return { id, tag: String(tag), ServiceToken, ServiceTimeout };
});
const named = (part: string) => images.find(({ id }) => id.startsWith(part));
const folderOf = (tag: string) => join(assembly, `asset.${tag.split('-')[0]}`);
/** The assembly's tags, as they are written into functions and job definitions. */
const tagIn = (image: unknown) => /:([^:]+)$/.exec(JSON.stringify(image).replace(/["\]}]+$/, ''))?.[1];

test('there is an image of the functions, and one of the executor for each architecture', () => {
  expect(images.map(({ id }) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
    'ExecutorImageBuildamd64Image',
    'ExecutorImageBuildarm64Image',
    'FunctionsImageBuildarm64Image',
  ]);
});

test('a tag is literal: the hash of the source, of the pinned bases, and the architecture', () => {
  const lines = Object.entries(pinned['executor-image']).map(([argument, image]) => `${argument}=${image}\n`);
  const bases = createHash('sha256').update(lines.sort().join('')).digest('hex').slice(0, 12);
  const { tag } = named('ExecutorImageBuildamd64') ?? {};
  expect(tag).toMatch(/^[0-9a-f]{64}-[0-9a-f]{12}-amd64$/);
  expect(tag).toContain(`-${bases}-`);
});

test('another base, source or architecture is another tag; the order of arguments is none', () => {
  const one = { source: 's', bases: { A: '1', B: '2' }, architecture: 'arm64' } as const;
  const tags = [
    one,
    { ...one, source: 't' },
    { ...one, bases: { A: '1', B: '3' } },
    { ...one, architecture: 'amd64' } as const,
  ].map(imageTag);
  expect(new Set(tags).size).toBe(4);
  expect(imageTag({ ...one, bases: { B: '2', A: '1' } })).toBe(tags[0]);
});

test('every base is pinned by digest in a registry that the weekly check can ask', () => {
  for (const image of Object.values(pinned).flatMap((bases) => Object.values(bases as object))) {
    expect(pinnedBase(image).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  }
  expect(() => pinnedBase('public.ecr.aws/lambda/nodejs:24')).toThrow('must be public.ecr.aws/');
});

test('whatever runs an image is made after its build, and by exactly its tag', () => {
  const functions = ofType('AWS::Lambda::Function').filter(([, r]) => r.Properties.PackageType === 'Image');
  const jobs = ofType('AWS::Batch::JobDefinition');
  expect([functions.length, jobs.length]).toEqual([20, 10]);
  for (const [, { Properties, DependsOn = [] }] of functions) {
    const image = named('FunctionsImageBuildarm64');
    expect(tagIn(Properties.Code.ImageUri)).toBe(image?.tag);
    expect(DependsOn).toContain(image?.id);
  }
  for (const [, { Properties, DependsOn = [] }] of jobs) {
    const architecture = Properties.JobDefinitionName.split('-').at(-1);
    const image = named(`ExecutorImageBuild${architecture}`);
    expect(tagIn(Properties.ContainerProperties.Image)).toBe(image?.tag);
    expect(DependsOn).toContain(image?.id);
  }
});

test('the custom resource gives up after the function would have answered', () => {
  const [fn] = ofType('AWS::Lambda::Function').filter(([, r]) => r.Properties.PackageType !== 'Image');
  expect(fn?.[1].Properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Handler: 'image-build.handler',
    Timeout: 900,
  });
  for (const image of images) {
    expect(image.ServiceToken).toEqual({ 'Fn::GetAtt': [fn?.[0], 'Arn'] });
    expect(Number(image.ServiceTimeout)).toBeGreaterThan(900);
  }
});

describe('the projects', () => {
  const projects = ofType('AWS::CodeBuild::Project').filter(([, r]) =>
    r.Properties.Name.startsWith('belay-image-'),
  );

  test('build on machines of their architecture, in less time than the function waits', () => {
    const facts = projects.map(([, { Properties: p }]) => [
      p.Name,
      p.Environment.Type,
      p.Environment.PrivilegedMode,
    ]);
    expect(facts.sort()).toEqual([
      ['belay-image-executor-image-amd64', 'LINUX_CONTAINER', true],
      ['belay-image-executor-image-arm64', 'ARM_CONTAINER', true],
      ['belay-image-lambdas-arm64', 'ARM_CONTAINER', true],
    ]);
    for (const [, { Properties }] of projects) expect(Properties.TimeoutInMinutes).toBeLessThan(14);
  });

  test('push to their own repository and to no other', () => {
    for (const [, { Properties }] of projects) {
      const role = Properties.ServiceRole['Fn::GetAtt'][0];
      const statements = ofType('AWS::IAM::Policy')
        .filter(([, r]) => r.Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
        .flatMap(([, r]) => r.Properties.PolicyDocument.Statement)
        .filter(({ Action }) => [Action].flat().includes('ecr:PutImage'));
      const repository = Properties.Name.includes('lambdas')
        ? 'FunctionsImageRepository'
        : 'ExecutorImageRepository';
      expect(statements).toHaveLength(1);
      expect(text(statements[0].Resource)).toMatch(new RegExp(`^<${repository}[0-9A-F]{8}.Arn>$`));
    }
  });

  test('a failed build is told to people', () => {
    const rule = ofType('AWS::Events::Rule').find(([id]) => id.startsWith('ImageBuildsBuildFailed'))?.[1];
    expect(rule?.Properties.EventPattern).toEqual({
      source: ['aws.codebuild'],
      'detail-type': ['CodeBuild Build State Change'],
      detail: {
        'build-status': ['FAILED', 'FAULT', 'TIMED_OUT', 'STOPPED'],
        'project-name': [{ prefix: 'belay-image-' }],
      },
    });
    const topics = ofType('AWS::SNS::Topic').map(([id]) => ({ Arn: { Ref: id } }));
    expect(topics).toHaveLength(2);
    expect(rule?.Properties.Targets).toMatchObject(topics);
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    expect(runbook).toContain('## An image could not be built\n');
    for (const { InputTransformer } of rule?.Properties.Targets ?? [])
      expect(InputTransformer.InputTemplate).toContain('docs/runbook.md#an-image-could-not-be-built');
  });

  test('each image’s bases are looked at every week', () => {
    const schedules = ofType('AWS::Scheduler::Schedule').map(([, r]) => r.Properties.ScheduleExpression);
    expect(schedules).toEqual(['rate(7 days)', 'rate(7 days)', 'rate(7 days)']);
  });
});

test('repositories keep tags as they are, scan what is pushed, and forget by number and not by age', () => {
  const repositories = ofType('AWS::ECR::Repository').map(([, r]) => r.Properties);
  expect(repositories).toHaveLength(2);
  for (const { ImageTagMutability, ImageScanningConfiguration, LifecyclePolicy } of repositories) {
    expect(ImageTagMutability).toBe('IMMUTABLE');
    expect(ImageScanningConfiguration).toEqual({ ScanOnPush: true });
    const { rules } = JSON.parse(LifecyclePolicy.LifecyclePolicyText);
    expect(rules.map((rule: { selection: object }) => rule.selection)).toEqual([
      expect.objectContaining({ countType: 'imageCountMoreThan', tagPrefixList: ['patched-'] }),
      expect.objectContaining({ countType: 'imageCountMoreThan', tagStatus: 'any' }),
    ]);
  }
});

describe('the sources that are built', () => {
  const source = (part: string) => {
    const folder = folderOf(named(part)?.tag ?? '');
    return { folder, files: readdirSync(folder).sort() };
  };
  const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');
  const bytes = ({ folder, files }: ReturnType<typeof source>) =>
    files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

  test('the functions: one bundle with a handler for each, the Dockerfile and the buildspec', () => {
    const functions = source('FunctionsImageBuildarm64');
    const commands = ofType('AWS::Lambda::Function').flatMap(
      ([, { Properties }]) => Properties.ImageConfig?.Command ?? [],
    );
    const bundles = commands.map((command) => command.replace(/\.handler$/, '.mjs'));
    expect(functions.files).toEqual(['Dockerfile', ...bundles, 'buildspec.yml'].sort());
    for (const file of bundles)
      expect(read(functions.folder, file)).toMatch(/export\s*\{[^}]*\bhandler\b[^}]*\};?\s*$/);
    expect(bytes(functions)).toBeLessThan(18_000_000);
  });

  test('the executor: the job runner alone, and no providers unless they are configured', () => {
    const executor = source('ExecutorImageBuildarm64');
    expect(executor.files).toEqual(['Dockerfile', 'buildspec.yml', 'main.mjs', 'providers.txt']);
    expect(folderOf(named('ExecutorImageBuildamd64')?.tag ?? '')).toBe(executor.folder);
    expect(read(executor.folder, 'providers.txt')).toBe('');
    expect(bytes(executor)).toBeLessThan(1_000_000);
  });

  test('the zip function: its bundle alone', () => {
    const [fn] = ofType('AWS::Lambda::Function').filter(([, r]) => r.Properties.PackageType !== 'Image');
    const folder = join(assembly, `asset.${fn?.[1].Properties.Code.S3Key.replace('.zip', '')}`);
    expect(readdirSync(folder)).toEqual(['image-build.mjs']);
    expect(read(folder, 'image-build.mjs')).toMatch(/export\s*\{[^}]*\bhandler\b[^}]*\};?\s*$/);
  });

  test.each([
    ['FunctionsImageBuildarm64', 'lambdas'],
    ['ExecutorImageBuildarm64', 'executor-image'],
  ])('the Dockerfile of %s takes exactly the pinned bases, and nothing from elsewhere', (part, folder) => {
    const dockerfile = read(source(part).folder, 'Dockerfile');
    const [head = ''] = dockerfile.split(/^FROM/m);
    expect([...head.matchAll(/^ARG (\w+)$/gm)].map(([, name]) => name).sort()).toEqual(
      Object.keys(pinned[folder]).sort(),
    );
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name);
    for (const [, base] of dockerfile.matchAll(/^FROM (\S+)/gm)) {
      expect([...Object.keys(pinned[folder]).map((argument) => `\${${argument}}`), ...stages]).toContain(
        base,
      );
    }
    // A frontend would be fetched from Docker Hub, which limits who has no account there.
    expect(dockerfile).not.toMatch(/^# *syntax/m);
  });
});
