/** What builds images of components, over the assembly that would be deployed: who may push where, and what its commands really do. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { create } from 'tar';
import { parse } from 'yaml';
import { type Resource, text } from '../support/assembly.ts';

const resources: Record<string, Resource> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../cdk.out/Belay.template.json'), 'utf8'),
).Resources;
const projects = Object.values(resources).filter(
  ({ Type, Properties }) => Type === 'AWS::CodeBuild::Project' && Properties.Name.startsWith('belay-app-'),
);
const statementsOf = (role: string) =>
  Object.values(resources)
    .filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
    )
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

test('one project for each architecture, an hour at most', () => {
  const facts = projects.map(({ Properties: p }) => [p.Name, p.Environment.Type, p.TimeoutInMinutes]);
  expect(facts.sort()).toEqual([
    ['belay-app-amd64', 'LINUX_CONTAINER', 60],
    ['belay-app-arm64', 'ARM_CONTAINER', 60],
  ]);
});

test('a project reads snapshots and pushes to repositories of components, and nothing else of its role is ours', () => {
  for (const { Properties } of projects) {
    const allowed = statementsOf(Properties.ServiceRole['Fn::GetAtt'][0]).flatMap(({ Action, Resource }) =>
      [Action].flat().map((action: string) => {
        const places = [Resource].flat().map(text);
        return `${action} ${places.join(' ').replace(/<[A-Z]\w*Logs\w+>/g, '<Logs>')}`;
      }),
    );
    const repositories = 'arn:aws:ecr:<AWS::Region>:<AWS::AccountId>:repository/belay-app/*';
    expect(allowed.filter((line) => !line.startsWith('logs:')).sort()).toEqual([
      `ecr:BatchCheckLayerAvailability ${repositories}`,
      `ecr:CompleteLayerUpload ${repositories}`,
      `ecr:DescribeImages ${repositories}`,
      'ecr:GetAuthorizationToken *',
      `ecr:InitiateLayerUpload ${repositories}`,
      `ecr:PutImage ${repositories}`,
      `ecr:UploadLayerPart ${repositories}`,
      expect.stringMatching(/^kms:Decrypt <StoresKey\w+\.Arn>$/),
      expect.stringMatching(/^s3:GetObject <StoresArtifacts\w+\.Arn>\/\*\/sources\/\*\.tar\.gz$/),
    ]);
  }
});

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'buildspec-'));
});
afterEach(() => rmSync(work, { recursive: true }));

/**
 * Runs the commands of the synthesized buildspec in one shell, as CodeBuild does, over a stand-in for each program that leaves this
 * machine. What they were called with is answered.
 */
async function build(variables: Record<string, string>, { pushes = true } = {}) {
  const [bin, source, target] = ['bin', 'source', 'snapshot'].map((name) => join(work, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(bin);
  for (const file of ['web/Dockerfile', 'web/-x/y', 'other/secret']) {
    mkdirSync(join(source, file, '..'), { recursive: true });
    writeFileSync(join(source, file), '');
  }
  await create({ file: join(work, 'c.tar.gz'), cwd: source, gzip: true }, ['web', 'other']);
  const stub = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${work}/calls\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  stub('aws', `case "$1" in s3) cp ${work}/c.tar.gz "$5";; ecr) echo password;; esac`);
  stub('docker', pushes ? 'cat > /dev/null' : 'cat > /dev/null; [ "$1" != push ]');
  const spec = parse(projects[0]?.Properties.Source.BuildSpec);
  const commands: string[] = [...spec.phases.pre_build.commands, ...spec.phases.build.commands];
  const script = commands.map((command) => command.replaceAll('/tmp/snapshot', target)).join('\n');
  const { status, stderr } = spawnSync('bash', ['-e', '-c', script], {
    env: {
      PATH: [bin, process.env.PATH].join(delimiter),
      SNAPSHOT: 's3://artifacts/7/sources/c.tar.gz',
      DOCKERFILE: 'Dockerfile',
      REGISTRY: 'registry.example',
      REPOSITORY: 'belay-app/7/web',
      TAG: 'tag-1',
      ARCHITECTURE: 'arm64',
      ...variables,
    },
    encoding: 'utf8',
    input: '',
  });
  const calls = readFileSync(join(work, 'calls'), 'utf8').trim().split('\n');
  return { status, stderr, calls: calls.map((call) => call.replaceAll(target, '')), target };
}

test('the context alone is unpacked and built, and there is no key to the registry before that has ended', async () => {
  const { status, calls, target } = await build({ CONTEXT: 'web' });
  expect(status).toBe(0);
  expect(readdirSync(target)).toEqual(['web']);
  expect(calls.slice(0, 2)).toEqual([
    'aws s3 cp --only-show-errors s3://artifacts/7/sources/c.tar.gz .tar.gz',
    'docker buildx build --platform linux/arm64 --provenance=false --sbom=false --pull --load --file /web/Dockerfile --tag registry.example/belay-app/7/web:tag-1 /web',
  ]);
  // Two ends of a pipe: either may be noted first.
  expect(calls.slice(2, 4).sort()).toEqual([
    'aws ecr get-login-password',
    'docker login --username AWS --password-stdin registry.example',
  ]);
  expect(calls.slice(4)).toEqual(['docker push registry.example/belay-app/7/web:tag-1']);
});

test('the whole repository is a context, too', async () => {
  const { status, target } = await build({ CONTEXT: '.' });
  expect([status, readdirSync(target).sort()]).toEqual([0, ['other', 'web']]);
});

test.each([
  ['a name like an option', '--to-command=touch hacked'],
  ['a name with shell in it', '$(touch hacked)'],
])('%s is a name: the build fails and runs nothing', async (_, CONTEXT) => {
  const { status, calls } = await build({ CONTEXT });
  expect(status).not.toBe(0);
  expect(calls).toHaveLength(1);
  expect(readdirSync(work)).not.toContain('hacked');
});

test('a refused push is no failure when the image is there', async () => {
  const { status, calls } = await build({ CONTEXT: 'web' }, { pushes: false });
  expect(status).toBe(0);
  expect(calls.at(-1)).toBe(
    'aws ecr describe-images --repository-name belay-app/7/web --image-ids imageTag=tag-1',
  );
});
