/** `plan`: a pull request is planned once more, or at last where it waits for that. Called by `orders` and `press`. */
import type { Commented } from '../../core/contracts/conversation.ts';
import { OPERATION_EVENT, type PlanRequested } from '../../core/contracts/operation.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { pullItemSchema } from '../../core/ledger/release-items.ts';
import type { Bus, Ledger, PullRequest } from '../ports.ts';
import type { Answer } from './answer.ts';

export interface PlanPorts {
  readonly ledger: Ledger;
  readonly bus: Bus;
}

/** By a comment: what is planned is the head as it is now, of a fork only if that is what whoever wrote has seen. */
export async function plan(
  said: Commented & { readonly request: string },
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
  const problem = pull.fork ? await unseen(said, pull.head, ports.ledger) : undefined;
  if (problem !== undefined) return refused(problem);
  const { head, base, fork } = pull;
  return beginPlan({ request, repository, by, pull: { number, head, base, fork } }, ports);
}

/**
 * A comment does not say which commit its author has looked at, and whoever owns a fork may push between comment and command. GitHub's
 * own times tell: of the change that the ledger knows of, and of the comment. Both are whole seconds, so the same second is too late.
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
