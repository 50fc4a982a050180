/** Merges by the real git, of commits fetched alone. */
import { afterAll, expect, test } from '@jest/globals';
import { git } from '../../../lambdas/adapters/git.ts';
import type { Merged } from '../../../lambdas/ports.ts';
import { gitRepositories } from '../../support/git-repositories.ts';

const repositories = gitRepositories();
afterAll(() => repositories.remove());

const adapter = git({
  url: repositories.url,
  access: { token: async () => 'token' },
  environment: { PATH: process.env.PATH },
});

/** A repository with `main` as told, and a branch `topic` that began at the first commit. Answers both heads. */
function history(
  repository: string,
  { first, main, topic }: Readonly<Record<'first' | 'main' | 'topic', Record<string, string> | undefined>>,
) {
  const ancestor = first && repositories.commit(repository, first);
  if (topic !== undefined) repositories.commit(repository, topic);
  const head = repositories.git(repository, 'rev-parse', 'HEAD');
  const bare = `${repositories.url}/${repository}.git`;
  repositories.git(repository, 'push', '--quiet', bare, 'HEAD:refs/heads/topic');
  if (main !== undefined) {
    if (ancestor !== undefined) repositories.git(repository, 'reset', '--quiet', '--hard', ancestor);
    repositories.commit(repository, main);
  }
  return { head, onto: repositories.git(repository, 'ls-remote', bare, 'refs/heads/main').split('\t')[0] };
}

/** As GitHub's comparison finds it. */
const mergeBase = (repository: string) => async (one: string, other: string) => {
  try {
    return repositories.git(repository, 'merge-base', one, other);
  } catch {
    return undefined;
  }
};

async function merge<T>(repository: string, head: string, use: (merged: Merged) => Promise<T>): Promise<T> {
  return adapter.withMerge(repository, { base: 'main', head, mergeBase: mergeBase(repository) }, use);
}

test('both sides are in the result, whose parents are exactly the base branch and the head', async () => {
  const { head, onto } = history('acme/both', {
    first: { a: '1\n2\n3\n4\n5\n', b: 'b\n' },
    topic: { a: '1\n2\n3\n4\nfive\n', b: 'b\n', c: 'c\n' },
    main: { a: 'one\n2\n3\n4\n5\n' },
  });
  const seen = await merge('acme/both', head, async (merged) => {
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    const lines = `${Buffer.from(await merged.result.tree())}`.split('\0').filter(Boolean);
    const blobs = new Map(lines.map((line) => [line.split('\t')[1], line.split(/[ \t]/)[2] ?? '']));
    const texts = await merged.result.read([blobs.get('a') ?? '']);
    const base = `${Buffer.from(await merged.base.tree())}`;
    return { merged, paths: [...blobs.keys()], a: [...texts.values()], baseHasC: base.includes('\tc\0') };
  });
  expect(seen).toMatchObject({
    merged: { onto },
    paths: ['a', 'c'],
    a: ['one\n2\n3\n4\nfive\n'],
    baseHasC: false,
  });
  // The same two commits are the same merge, whoever asks and whenever.
  const again = await merge('acme/both', head, async (merged) => merged);
  expect(again).toMatchObject({ kind: 'merged', merge: (seen.merged as { merge: string }).merge });
});

test('a head that is ahead of its base branch is merged as it is', async () => {
  const { head } = history('acme/ahead', { first: { a: '1\n' }, topic: { a: '2\n' }, main: undefined });
  const bare = `${repositories.url}/acme/ahead.git`;
  repositories.git('acme/ahead', 'push', '--quiet', '--force', bare, 'HEAD~1:main');
  expect(await merge('acme/ahead', head, async (merged) => merged)).toMatchObject({
    kind: 'merged',
    onto: repositories.git('acme/ahead', 'rev-parse', `${head}~1`),
    result: { rootTree: repositories.git('acme/ahead', 'rev-parse', `${head}^{tree}`) },
  });
});

test('a conflict names its files', async () => {
  const { head } = history('acme/conflict', {
    first: { a: '1\n', 'dir/ü b': 'x\n', c: 'c\n' },
    topic: { a: '2\n', 'dir/ü b': 'y\n', c: 'other\n' },
    main: { a: '3\n', 'dir/ü b': 'z\n', c: 'c\n' },
  });
  const merged = await merge('acme/conflict', head, async (one) => one);
  expect(merged).toMatchObject({ kind: 'conflict', paths: ['a', 'dir/ü b'] });
});

test('what the base branch has already, and what has nothing in common with it, is said', async () => {
  const { head } = history('acme/contained', {
    first: { a: '1\n' },
    topic: undefined,
    main: { a: '2\n' },
  });
  expect(await merge('acme/contained', head, async (one) => one.kind)).toBe('contained');

  const unrelated = repositories.commit('acme/unrelated', { a: '1\n' });
  expect(
    await adapter.withMerge(
      'acme/unrelated',
      { base: 'main', head: unrelated, mergeBase: async () => undefined },
      async (one) => one.kind,
    ),
  ).toBe('unrelated');
});

test('a head that is nowhere is an error that names it', async () => {
  repositories.commit('acme/nowhere', { a: '1\n' });
  const unknown = 'deadbeef'.repeat(5);
  await expect(merge('acme/nowhere', unknown, async () => 'used')).rejects.toThrow(unknown);
});
