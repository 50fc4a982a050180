/** What every release request says, a push, a pull request, a merge group and an operation alike; called by `resolve`. */

import type { MergeGroup } from './contracts/merge-group.ts';
import type { OperationRequested, ReleaseRequest } from './contracts/operation.ts';
import type { Pull } from './contracts/pull.ts';
import type { Repository } from './contracts/push.ts';
import type { ReleaseItem } from './ledger/release-items.ts';
import { unplannedGroup } from './merge-group.ts';
import { type PullSettings, unplanned } from './pull.ts';
import { branchOf, type QuietEnd, quietEnd } from './push.ts';
import type { Operation } from './words.ts';

/** A request as the first steps of a release see it. */
export interface Request {
  /** By which it is served once. */
  readonly id: string;
  readonly operation: Operation;
  readonly repository: Repository;
  readonly commit: string;
  readonly branch: string;
  /** GitHub login of who pushed or asked. */
  readonly by: string;
  /** Where nobody asked. */
  readonly because: ReleaseItem['because'];
  /** Asked for although a newer commit was attempted since. */
  readonly older: boolean;
  /** What is planned. */
  readonly pull?: Pull;
  readonly mergeGroup?: MergeGroup;
  /** The trace it began with. */
  readonly trace: string | undefined;
  /** Why it comes to nothing, where that can be told at once. */
  readonly quiet: QuietEnd | undefined;
}

/** An operation is about the default branch: what is deployed came from there. */
export function readRequest(request: ReleaseRequest, settings: PullSettings): Request {
  const { repository, trace } = request;
  if ('operation' in request) {
    const { operation, commit, by } = request;
    if (operation === 'plan') {
      const { pull, request: id } = request;
      return { id, ...planOf({ repository, pull, by }), trace, quiet: undefined };
    }
    const older = operation === 'rollback';
    const branch = repository.defaultBranch;
    const because = request.operation === 'destroy' ? request.because : undefined;
    const asked = { operation, repository, commit, branch, by, because, older };
    return { id: request.request, ...asked, trace, quiet: undefined };
  }
  if ('pull' in request) {
    const { delivery: id, sender: by } = request;
    const { draft: _, ...pull } = request.pull;
    return { id, ...planOf({ repository, pull, by }), trace, quiet: unplanned(request, settings) };
  }
  if ('mergeGroup' in request) {
    const { delivery: id, sender: by } = request;
    const { head: commit, ...mergeGroup } = request.mergeGroup;
    const group = { operation: 'plan', repository, commit, branch: mergeGroup.base, mergeGroup } as const;
    const quiet = unplannedGroup(request);
    return { id, ...group, by, because: undefined, older: false, trace, quiet };
  }
  const { delivery: id, after: commit, sender: by } = request;
  const [branch, quiet] = [branchOf(request), quietEnd(request)];
  const pushed = { repository, commit, branch, by, because: undefined, older: false };
  return { id, operation: 'apply', ...pushed, trace, quiet };
}

const planOf = ({ repository, pull, by }: { repository: Repository; pull: Pull; by: string }) => {
  const asked = { operation: 'plan', repository, commit: pull.head, branch: pull.base } as const;
  return { ...asked, pull, by, because: undefined, older: false };
};

/** `destroy of dev/app, asked for by mira`: what people read while it is under way. */
export function describeOperation(request: OperationRequested, components: readonly string[]): string {
  const { environment, commit, by } = request;
  const targets = components.map((component) => `${environment}/${component}`).join(', ');
  switch (request.operation) {
    case 'destroy':
      return request.because === 'ttl'
        ? `destroy of ${targets}: the ttl of ${environment} is over`
        : `destroy of ${targets}, asked for by ${by}`;
    case 'rollback':
      return `rollback of ${environment} to ${commit.slice(0, 7)}, asked for by ${by}`;
    case 'restore':
      return `rollback of ${targets} to last good, asked for by ${by}`;
  }
}
