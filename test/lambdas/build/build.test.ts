/** Components with an image, through whole deployments: when it is built, what the tool is told, and where a rollback takes it from. */
import { beforeEach, expect, test } from '@jest/globals';
import { build as contract } from '../../../core/contracts/functions.ts';
import type { Outputs } from '../../../core/contracts/job.ts';
import { stageKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { build } from '../../../lambdas/build/build.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  type ReleaseSetup,
  release,
  type ToolBehaviour,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';

let w: World;
beforeEach(() => {
  w = world();
});

const web = target('web', { build: { context: 'src/web', dockerfile: 'Dockerfile' } });
/** The image of a context whose git tree is all this digit. */
const imageOf = (digit: string) => `registry.example/belay-app/7/web@sha256:of-${digit.repeat(4)}`;
const TAG = (digit: string) => `belay-app-arm64 belay-app/7/web:${commitOf(digit)}-dd2c0eb6ea5c-arm64`;

async function run(
  context: string,
  setup: Partial<ReleaseSetup> & { readonly tool?: ToolBehaviour } = {},
): Promise<string[]> {
  const { tool = {}, ...more } = setup;
  const tree = { 'components/web': 'a', 'src/web': context };
  const ref = await release(w, { environments: { dev: [web] }, tree, ...more });
  await deploy(w, ref, { tools: { web: tool } });
  return outcomesOf(w, ref);
}
const second = { commit: commitOf('2') };

function inputs(digit = '1', pass?: 'reverse' | 'forward') {
  const commit = commitOf(digit);
  const release = `20261120-${commit.slice(0, 7)}-1`;
  const address = { repository: 7, release, environment: 'dev', component: 'web', pass };
  return w.store.json(stageKey(address, 'plan', 'inputs.json')) as Outputs;
}

test('a new context is built and handed to the tool by its digest', async () => {
  expect(await run('b')).toEqual(['web: applied (1 added)']);
  expect(w.builds).toEqual([TAG('b')]);
  expect(inputs()).toEqual({ image: { value: imageOf('b'), sensitive: false } });
});

test('an unchanged context is not built again, in no commit', async () => {
  await run('b');
  const outcomes = await run('b', { ...second, tree: { 'components/web': 'c', 'src/web': 'b' } });
  expect(outcomes).toEqual(['web: applied (1 added)']);
  expect(w.builds).toEqual([TAG('b')]);
  expect(inputs('2')).toEqual({ image: { value: imageOf('b'), sensitive: false } });
});

test('a changed context alone makes the target changed', async () => {
  await run('b');
  expect(await run('c', second)).toEqual(['web: applied (1 added)']);
  expect(w.builds).toEqual([TAG('b'), TAG('c')]);
});

test('a build that fails ends the target like a failed plan: nothing was touched', async () => {
  expect(await run('b', { tool: { build: 'fails' } })).toEqual([
    'web: failed (build failed: FAILED, exit status 1, log: https://log)',
  ]);
  expect([...w.cloud]).toEqual([]);
});

test('a build that pushes nothing is told as that', async () => {
  expect(await run('b', { tool: { build: 'pushes nothing' } })).toEqual([
    `web: failed (build failed: it succeeded, but pushed no image belay-app/7/web:${commitOf('b')}-dd2c0eb6ea5c-arm64; see its log)`,
  ]);
});

test('a rollback returns to the image of last good without building', async () => {
  await run('b');
  expect(await run('c', { ...second, tool: { apply: 'fails' } })).toEqual([
    'web: rolled-back (rolled back to 1111111 after: apply failed: the apply said no)',
  ]);
  expect(w.builds).toEqual([TAG('b'), TAG('c')]);
  for (const pass of ['reverse', 'forward'] as const) {
    expect(inputs('2', pass)).toEqual({ image: { value: imageOf('b'), sensitive: false } });
  }
});

test('the next release after a rollback finds the image that failed, and does not build it', async () => {
  await run('b');
  await run('c', { ...second, tool: { apply: 'fails' } });
  await run('c', { commit: commitOf('3') });
  expect(w.builds).toEqual([TAG('b'), TAG('c')]);
  expect(inputs('3').image?.value).toBe(imageOf('c'));
});

const pull = { operation: 'plan', pull: { fork: false }, ...second } as const;

test.each([false, true])('a pull request builds nothing and makes no repository (fork: %s)', async (fork) => {
  expect(await run('c', { ...pull, pull: { fork } })).toEqual(['web: planned (deferred: image)']);
  expect(w.builds).toEqual([]);
  expect([...w.images]).toEqual([]);
});

test('it is planned with the image that is deployed, and says so', async () => {
  await run('b');
  expect(await run('c', pull)).toEqual(['web: planned (on current outputs: image)']);
  expect(w.builds).toEqual([TAG('b')]);
  expect(inputs('2').image?.value).toBe(imageOf('b'));
});

test('a context that was built before is planned with its own image', async () => {
  await run('b');
  expect(await run('b', { ...pull, tree: { 'components/web': 'c', 'src/web': 'b' } })).toEqual([
    'web: planned ()',
  ]);
});

test('what will not be deployed is not built: something it needs has failed', async () => {
  const environments = { dev: [target('network'), { ...web, needs: ['network'] }] };
  const tree = { 'components/web': 'a', 'components/network': 'a', 'src/web': 'b' };
  const ref = await release(w, { environments, tree });
  await deploy(w, ref, { tools: { network: { plan: 'fails' } } });
  expect(await outcomesOf(w, ref)).toContain('web: skipped (network failed)');
  expect(w.builds).toEqual([]);
});

test('under another fence it touches nothing', async () => {
  const tree = { 'components/web': 'a', 'src/web': 'b' };
  const ref = await release(w, { environments: { dev: [web] }, tree });
  const input = {
    release: ref,
    environment: 'dev',
    execution: 'e',
    component: 'web',
    fence: 9,
    built: false,
  };
  await expect(build(input, w.ports)).rejects.toThrow('under fence 9');
  expect([...w.images]).toEqual([]);
});

const times = async () =>
  (await w.ledger.query(ledgerKeys.jobTimes(7, `20261120-${commitOf('1').slice(0, 7)}-1`, '').pk)).filter(
    ({ stage }) => stage === 'build',
  );
const span = { startedAt: '2026-11-21T08:00:00.000Z', endedAt: '2026-11-21T08:01:30.000Z' };
const took = (failed: boolean) => ({
  ...{ environment: 'dev', component: 'web', pass: 'deploy', stage: 'build', architecture: 'arm64' },
  jobId: 'belay-app-arm64:1',
  times: { ...span, failed, logBytes: 0, steps: [{ name: 'build', ...span }] },
});

test.each([
  ['a build', {}, false],
  ['one that failed', { build: 'fails' }, true],
  ['one that pushed nothing', { build: 'pushes nothing' }, false],
] as const)('how long %s took is kept beside the times of the jobs', async (_, tool, failed) => {
  await run('b', { tool });
  expect(await times()).toEqual([expect.objectContaining(took(failed))]);
});

test('an image that is there took no time', async () => {
  w.images.set('belay-app/7/web', new Map([[`${commitOf('b')}-dd2c0eb6ea5c-arm64`, 'sha256:of-bbbb']]));
  await run('b');
  expect(w.builds).toEqual([]);
  expect(await times()).toEqual([]);
});

test.each([
  ['nothing of it', {}],
  [
    'an end that is none',
    { Id: 'b:1', ProjectName: 'belay-app-arm64', BuildStatus: 'SUCCEEDED', StartTime: 1, EndTime: 'soon' },
  ],
  [
    'another project',
    { Id: 'b:1', ProjectName: 'other', BuildStatus: 'SUCCEEDED', StartTime: 1, EndTime: 2 },
  ],
])('where CodeBuild tells %s the deployment goes on', async (_, said) => {
  const ref = {
    release: { id: '20261120-1111111-1', repository: 7, commit: commitOf('1') },
    environment: 'dev',
  };
  const input = { ...ref, execution: 'e', component: 'web', fence: 1, built: true, took: said };
  expect(contract.input.parse(input).took).toBeUndefined();
});
