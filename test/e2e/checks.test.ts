/** Belay as a GitHub App through the whole local twin: an error at its line of code, a question with its buttons, an outage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { outcomeItemSchema } from '../../core/ledger/work-items.ts';
import { environment, fileComponent, fileComponents, manifest } from './support/components.ts';
import { openTestTwin, type TestTwin, until } from './support/twin.ts';
import { withTool } from './support/with-tool.ts';

let twin: TestTwin;
beforeAll(async () => {
  twin = await openTestTwin(() => ({ github: 'app' }));
});
afterAll(() => twin.close());

const runsOf = (repository: number, sha: string) => twin.world.parts.github.checks.of({ repository, sha });
const shown = (repository: number, sha: string) =>
  Object.fromEntries(
    runsOf(repository, sha).map(({ name, status, conclusion, output }) => [
      name,
      `${conclusion ?? status}: ${output?.title}`,
    ]),
  );

withTool('code that is not valid fails its check, at the line', async () => {
  const repository = twin.repository('invalid');
  const sha = repository.commit({
    'belay.yaml': manifest({
      environments: { dev: { account: '111122223333', region: 'eu-west-1' } },
      components: { app: { path: 'app' } },
    }),
    'app/main.tf': 'resource "terraform_data" "one" {\n  input = "a"\n  colour = "red"\n}\n'.replace(
      'input ',
      'input  ',
    ),
  });
  const receipt = await twin.world.push({ directory: repository.directory });
  await twin.ended(receipt);
  const [app] = runsOf(receipt.repository, sha).filter(({ name }) => name === 'belay/dev/app');
  expect(app).toMatchObject({ status: 'completed', conclusion: 'failure' });
  expect(app?.annotations.filter(({ annotation_level }) => annotation_level === 'failure')).toMatchObject([
    { path: 'app/main.tf', start_line: 3, end_line: 3, title: 'Unsupported argument' },
  ]);
  expect(app?.actions.map(({ identifier }) => identifier)).toEqual(['redrive']);
  expect(twin.world.parts.github.statuses.newest({ repository: receipt.repository, sha })).toEqual([]);
});

test('a change that waits for a person has buttons, which do what they say; an outage of GitHub loses nothing', async () => {
  const repository = twin.repository('asking');
  const sha = repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('asking')) },
      components: {
        one: fileComponent('one', [], { approval: 'always' }),
        two: fileComponent('two', ['one'], { approval: 'always' }),
      },
    }),
    ...fileComponents({ one: 'one\n', two: 'two\n' }),
  });
  const receipt = await twin.world.push({ directory: repository.directory });
  const name = 'belay/dev/one';
  const runOf = (check: string) => runsOf(receipt.repository, sha).find((run) => run.name === check);
  const asked = (check = name) => [runOf(check)].find((run) => run?.actions.length === 3);
  const { directory } = repository;
  const press = (check: string, button: string, by: string) =>
    twin.world.parts.github.receivePress({ directory, sha, check, button, by });
  const said = (check: string) => runOf(check)?.output?.summary.split('\n')[0];
  await until('the buttons', () => asked() !== undefined);
  await twin.world.resting();
  expect(shown(receipt.repository, sha)).toEqual({
    belay: 'in_progress: 0 of 2 targets done',
    'belay/dev/one':
      'action_required: waiting for approval: every change must be approved (approval: always)',
    'belay/dev/two': 'queued: waiting for its turn',
  });
  const [release = '', environmentName, component] = asked()?.external_id.split('/') ?? [];
  expect([environmentName, component]).toEqual(['dev', 'one']);
  expect(asked()?.actions).toEqual([
    {
      label: 'Approve',
      description: 'Apply this change as planned',
      identifier: expect.stringMatching(/^approve:[0-9a-f]{12}$/),
    },
    {
      label: 'Reject',
      description: 'Apply nothing of this change',
      identifier: expect.stringMatching(/^reject:[0-9a-f]{12}$/),
    },
    { label: 'Cancel', description: 'Stop the whole release', identifier: 'cancel' },
  ]);
  const key = ledgerKeys.outcome(receipt.repository, release, { environment: 'dev', component: 'one' });
  const [item] = await twin.world.query(key.pk, key.sk);
  expect(outcomeItemSchema.parse(item).progress).toBe('approving');

  // Whoever pushed may not approve, and the check says so.
  expect(await press(name, 'Approve', 'mira')).toMatchObject({ status: 202 });
  await until('why not', () => said(name)?.startsWith('> nothing was done for mira') === true);
  expect(said(name)).toContain('mira pushed this change and may not approve it');
  expect(asked()).toBeDefined();

  // GitHub is away while the release goes on, and is told how it ended when it is back.
  const { limits } = twin.world.parts.github;
  limits.isDown = true;
  const order = { action: 'approve', by: 'ada', environment: 'dev', component: 'one' } as const;
  await twin.world.command({ ...order, repository: receipt.repository, release });
  const requests = join(twin.folder, 'state/github/requests.jsonl');
  await until('GitHub to refuse', () => readFileSync(requests, 'utf8').includes('"status":503'));
  await twin.world.resting();
  expect(shown(receipt.repository, sha).belay).toBe('in_progress: 0 of 2 targets done');
  limits.isDown = false;
  await until('the next buttons', () => asked('belay/dev/two') !== undefined);
  await press('belay/dev/two', 'Approve', 'ada');
  await twin.ended(receipt);
  const end = {
    belay: 'success: 2 targets: 2 applied',
    'belay/dev/one': 'success: applied: 1 to add',
    'belay/dev/two': 'success: applied: 1 to add',
  };
  await until('the end on GitHub', () => isDeepStrictEqual(shown(receipt.repository, sha), end));
  expect(runsOf(receipt.repository, sha).flatMap(({ actions }) => actions)).toEqual([]);

  await press('belay', 'Re-run', 'ada');
  await until('why it is not run again', () => said('belay')?.startsWith('> nothing') === true);
  expect(said('belay')).toContain('ended as succeeded: only what failed is run again');
});

test('a pull request: planned, in conflict, planned again and merged, with one comment that says how it is', async () => {
  const repository = twin.repository('pull');
  const { directory, git } = repository;
  const deployed = twin.deployed('pull');
  repository.commit({
    'belay.yaml': manifest({
      environments: {
        dev: environment(`${deployed}/dev`),
        prod: environment(`${deployed}/prod`, { after: 'dev' }),
      },
      components: { one: fileComponent('one') },
    }),
    ...fileComponents({ one: 'one\n' }),
  });
  const comments = (number: number) => twin.world.comments({ repository: first.repository, number });

  git('switch', '--quiet', '--create', 'topic');
  repository.commit({ 'components/one/text': 'uno\n' });
  const first = await twin.world.pull({ directory, ref: 'topic' });
  await twin.ended(first);
  expect(shown(first.repository, first.commit)).toEqual({
    belay: 'success: plan of #1: 2 targets: 2 planned',
    'belay/dev/one': 'success: planned: 1 to add',
    'belay/prod/one': 'success: planned: 1 to add',
  });
  for (const name of ['dev', 'prod'])
    expect(readFileSync(`${deployed}/${name}/calls`, 'utf8')).toBe('plan one\n');

  git('switch', '--quiet', 'main');
  repository.commit({ 'components/one/text': 'eins\n' });
  await twin.ended(await twin.world.push({ directory }));
  const again = await twin.world.pull({ directory, ref: 'topic' });
  await twin.ended(again);
  expect(shown(again.repository, again.commit).belay).toMatch(
    /^failure: plan of #1: failed: \w{7} does not merge into main \(\w{7}\): conflicts in components\/one\/text/,
  );

  git('switch', '--quiet', 'topic');
  git('merge', '--quiet', '--strategy=ours', '--no-edit', 'main');
  const third = await twin.world.pull({ directory, ref: 'topic' });
  await twin.ended(third);
  expect(shown(third.repository, third.commit)).toMatchObject({
    belay: 'success: plan of #1: 2 targets: 2 planned',
    'belay/prod/one': 'success: planned: 1 to change',
  });
  git('switch', '--quiet', 'main');
  git('merge', '--quiet', '--ff-only', 'topic');
  await twin.ended(await twin.world.push({ directory }));
  const all = await comments(first.number);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatch(
    /### What merging this would change[\s\S]*### Merged as `\w{7}`\n\n2 targets: 2 applied/,
  );
  expect(readFileSync(`${deployed}/prod/one`, 'utf8')).toBe('uno\n');
});
