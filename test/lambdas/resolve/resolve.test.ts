import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { git } from '../../../lambdas/adapters/git.ts';
import type { Git } from '../../../lambdas/ports.ts';
import { gitMemory } from '../../support/git-memory.ts';
import { gitRepositories } from '../../support/git-repositories.ts';
import { COMMIT, FILES, MANIFEST, push, REPOSITORY, world } from './world.ts';

const repositories = gitRepositories();
afterAll(() => repositories.remove());

const realGit = git({
  url: repositories.url,
  access: { token: async () => 'token' },
  environment: { PATH: process.env.PATH },
});

/** For pushes that must end before anything is fetched. */
const noGit: Git = {
  withCommit: async () => {
    throw new Error('nothing was to be fetched');
  },
};

test('a release belongs to the trace its request began with, also when it is resolved again', async () => {
  const commit = repositories.commit('acme/shop', FILES);
  const { run } = world(realGit);
  const trace = 'Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  const other = trace.replace('Root=1-6b0', 'Root=1-6a3');
  for (const header of [trace, other])
    expect(await run('arn:release:1', push({ after: commit, trace: header }))).toMatchObject({
      release: { trace },
    });
});

test('a push becomes a release: snapshot, tree and release.json are stored', async () => {
  const commit = repositories.commit('acme/shop', FILES);
  const { run, item, objects, changed } = world(realGit);
  const id = `20261121-${commit.slice(0, 7)}-1`;
  expect(await run('arn:release:1', push({ after: commit }))).toEqual({
    decision: 'deploy',
    release: { id, repository: REPOSITORY, commit },
    environments: ['dev', 'prod'],
  });

  expect([...objects.objects.keys()].sort()).toEqual([
    `${REPOSITORY}/releases/${id}/release.json`,
    `${REPOSITORY}/sources/${commit}.tar.gz`,
    `${REPOSITORY}/sources/${commit}.tree.gz`,
  ]);
  const tree = objects.objects.get(`${REPOSITORY}/sources/${commit}.tree.gz`) ?? Buffer.alloc(0);
  expect(
    gunzipSync(tree)
      .toString()
      .split('\0')
      .map((line) => line.split('\t')[1]),
  ).toContain('modules/vpc');
  const document = JSON.parse(`${objects.objects.get(`${REPOSITORY}/releases/${id}/release.json`)}`);
  expect(document).toMatchObject({
    version: 1,
    release: { id, repository: REPOSITORY, commit },
    repository: { id: REPOSITORY, fullName: 'acme/shop', defaultBranch: 'main' },
    branch: 'main',
    rootTree: repositories.git('acme/shop', 'rev-parse', 'HEAD^{tree}'),
    environments: [
      {
        name: 'dev',
        account: '111122223333',
        region: 'eu-west-1',
        after: [],
        targets: [
          {
            entry: { component: 'network', environment: 'dev', path: 'components/network' },
            references: ['modules/vpc', 'modules/zones.txt'],
          },
          { entry: { component: 'database', environment: 'dev', needs: ['network'] }, references: [] },
        ],
      },
      { name: 'prod', after: ['dev'], targets: [{}, {}] },
    ],
  });

  expect(await item(`${REPOSITORY}/release/${id}`, 'release')).toMatchObject({
    id,
    commit,
    branch: 'main',
    sender: 'mira-lind',
    execution: 'arn:release:1',
    environments: ['dev', 'prod'],
    reason: 'deploying to dev, prod',
    startedAt: '2026-11-21T08:00:00.000Z',
  });
  expect(await item(`${REPOSITORY}/commit/${commit}`, 'commit')).toMatchObject({ release: id });
  expect(await item('delivery/guid-1', 'delivery')).toMatchObject({
    execution: 'arn:release:1',
    state: 'resolved',
    release: id,
    expiresAt: Date.parse('2027-01-05T08:00:05Z') / 1000,
  });
  expect(changed).toEqual([id, id]);
});

test('a snapshot that is there already is not made again', async () => {
  const { run, objects } = world(gitMemory(FILES));
  objects.objects.set(`${REPOSITORY}/sources/${COMMIT}.tar.gz`, Buffer.from('as it was'));
  await run('arn:release:1');
  expect(`${objects.objects.get(`${REPOSITORY}/sources/${COMMIT}.tar.gz`)}`).toBe('as it was');
});

