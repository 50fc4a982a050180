/** What a change of the code makes the pipeline deploy: real git and the real tool, through the whole local twin. */
import { readFileSync, rmSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { timelineKey } from '../../../core/keys.ts';
import { readTraceHeader } from '../../../core/trace/trace-header.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import { twin } from '../support/shared-twin.ts';
import { statesOf } from '../support/states.ts';
import { endsOf, outcomesOf, summaryOf } from '../support/summary.ts';
import { withTool } from '../support/with-tool.ts';

/** What the components' commands were called for since the last look. */
function callsIn(repository: string): string[] {
  const file = twin.deployed(repository, 'calls');
  const calls = readFileSync(file, 'utf8').trimEnd().split('\n');
  rmSync(file);
  return calls;
}

/** From the delivery to what GitHub was told, jobs included, everything is in one trace, and its timeline is kept. */
async function expectOneTrace(id: string): Promise<void> {
  const item = (await twin.world.releases()).find((one) => one.id === id);
  const { root = '', parent } = readTraceHeader(item?.trace ?? '') ?? {};
  const segments = await twin.world.segments(root);
  const [delivery] = segments;
  expect(delivery).toMatchObject({ name: 'belay webhook', id: parent });
  const named = (name: string) => segments.filter((one) => one.name === name);
  // The bus delivers twice: the second Release finds its delivery served.
  expect(named('belay-release').map(({ parent_id }) => parent_id)).toEqual([parent, parent]);
  expect(named('belay-deployment')).toHaveLength(1);
  expect(named('belay plan')).toHaveLength(4);
  expect(named('belay apply')).toHaveLength(4);
  const parts = ['queue', 'begin', 'fetch', 'unpack', 'plan', 'keep'];
  const [plan] = named('belay plan');
  expect(plan?.subsegments?.map(({ name }) => name)).toEqual(expect.arrayContaining(parts));
  expect(named('belay git-status').length).toBeGreaterThan(0);
  expect(segments.some(({ origin }) => origin === 'AWS::Lambda::Function')).toBe(true);
  const page = await twin.world.artifact(timelineKey(item?.repository.id ?? 0, id));
  expect(Buffer.from(page ?? '').toString()).toContain(`trace ${root}`);
}

test.concurrent('a one-file change deploys its target; dependents only where their inputs changed', async () => {
  const repository = twin.repository('chain');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('chain')) },
      components: {
        first: fileComponent('first'),
        second: fileComponent('second', ['first']),
        third: fileComponent('third', ['second']),
        apart: fileComponent('apart'),
      },
    }),
    ...fileComponents({ first: 'one\nmore\n', second: 'two\n', third: 'three\n', apart: 'apart\n' }),
  });
  const first = await twin.push(repository);
  await expectOneTrace(first.release ?? '');
  // 8 jobs of a minute each; `test/core/cost` says what 74 states cost.
  expect(await statesOf(twin.world, first.release)).toBe(74);
  expect(first.cost?.targets).toHaveLength(4);
  expect(first.cost?.usd).toBeGreaterThan(0.008);
  expect(first.cost?.usd).toBeLessThan(0.02);
  expect(summaryOf(first)).toEqual({
    verdict: 'succeeded',
    reason: 'deployed to dev',
    environments: {
      dev: {
        verdict: 'succeeded',
        targets: {
          first: 'applied: 1 added',
          second: 'applied: 1 added',
          third: 'applied: 1 added',
          apart: 'applied: 1 added',
        },
      },
    },
    statuses: {
      belay: 'success: 4 targets: 4 applied',
      'belay/dev/apart': 'success: applied: 1 to add',
      'belay/dev/first': 'success: applied: 1 to add',
      'belay/dev/second': 'success: applied: 1 to add',
      'belay/dev/third': 'success: applied: 1 to add',
    },
    executions: ['SUCCEEDED', 'SUCCEEDED'],
  });
  expect(callsIn('chain')).toHaveLength(8);

  // Its output is its first line: that stays as it is.
  repository.commit({ 'components/first/text': 'one\nother\n' });
  const quiet = await twin.push(repository);
  expect(endsOf(quiet.environments[0]?.targets ?? [])).toEqual({
    first: 'applied: 1 changed',
    second: 'unchanged: its inputs did not change',
    third: 'unchanged: its inputs did not change',
    apart: 'unchanged: not affected',
  });
  expect(callsIn('chain')).toEqual(['plan first', 'apply first']);

  repository.commit({ 'components/first/text': 'ONE\nother\n' });
  const heard = await twin.push(repository);
  expect(outcomesOf(heard)).toEqual({
    'dev/first': 'applied',
    'dev/second': 'applied',
    'dev/third': 'unchanged',
    'dev/apart': 'unchanged',
  });
  expect(callsIn('chain')).toEqual(['plan first', 'apply first', 'plan second', 'apply second']);
  expect(readFileSync(twin.deployed('chain', 'second'), 'utf8')).toBe('two\nin_first=ONE\n');

  repository.commit({ 'README.md': 'No component is made of this.\n' });
  expect(summaryOf(await twin.push(repository))).toMatchObject({
    verdict: 'nothing-to-do',
    reason: 'nothing is affected in dev',
    statuses: { belay: 'success: nothing to do: nothing is affected in dev' },
  });
});

