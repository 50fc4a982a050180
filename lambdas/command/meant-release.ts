/** Which release a comment on a pull request is about. Called by `orders` and `tell`. */
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { PullRequest } from '../github-ports.ts';
import type { Ledger } from '../ports.ts';
import { readNewest } from '../shared/items.ts';
import { findRelease } from './answer.ts';

/** The newest release of the commit that merging it made, or of its own newest commit while it is not merged. */
export async function meantRelease(
  repository: number,
  pull: PullRequest,
  ledger: Ledger,
): Promise<ReleaseItem | string> {
  const commit = pull.merged ?? pull.head;
  const found = await newestOf(repository, commit, ledger);
  if (found !== undefined) return found;
  const what = pull.merged === undefined ? 'its newest commit' : 'the commit it was merged as';
  return `there is no release of ${commit.slice(0, 7)}, ${what}`;
}

/** The newest release of a commit. */
export async function newestOf(
  repository: number,
  commit: string,
  ledger: Ledger,
): Promise<ReleaseItem | undefined> {
  const newest = await readNewest(ledger, repository, commit);
  return newest && findRelease({ repository, release: newest.id }, ledger);
}
