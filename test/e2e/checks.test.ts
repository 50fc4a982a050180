/** Belay as a GitHub App through the whole local twin: an error at its line of code, a question with its buttons, an outage. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { LocalRepository } from '../../local/github/repositories.ts';
import { documentedRule } from '../support/branch-rule.ts';
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

const gitOf = (repository: number, ...args: string[]) => {
  const { repositories } = twin.world.parts.github;
  const bare = repositories.bare(repositories.byId(repository) as LocalRepository);
  return execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' }).trim();
};
/** Of the only deployment there, newest first. */
const deploymentStates = (repository: number) => {
  const { deployments } = twin.world.parts.github;
  const [deployment] = deployments.all.all().filter((one) => one.repository === repository);
  return deployment === undefined
    ? []
    : deployments.statusesOf(deployment).map(({ state, description }) => `${state}: ${description}`);
};
/** First line, tree, actor and approvers of each entry, newest first. */
const historyOf = (repository: number, environment: string) => {
  const ref = `refs/belay/${environment}/history`;
  if (gitOf(repository, 'for-each-ref', ref) === '') return [];
  const [actor, approver] = ['Actor', 'Approver'].map(
    (name) => `%(trailers:key=Belay-${name},valueonly,separator=%x2C)`,
  );
  return gitOf(repository, 'log', `--format=%s|%T|${actor}|${approver}`, ref).split('\n');
};

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

test('a change that waits for a person has buttons, which do what they say; an outage of GitHub loses nothing; Git tells it afterwards', async () => {
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
  await until('the deployment on GitHub', () => deploymentStates(receipt.repository).length === 2);
  expect(deploymentStates(receipt.repository)).toEqual([
    'success: succeeded: 2 targets: 2 applied',
    'in_progress: apply',
  ]);
  await until('the history', () => historyOf(receipt.repository, 'dev').length === 1);
  expect(historyOf(receipt.repository, 'dev')).toEqual([
    `dev: apply ${sha.slice(0, 7)} succeeded|${repository.git('rev-parse', `${sha}^{tree}`)}|mira|one ada,two ada`,
  ]);

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

test('the merge queue: what was reviewed goes through; when the base has moved materially it fails, and goes through once it is reviewed', async () => {
  const repository = twin.repository('queue');
  const { directory, git } = repository;
  const deployed = twin.deployed('queue');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(deployed) },
      components: { one: fileComponent('one') },
    }),
    ...fileComponents({ one: 'one\n' }),
  });
  git('switch', '--quiet', '--create', 'topic');
  repository.commit({ 'components/one/text': 'uno\n' });
  const pulled = await twin.world.pull({ directory, ref: 'topic' });
  await twin.ended(pulled);

  const { github } = twin.world.parts;
  const local = github.repositories.byId(pulled.repository);
  if (local === undefined) throw new Error('the pull request is of no repository');
  github.mergeQueue.protect(local, JSON.parse(documentedRule(github.app.id)));
  const queued = async () => {
    const { head, answer } = await github.mergeQueue.join(local, pulled.number);
    await twin.ended({ delivery: answer.guid, repository: local.id, commit: head });
    return { head, shown: shown(local.id, head) };
  };
  const reviewed = { belay: 'success: plan of the merge group of #1: 1 target: 1 planned' };
  expect((await queued()).shown).toEqual(reviewed);
  await github.mergeQueue.leave(local, pulled.number);

  // What was to be made is there by now: merging would change it instead.
  git('switch', '--quiet', 'main');
  repository.commit({ 'README.md': 'One.\n' });
  await twin.ended(await twin.world.push({ directory }));
  const { head, shown: different } = await queued();
  expect(different).toEqual({
    belay:
      'failure: plan of the merge group of #1: dev/one would change as nobody has reviewed; 1 target: 1 planned',
  });
  const [check] = runsOf(local.id, head);
  expect(check?.output?.summary).toContain('- `dev/one`: 1 to change; in the plan of \\#1: 1 to add');
  await github.mergeQueue.advance(local);
  expect(github.discussions.of(local.id)).toMatchObject([{ state: 'open' }]);

  await twin.ended(await twin.world.pull({ directory, ref: 'topic' }));
  const good = await queued();
  expect(good.shown).toEqual(reviewed);
  await github.mergeQueue.advance(local);
  expect(github.discussions.of(local.id)).toMatchObject([{ state: 'closed', merged: good.head }]);
  const end = { belay: 'success: 1 target: 1 applied', 'belay/dev/one': 'success: applied: 1 to change' };
  await until('the deployment', () => isDeepStrictEqual(shown(local.id, good.head), end));
  expect(readFileSync(`${deployed}/one`, 'utf8')).toBe('uno\n');
  const { repository: id, number } = pulled;
  expect(await twin.world.comments({ repository: id, number })).toHaveLength(1);
});