test('the same commit pushed again is a second release, and the newest', async () => {
  const { run, item } = world(gitMemory(FILES));
  await run('arn:release:1', push({ delivery: 'guid-1' }));
  expect(await run('arn:release:2', push({ delivery: 'guid-2' }))).toMatchObject({
    release: { id: '20261121-c0ffee1-2' },
  });
  expect(await item(`${REPOSITORY}/commit/${COMMIT}`, 'commit')).toMatchObject({
    release: '20261121-c0ffee1-2',
  });
});

test('two repositories may have the same commit', async () => {
  const { run, releases } = world(gitMemory(FILES));
  const other = { id: 2, fullName: 'acme/fork', defaultBranch: 'main' };
  await run('arn:release:1', push({ delivery: 'guid-1' }));
  await run('arn:release:2', push({ delivery: 'guid-2', repository: other }));
  expect(releases()).toEqual(['20261121-c0ffee1-1', '20261121-c0ffee1-1']);
});

test.each([
  ['a deleted branch', { after: '0'.repeat(40) }, 'branch main was deleted'],
  ['a tag', { ref: 'refs/tags/v1' }, 'tag v1 is not a branch: only the default branch is deployed'],
  ['another branch', { ref: 'refs/heads/next' }, 'branch next is not the default branch (main)'],
])('%s ends quietly, without a release', async (_, change, reason) => {
  const { run, releases, changed, item } = world(noGit);
  const expected = { decision: 'end', verdict: 'nothing-to-do', reason };
  expect(await run('arn:release:1', push(change))).toEqual(expected);
  expect(await run('arn:release:1', push(change))).toEqual(expected);
  expect(releases()).toEqual([]);
  expect(changed).toEqual([]);
  expect(await item('delivery/guid-1', 'delivery')).toMatchObject({ state: 'resolved', reason });
});

test.each([
  ['[skip belay]', noGit, { skip: true }, "the commit's message contains [skip belay]"],
  [
    'a commit without a manifest',
    gitMemory({ 'main.tf': '', 'deploy/belay.yaml': MANIFEST }),
    {},
    'there is no belay.yaml at the root of c0ffee1',
  ],
])('%s ends quietly, with a release that says so', async (_, through, change, reason) => {
  const { run, item, changed, objects } = world(through);
  expect(await run('arn:release:1', push(change))).toEqual({
    decision: 'end',
    verdict: 'nothing-to-do',
    reason,
  });
  expect(await item(`${REPOSITORY}/release/20261121-c0ffee1-1`, 'release')).toMatchObject({
    verdict: 'nothing-to-do',
    reason,
    endedAt: '2026-11-21T08:00:05.000Z',
  });
  expect(changed).toHaveLength(2);
  expect(objects.objects.size).toBe(0);
});

test('a broken manifest is refused with all its problems', async () => {
  const broken = MANIFEST.replace('needs: [network]', 'needs: [netwrk]').replace('version: 1', 'version: 2');
  const { run, item, changed } = world(gitMemory({ ...FILES, 'belay.yaml': broken }));
  const answer = await run('arn:release:1');
  expect(answer).toMatchObject({ decision: 'end', verdict: 'refused' });
  const { reason } = answer as { reason: string };
  expect(reason.split('\n')).toEqual([
    expect.stringMatching(/^belay\.yaml:1:10 /),
    expect.stringMatching(/^belay\.yaml:7:\d+ .*netwrk/),
  ]);
  expect(await item(`${REPOSITORY}/release/20261121-c0ffee1-1`, 'release')).toMatchObject({
    verdict: 'refused',
    reason,
  });
  expect(changed).toHaveLength(2);
});

test('an account and a region that are not configured are refused where they stand', async () => {
  const places = { accounts: ['111122223333'], regions: ['eu-central-1', 'us-east-1'] };
  const { run, objects } = world(gitMemory(FILES), { places });
  const answer = await run('arn:release:1');
  expect(answer).toMatchObject({ decision: 'end', verdict: 'refused' });
  const last = 'who runs it can add more to';
  expect((answer as { reason: string }).reason.split('\n')).toEqual([
    `belay.yaml:3:20 environments.prod.account: this Belay does not deploy to \`444455556666\`, only to \`111122223333\`; ${last} \`accounts\` in belay.config.ts`,
    `belay.yaml:3:44 environments.prod.region: this Belay does not deploy to \`eu-west-1\`, only to \`eu-central-1\`, \`us-east-1\`; ${last} \`regions\` in belay.config.ts`,
    `belay.yaml:4:44 environments.dev.region: this Belay does not deploy to \`eu-west-1\`, only to \`eu-central-1\`, \`us-east-1\`; ${last} \`regions\` in belay.config.ts`,
  ]);
  expect(objects.objects.size).toBe(0);
});

