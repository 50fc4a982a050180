/** The merge queue of the twin's GitHub under the branch rule of docs/merge-queue.md, and its deliveries as Belay hears them. */
import { expect, test } from '@jest/globals';
import { mergeGroupChanged } from '../../../core/merge-group.ts';
import { documentedRule } from '../../support/branch-rule.ts';
import { appWorld } from './app-world.ts';
import { commit, git } from './support.ts';

/** A pushed repository whose default branch has the documented rule, with open pull requests that have passed. */
async function world(...branches: string[]) {
  const { github, call, payloads, head } = await appWorld({ checks: 'write' });
  const [local] = [github.repositories.byId(100000001)].filter((one) => one !== undefined);
  if (local === undefined) throw new Error('the repository was not registered');
  const { directory } = local;
  github.mergeQueue.protect(local, JSON.parse(documentedRule(github.app.id)));
  const check = async (sha: string, conclusion: string, name = 'belay') =>
    call('POST', '/repos/local/shop/check-runs', { name, head_sha: sha, status: 'completed', conclusion });
  const heads: string[] = [];
  for (const branch of branches) {
    git(directory, 'switch', '--quiet', '--create', branch, 'main');
    heads.push(commit(directory, branch, { [`${branch}.txt`]: '1' }));
    await github.receivePull({ directory, ref: branch, base: 'main' });
  }
  const bare = github.repositories.bare(local);
  const main = () => git(bare, 'rev-parse', 'main');
  /** What was delivered of the queue since the last look. */
  let seen = 0;
  const heard = () => {
    const all = payloads();
    const told = all.slice(seen).map(({ action, reason, merge_group, ref, number }) => {
      if (merge_group) return reason === undefined ? action : `${action} ${reason}`;
      return ref === undefined ? `#${number} ${action}` : `push of ${ref.replace(/[0-9a-f]{40}/, 'SHA')}`;
    });
    seen = all.length;
    return told;
  };
  heard();
  return { github, local, check, heads, head, main, bare, heard, payloads };
}

test('the documented rule is one that GitHub takes; a wrong one is not', async () => {
  const { github, local } = await world();
  const wrong = documentedRule(77).replace('ALLGREEN', 'ALLBLUE');
  expect(() => github.mergeQueue.protect(local, JSON.parse(wrong))).toThrow('making the ruleset: rules');
});

test('only what has passed joins; each commit is made of what is ahead of it, and Belay hears of it', async () => {
  const { github, local, check, heads, head, main, bare, heard, payloads } = await world('one', 'two');
  await expect(github.mergeQueue.join(local, 1)).rejects.toThrow('its required checks have not passed');
  for (const sha of heads) await check(sha, 'success');
  const first = await github.mergeQueue.join(local, 1);
  const second = await github.mergeQueue.join(local, 2);
  expect(git(bare, 'log', '-1', '--format=%P', second.head)).toBe(`${first.head} ${heads[1]}`);
  expect(git(bare, 'ls-tree', '--name-only', second.head).split('\n')).toEqual([
    'a',
    'b.txt',
    'one.txt',
    'two.txt',
  ]);
  expect(second.ref).toBe(`refs/heads/gh-readonly-queue/main/pr-2-${first.head}`);
  expect(heard()).toEqual([
    'push of refs/heads/gh-readonly-queue/main/pr-1-SHA',
    'checks_requested',
    'push of refs/heads/gh-readonly-queue/main/pr-2-SHA',
    'checks_requested',
  ]);
  expect(mergeGroupChanged('guid', payloads().at(-1))).toEqual({
    changed: {
      delivery: 'guid',
      repository: { id: 100000001, fullName: 'local/shop', defaultBranch: 'main' },
      mergeGroup: { number: 2, base: 'main', onto: first.head, head: second.head },
      sender: 'ada',
    },
  });

  // A check of another name, or none yet: the queue waits.
  await check(first.head, 'success', 'other');
  await github.mergeQueue.advance(local);
  expect(main()).toBe(head);
  await check(first.head, 'neutral');
  await github.mergeQueue.advance(local);
  expect(main()).toBe(first.head);
  expect(heard()).toEqual([
    '#1 closed',
    'push of refs/heads/main',
    'push of refs/heads/gh-readonly-queue/main/pr-1-SHA',
    'destroyed merged',
  ]);
  await check(second.head, 'success');
  await github.mergeQueue.advance(local);
  expect(main()).toBe(second.head);
});

test('what fails leaves, and what is behind it is made anew without it', async () => {
  const { github, local, check, heads, head, main, bare, heard } = await world('one', 'two');
  for (const sha of heads) await check(sha, 'success');
  const first = await github.mergeQueue.join(local, 1);
  await github.mergeQueue.join(local, 2);
  heard();
  await check(first.head, 'failure');
  await github.mergeQueue.advance(local);
  expect(main()).toBe(head);
  expect(heard().filter((told) => !told.startsWith('push'))).toEqual([
    'destroyed dequeued',
    'destroyed invalidated',
    'checks_requested',
  ]);
  const refs = git(bare, 'for-each-ref', '--format=%(refname)', 'refs/heads/gh-readonly-queue');
  expect(refs).toBe(`refs/heads/gh-readonly-queue/main/pr-2-${head}`);
  expect(git(bare, 'ls-tree', '--name-only', refs).split('\n')).toEqual(['a', 'b.txt', 'two.txt']);
});
