/** Merges a commit into a branch without the history between them: part of the git adapter. */
import type { Merged, MergeWish } from '../ports.ts';
import type { GitPlace } from './git-process.ts';

const ONTO = 'refs/belay/onto';

/** Nobody's: the commit never leaves Belay. Without a time of its own the same merge has the same id. */
const WHO = 'Belay <belay@localhost> 0 +0000';

/** What became of the wish, as commits of the repository at `place`. */
export type MergeEnd =
  | Exclude<Merged, { kind: 'merged' }>
  | { readonly kind: 'merged'; readonly onto: string; readonly merge: string };

/**
 * The three trees are all that a merge is made of, so each commit is fetched alone, and git is shown them as commits that have
 * the common ancestor as their one parent. Fetched by name are only the branch and ids that were told: GitHub's own merge of a
 * pull request may be one of an older head or base.
 */
export async function mergeAt(
  place: GitPlace,
  { base, head, mergeBase }: MergeWish,
  fetch: (...wanted: string[]) => Promise<unknown>,
): Promise<MergeEnd> {
  const id = async (name: string) => (await place.run(['rev-parse', '--verify', name])).toString().trim();
  const commit = async (tree: string, parents: readonly string[], message: string) => {
    const lines = [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${WHO}`,
      `committer ${WHO}`,
    ];
    const text = `${lines.join('\n')}\n\n${message}\n`;
    return (await place.run(['hash-object', '-t', 'commit', '-w', '--stdin'], text)).toString().trim();
  };

  await fetch(`+refs/heads/${base}:${ONTO}`, head);
  const onto = await id(`${ONTO}^{commit}`);
  const ancestor = await mergeBase(onto, head);
  if (ancestor === undefined) return { kind: 'unrelated', onto };
  if (ancestor === head) return { kind: 'contained', onto };
  const message = `Merge ${head} into ${base}`;
  if (ancestor === onto)
    return { kind: 'merged', onto, merge: await commit(await id(`${head}^{tree}`), [onto, head], message) };

  await fetch(ancestor);
  const common = await commit(await id(`${ancestor}^{tree}`), [], 'common ancestor');
  const [ours, theirs] = await Promise.all(
    [onto, head].map(async (one) => commit(await id(`${one}^{tree}`), [common], one)),
  );
  // Exit code 1: there are conflicts, and their paths follow the tree. https://git-scm.com/docs/git-merge-tree
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours ?? '', theirs ?? ''];
  const [tree = '', ...paths] = (await place.run(args, undefined, [1]))
    .toString()
    .split('\0')
    .filter(Boolean);
  if (paths.length > 0) return { kind: 'conflict', onto, paths };
  return { kind: 'merged', onto, merge: await commit(tree, [onto, head], message) };
}
