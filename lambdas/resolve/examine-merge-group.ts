/** What GitHub's merge queue would make of the base branch: its own commit, examined as it is. A step of `resolve`. */
import type { MergeGroup } from '../../core/contracts/merge-group.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import type { Request } from '../../core/request.ts';
import type { GitHub } from '../github-ports.ts';
import type { Git, Ledger } from '../ports.ts';
import { type GroupedPull, pullsIn } from '../shared/merge-group.ts';
import { type Examination, type ExaminePorts, examine } from './examine.ts';

export interface ExamineMergeGroupPorts extends ExaminePorts {
  readonly ledger: Ledger;
  readonly git: Git;
  readonly github: Pick<GitHub, 'branchHead'>;
}

/**
 * Who may write has put the pull requests into the queue, and they were planned before: nothing else is fetched. What may not be said
 * before a merge is read from the base branch itself, not from the group's parent: those ahead in the queue are not merged either.
 */
export async function examineMergeGroup(
  mergeGroup: MergeGroup,
  { request, release }: { readonly request: Request; readonly release: ReleaseRef },
  ports: ExamineMergeGroupPorts,
): Promise<Examination> {
  const { ledger, git, github } = ports;
  const { fullName } = request.repository;
  const { pulls, unknown } = await pullsIn(release.repository, mergeGroup, ledger);
  const unread = unreadReason(mergeGroup, pulls);
  if (unread !== undefined) return { environments: [], verdict: 'failed', reason: unread };
  const branch = await github.branchHead(fullName, mergeGroup.base);
  if (branch === undefined)
    throw new Error(
      `planning ${release.commit} of ${fullName}: there is no branch ${mergeGroup.base} to merge it into`,
    );
  // Told out of order, a group may be older than what the ledger knows of those ahead of it.
  const isUnknown = unknown !== undefined && unknown !== branch;
  const fork =
    isUnknown || pulls.some(({ pull, plan }) => pull?.merged === undefined && plan?.pull?.fork !== false);
  return git.withCommit(fullName, release.commit, (queued) =>
    git.withCommit(fullName, branch, (base) =>
      examine(queued, { request, release, unmerged: { mergeGroup: { ...mergeGroup, fork }, base } }, ports),
    ),
  );
}

/** Where nothing was planned, nothing was reviewed; and of a fork nothing may run before somebody has said so. */
function unreadReason({ number }: MergeGroup, pulls: readonly GroupedPull[]): string | undefined {
  if (number === undefined)
    return "GitHub's branch of this merge group names no pull request, so nobody knows what was reviewed: merge without the queue";
  const unread = pulls.find(
    ({ pull, plan, ...one }) =>
      pull?.merged === undefined &&
      (plan?.verdict === 'waiting' || (plan === undefined && one.number === number)),
  );
  if (unread === undefined) return undefined;
  return `nothing of #${unread.number} was planned, so nothing of it was reviewed: comment /belay plan on it, read the plan, and queue it again`;
}