test('what is configured is deployed', async () => {
  const places = { accounts: ['111122223333', '444455556666'], regions: ['eu-west-1'] };
  expect(await world(gitMemory(FILES), { places }).run('arn:release:1')).toMatchObject({
    decision: 'deploy',
  });
});

test('a manifest wrong in a thousand places keeps its reason small', async () => {
  const components = Array.from({ length: 1000 }, (_, n) => `  c${n}: { path: nowhere/${n} }`).join('\n');
  const broken = `${MANIFEST.slice(0, MANIFEST.indexOf('  network'))}${components}\n`;
  const answer = await world(gitMemory({ 'belay.yaml': broken })).run('arn:release:1');
  expect(answer).toMatchObject({ verdict: 'refused' });
  expect((answer as { reason: string }).reason).toHaveLength(8001);
});

test('submodules are refused by name', async () => {
  const vendored = repositories.commit('acme/modules', { 'main.tf': '' });
  repositories.commit('acme/with-submodule', FILES);
  const cacheInfo = `160000,${vendored},vendor/modules`;
  repositories.git('acme/with-submodule', 'update-index', '--add', '--cacheinfo', cacheInfo);
  repositories.git('acme/with-submodule', 'commit', '--quiet', '--message=vendor');
  repositories.git(
    'acme/with-submodule',
    'push',
    '--quiet',
    `${repositories.url}/acme/with-submodule.git`,
    'HEAD:main',
  );
  const after = repositories.git('acme/with-submodule', 'rev-parse', 'HEAD');
  const repository = { id: REPOSITORY, fullName: 'acme/with-submodule', defaultBranch: 'main' };
  expect(await world(realGit).run('arn:release:1', push({ after, repository }))).toMatchObject({
    verdict: 'refused',
    reason: expect.stringContaining('vendor/modules'),
  });
});

test('Git LFS pointers are warned about by name', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 12345\n`;
  const after = repositories.commit('acme/lfs', {
    ...FILES,
    '.gitattributes': '*.zip filter=lfs diff=lfs merge=lfs -text\n',
    'components/network/lambda.zip': pointer,
  });
  const repository = { id: REPOSITORY, fullName: 'acme/lfs', defaultBranch: 'main' };
  const { run, item } = world(realGit);
  expect(await run('arn:release:1', push({ after, repository }))).toMatchObject({ decision: 'deploy' });
  expect(await item(`${REPOSITORY}/release/20261121-${after.slice(0, 7)}-1`, 'release')).toMatchObject({
    reason:
      'deploying to dev, prod; Git LFS files are not fetched, jobs see their pointers: components/network/lambda.zip',
  });
});

test('references are found through links, scripts and commands', async () => {
  const after = repositories.commit('acme/shell', {
    'belay.yaml': `version: 1
environments: { dev: { account: "111122223333", region: eu-west-1 } }
components:
  app: { path: app, tool: shell, commands: { apply: "./deploy ../shared/config.json" }, test: { run: ../bin/smoke } }
`,
    'app/deploy': { executable: '#!/bin/sh\n. ../lib/common.sh\n' },
    'app/lib.tf': { linkTo: '../linked/lib.tf' },
    'lib/common.sh': 'cat ../lib/data.txt\n',
    'lib/data.txt': '../never/read',
    'bin/smoke': { executable: '#!/bin/sh\ncurl "$URL"\n' },
    'shared/config.json': '{}',
    'linked/lib.tf': '',
  });
  const repository = { id: REPOSITORY, fullName: 'acme/shell', defaultBranch: 'main' };
  const { run, objects } = world(realGit);
  await run('arn:release:1', push({ after, repository }));
  const key = `${REPOSITORY}/releases/20261121-${after.slice(0, 7)}-1/release.json`;
  const document = JSON.parse(`${objects.objects.get(key)}`);
  expect(document.environments[0].targets[0].references).toEqual(
    expect.arrayContaining([
      'bin/smoke',
      'lib/common.sh',
      'lib/data.txt',
      'linked/lib.tf',
      'shared/config.json',
    ]),
  );
});

test('a commit that cannot be fetched is an error, so that it is tried again and never lost', async () => {
  const unreachable: Git = {
    withCommit: async () => {
      throw new Error('git fetch ended with 128: could not resolve host');
    },
  };
  const { run, item } = world(unreachable);
  await expect(run('arn:release:1')).rejects.toThrow('could not resolve host');
  expect(await item('delivery/guid-1', 'delivery')).toMatchObject({ state: 'accepted' });
});