withTool('a changed shared module deploys its users, and only them', async () => {
  const directory = twin.deployed('modules');
  const user = (module: string) => `
    module "it" {
      source = "../../modules/${module}"
    }
    output "text" {
      value = module.it.text
    }`;
  const module = `
    output "text" {
      value = file("\${path.module}/text")
    }`;
  const repository = twin.repository('modules');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: {
        one: { path: 'components/one' },
        two: { path: 'components/two' },
        other: { path: 'components/other' },
      },
    }),
    'components/one/main.tf': user('shared'),
    'components/two/main.tf': user('shared'),
    'components/other/main.tf': user('apart'),
    'modules/shared/main.tf': module,
    'modules/shared/text': 'shared',
    'modules/apart/main.tf': module,
    'modules/apart/text': 'apart',
  });
  expect(outcomesOf(await twin.push(repository))).toEqual({
    'dev/one': 'applied',
    'dev/two': 'applied',
    'dev/other': 'applied',
  });

  repository.commit({ 'modules/shared/text': 'changed' });
  const report = await twin.push(repository);
  expect(endsOf(report.environments[0]?.targets ?? [])).toEqual({
    one: 'applied: only outputs changed',
    two: 'applied: only outputs changed',
    other: 'unchanged: not affected',
  });
});

test.concurrent('a revert and a rewritten history are followed, an older commit is not', async () => {
  const repository = twin.repository('history');
  const deployed = () => readFileSync(twin.deployed('history', 'app'), 'utf8');
  const first = repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('history')) },
      components: { app: fileComponent('app') },
    }),
    ...fileComponents({ app: 'one\n' }),
  });
  await twin.push(repository);
  const second = repository.commit({ 'components/app/text': 'two\n' });
  await twin.push(repository);
  expect(deployed()).toBe('two\n');

  // The branch is set back to where it was: that would roll the environment back without anybody having said so.
  repository.git('reset', '--quiet', '--hard', first);
  const back = await twin.push(repository);
  expect(back.commit).toBe(first);
  expect(summaryOf(back)).toEqual({
    verdict: 'superseded',
    reason: 'dev was superseded: a newer commit of main, <commit>, came before it',
    environments: {
      dev: {
        verdict: 'superseded',
        targets: { app: 'superseded: a newer commit of main, <commit>, came before it' },
      },
    },
    statuses: {
      belay: 'failure: superseded: dev was superseded: a newer commit of main, <commit>, came before it',
      'belay/dev/app': 'failure: superseded: a newer commit of main, <commit>, came before it',
    },
    executions: ['SUCCEEDED', 'SUCCEEDED'],
  });
  expect(back.reason).toContain(second.slice(0, 7));
  expect(deployed()).toBe('two\n');

  // A sibling of what was deployed last: the history was rewritten, and this is the branch's head.
  repository.commit({ 'components/app/text': 'sibling\n' });
  expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });
  expect(deployed()).toBe('sibling\n');

  repository.git('revert', '--no-edit', 'HEAD');
  const reverted = await twin.push(repository);
  expect(reverted.environments[0]?.targets[0]).toMatchObject({ outcome: 'applied', reason: '1 changed' });
  expect(deployed()).toBe('one\n');
  expect((await twin.environment(repository, 'dev')).attempted).toEqual({ main: reverted.commit });
});

test.concurrent('two repositories with the same names do not touch each other', async () => {
  const pair = ['one', 'two'].map((owner) => {
    const repository = twin.repository(`${owner}/twins`);
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(twin.deployed('twins', owner)) },
        components: { base: fileComponent('base'), app: fileComponent('app', ['base']) },
      }),
      ...fileComponents({ base: `${owner}\n`, app: 'app\n' }),
    });
    return repository;
  });
  const [one, two] = pair as [(typeof pair)[0], (typeof pair)[0]];
  const reports = await Promise.all([twin.push(one), twin.push(two)]);
  for (const report of reports)
    expect(outcomesOf(report)).toEqual({ 'dev/base': 'applied', 'dev/app': 'applied' });
  const app = (owner: string) => readFileSync(twin.deployed('twins', owner, 'app'), 'utf8');
  expect([app('one'), app('two')]).toEqual(['app\nin_base=one\n', 'app\nin_base=two\n']);

  one.commit({ 'components/base/text': 'changed\n' });
  expect(outcomesOf(await twin.push(one))).toEqual({ 'dev/base': 'applied', 'dev/app': 'applied' });
  two.commit({ 'README.md': 'nothing' });
  expect(outcomesOf(await twin.push(two))).toEqual({ 'dev/base': 'unchanged', 'dev/app': 'unchanged' });
  expect([app('one'), app('two')]).toEqual(['app\nin_base=changed\n', 'app\nin_base=two\n']);
  const names = await Promise.all(
    pair.map(
      async ({ directory }) => (await twin.world.parts.github.repositories.byDirectory(directory))?.name,
    ),
  );
  expect(names.sort()).toEqual(['twins', 'twins-2']);
});
