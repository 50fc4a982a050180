/** Pull requests of the twin's GitHub, as the deliveries tell them. */
import { expect, test } from '@jest/globals';
import { pullRequestChanged, unplanned } from '../../../core/pull.ts';
import { commit, git, repository, start } from './support.ts';

const withTopic = () => {
  const directory = repository();
  git(directory, 'switch', '--quiet', '--create', 'topic');
  const head = commit(directory, 'A second network', { 'a/main.tf': '2' });
  return { directory, head };
};

test('opened, pushed to, retargeted and opened again: each is told as GitHub tells it', async () => {
  const { github, payloads, delivered } = await start();
  const { directory, head } = withTopic();
  const first = await github.receivePull({ directory, ref: 'topic', base: 'main' });
  expect(first).toMatchObject({ number: 1, commit: head, status: 200 });
  expect(delivered[0]?.headers).toMatchObject({ 'x-github-event': 'pull_request' });
  const second = commit(directory, 'more', { 'a/main.tf': '3' });
  await github.receivePull({ directory, ref: 'topic' });
  await github.receivePull({ directory, ref: 'topic' });
  git(directory, 'branch', 'next', 'main');
  await github.receivePull({ directory, ref: 'topic', base: 'next' });
  expect(payloads()).toMatchObject([
    {
      action: 'opened',
      number: 1,
      pull_request: {
        title: 'A second network',
        user: { login: 'ada' },
        head: { ref: 'topic', sha: head },
        base: { ref: 'main', sha: git(directory, 'rev-parse', 'main') },
      },
      repository: { default_branch: 'main' },
    },
    { action: 'synchronize', before: head, after: second, pull_request: { head: { sha: second } } },
    { action: 'reopened' },
    {
      action: 'edited',
      changes: { base: { ref: { from: 'main' } } },
      pull_request: { base: { ref: 'next' } },
    },
  ]);
  for (const payload of payloads()) {
    const read = pullRequestChanged('guid', payload);
    expect(read).toMatchObject({ changed: { pull: { number: 1, fork: false, draft: false } } });
  }
});

test('what a push to the base branch has brought there is merged', async () => {
  const { github, payloads } = await start();
  const { directory } = withTopic();
  await github.receivePull({ directory, ref: 'topic', base: 'main' });
  git(directory, 'switch', '--quiet', 'main');
  const elsewhere = commit(directory, 'elsewhere', { 'c.txt': '1' });
  await github.receivePush({ directory });
  expect(payloads().map(({ action, ref }) => action ?? ref)).toEqual(['opened', 'refs/heads/main']);
  git(directory, 'merge', '--quiet', '--no-edit', 'topic');
  const merged = git(directory, 'rev-parse', 'HEAD');
  await github.receivePush({ directory });
  await github.receivePush({ directory });
  const closed = payloads().filter(({ action }) => action === 'closed');
  expect(closed).toMatchObject([
    { pull_request: { merged: true, merge_commit_sha: merged, state: 'closed' } },
  ]);
  const read = pullRequestChanged('guid', closed[0]);
  if (!('changed' in read)) throw new Error(JSON.stringify(read));
  expect(unplanned(read.changed, { planDrafts: false })?.reason).toBe('pull request 1 was merged');
  expect(elsewhere).not.toBe(merged);
});

test('a branch that is not there is an error that says where', async () => {
  const { github } = await start();
  const directory = repository();
  await expect(github.receivePull({ directory, ref: 'nowhere' })).rejects.toThrow(
    `opening a pull request: ${directory} has no branch nowhere`,
  );
});
