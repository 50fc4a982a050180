/** `plan`: a pull request is planned once more, or at last where it waits for that. Called by `orders` and `press`. */
import type { Commented } from '../../core/contracts/conversation.ts';
import { OPERATION_EVENT, type PlanRequested } from '../../core/contracts/operation.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { pullItemSchema } from '../../core/ledger/release-items.ts';
import type { PullRequest } from '../github-ports.ts';
import type { Bus, Ledger } from '../ports.ts';
import type { Answer } from './answer.ts';

export interface PlanPorts {
  readonly ledger: Ledger;
  readonly bus: Bus;
}

/** By a comment: what is planned is the head as it is now; where a commit is named, and of a fork one must be, only if it is that one. */
export async function plan(
  said: Commented & { readonly request: string; readonly commit: string | undefined },
  { state, merged, ...pull }: PullRequest,
  ports: PlanPorts,
): Promise<Answer> {
  const { repository, pull: number, by, request } = said;
  if (state === 'closed')
    return refused(`pull request ${number} is ${merged === undefined ? 'closed' : 'merged'}`);
  if (pull.base !== repository.defaultBranch) {
    const only = `only those for ${repository.defaultBranch} are planned`;
    return refused(`pull request ${number} is for ${pull.base}: ${only}`);
  }
  const { commit } = said;
  const sha = pull.head.slice(0, 7);
  if (pull.fork && commit === undefined)
    return refused(`this is from a fork: read ${sha}, then comment /belay plan ${sha}`);
  if (commit !== undefined && !pull.head.startsWith(commit))
    return refused(
      `the head of this pull request is ${sha} by now: read it, then comment /belay plan ${sha}`,
    );
  const problem = pull.fork ? await unseen(said, pull.head, ports.ledger) : undefined;
  if (problem !== undefined) return refused(problem);
  const { head, base, fork } = pull;
  return beginPlan({ request, repository, by, pull: { number, head, base, fork } }, ports);
}

/**
 * The commit that is named is what its author has looked at. A second lock: GitHub's own times, of the change that the ledger knows of
 * and of the comment, say that the head was there before. Both are whole seconds, so the same second is too late.
 */
async function unseen(
  { repository, pull: number, at }: Commented,
  head: string,
  ledger: Ledger,
): Promise<string | undefined> {
  const item = await ledger.get(ledgerKeys.pull(repository.id, number));
  const known = item === undefined ? undefined : pullItemSchema.parse(item);
  const sha = head.slice(0, 7);
  if (known?.head !== head)
    return `${sha}, the head of this fork, has no check yet: read it, wait for its check and comment again`;
  if (Date.parse(known.at) < Date.parse(at)) return undefined;
  return `this pull request was changed after that was written: read ${sha} and comment again`;
}

/** The head that is named, and no other, is planned. */
export async function beginPlan(
  wish: Pick<PlanRequested, 'request' | 'repository' | 'by' | 'pull'>,
  { bus }: Pick<PlanPorts, 'bus'>,
): Promise<Answer> {
  const { number, head } = wish.pull;
  const detail: PlanRequested = { operation: 'plan', commit: head, ...wish };
  await bus.publish({ ...OPERATION_EVENT, detail });
  return {
    accepted: true,
    message: `plan of pull request ${number} at ${head.slice(0, 7)}, asked for by ${wish.by}, begins`,
  };
}

const refused = (message: string): Answer => ({ accepted: false, message });
