/** "Merge pull request": a merge commit on the base branch, as GitHub makes it. Used by `github.ts`. */
import type { PullRequest } from './discussions.ts';
import { git, gitAnswer } from './git.ts';
import type { BranchUpdate } from './repositories.ts';

/** The tree that merging it would give; undefined when there are conflicts, or a branch is gone. */
export async function mergedTree(
  bare: string,
  { base, head }: Pick<PullRequest, 'base' | 'head'>,
): Promise<string | undefined> {
  const ends = [`refs/heads/${base}`, `refs/heads/${head}`];
  return (await gitAnswer(bare, 'merge-tree', '--write-tree', ...ends))?.split('\n')[0];
}

/** Moves the base branch. `by`: GitHub login. @throws Error when there are conflicts. */
export async function mergeCommit(
  bare: string,
  pull: Pick<PullRequest, 'number' | 'title' | 'base' | 'head'>,
  by: string,
): Promise<BranchUpdate> {
  const { number, title, base, head } = pull;
  const tree = await mergedTree(bare, pull);
  if (tree === undefined)
    throw new Error(
      `merging #${number}: ${head} has conflicts with ${base}; merge ${base} into it and push it`,
    );
  const ref = `refs/heads/${base}`;
  const before = await git(bare, 'rev-parse', '--verify', ref);
  const author = ['-c', `user.name=${by}`, '-c', `user.email=${by}@localhost`];
  const message = `Merge pull request #${number} from ${head}\n\n${title}`;
  const parents = ['-p', before, '-p', `refs/heads/${head}`];
  const after = await git(bare, ...author, 'commit-tree', tree, ...parents, '-m', message);
  await git(bare, 'update-ref', ref, after, before);
  return { ref, before, after };
}
