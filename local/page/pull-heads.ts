/** Which commit a pull request is at, and which pull request a commit belongs to. Used by the views. */
import type { PullRequest } from '../github/discussions.ts';
import { gitAnswer } from '../github/git.ts';
import type { RepositoryVisit } from './views/view.ts';

/** The head of its branch, or what it became once that is gone. */
export const headOf = async (bare: string, { head, merged }: PullRequest): Promise<string> =>
  (await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', `refs/heads/${head}`)) ?? merged ?? '';

/** The one that became this commit, or an open one that is at it. */
export async function pullOf(
  { github, repository, bare }: Pick<RepositoryVisit, 'github' | 'repository' | 'bare'>,
  sha: string,
): Promise<PullRequest | undefined> {
  const all = github.discussions.of(repository.id).toReversed();
  const became = all.find(({ merged }) => merged === sha);
  if (became !== undefined) return became;
  for (const pull of all) if (pull.state === 'open' && (await headOf(bare, pull)) === sha) return pull;
  return undefined;
}
