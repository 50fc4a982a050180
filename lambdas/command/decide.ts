/** `approve` and `reject`: a person's answer to what a target was asked about. Called by `command`. */
import type * as z from 'zod';
import type { command as contract } from '../../core/contracts/command.ts';
import { noteApproved } from '../../core/deployment/yielding.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import { type ApprovalItem, type OutcomeItem, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import { type Pass, passSchema } from '../../core/words.ts';
import type { GitHub } from '../github-ports.ts';
import type { Clock, Ledger, ObjectStore, StatusQueue, Tokens } from '../ports.ts';
import {
  type ApprovalAddress,
  answerApproval,
  isPending,
  readApproval,
  type SignedAnswer,
  sendApproval,
} from '../shared/approvals.ts';
import { environmentIn, readReleaseDocument, targetIn } from '../shared/documents.ts';
import { changeEnvironment } from '../shared/environment-item.ts';
import { policyInForce } from '../shared/policy-in-force.ts';
import { type Answer, findRelease, noSuchRelease } from './answer.ts';
import { approverProblem } from './approvers.ts';

export interface DecidePorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly status: StatusQueue;
  readonly github: GitHub;
}

type Order = Extract<z.output<typeof contract.input>, { action: 'approve' | 'reject' }> & {
  /** Digest of the plan that was looked at: another one is not decided on. */
  readonly plan?: string | undefined;
};

/** What a target was asked about, or why there is nothing to decide. */
type Question =
  | {
      readonly release: ReleaseItem;
      readonly address: ApprovalAddress & { release: { commit: string } };
      readonly asked: ApprovalItem;
    }
  | { readonly refusal: string };

const refused = (message: string): Answer => ({ accepted: false, message });

/** The first answer wins; giving the same one again is accepted, and tells whoever still waits. */
export async function decide(order: Order, ports: DecidePorts): Promise<Answer> {
  const question = await findQuestion(order, ports);
  if ('refusal' in question) return refused(question.refusal);
  const { address, asked } = question;
  const { plan = asked.planDigest } = order;
  if (asked.planDigest !== plan) return plannedAgain(order);
  if (asked.answer !== undefined) {
    await sendApproval(asked, ports.tokens);
    return told(order, asked.answer);
  }
  const problem = await personProblem(order, question.release, ports);
  if (problem !== undefined) return refused(problem);
  if (order.action === 'approve' && !(await mayStillStart(order, asked, ports))) {
    return refused(`${nameOf(order)} is not waited for any more: its deployment gives way to a newer push`);
  }
  const answer: SignedAnswer = {
    decision: order.action === 'approve' ? 'approved' : 'rejected',
    reason: `${order.action === 'approve' ? 'approved' : 'rejected'} by ${order.by}`,
    by: order.by,
    at: ports.clock.now().toISOString(),
  };
  const { item } = await answerApproval(address, asked, { ...ports, answer });
  await ports.status.changed(address.release);
  if (item?.answer === undefined) return plannedAgain(order);
  return told(order, item.answer);
}

const plannedAgain = (order: Order) =>
  refused(`${nameOf(order)} was planned again meanwhile: look at the new plan`);

/** A rollback's question comes after the deployment's own. */
const PASSES: readonly Pass[] = passSchema.options.toReversed();

async function findQuestion(order: Order, { ledger }: DecidePorts): Promise<Question> {
  const { repository, release: id, environment, component } = order;
  const release = await findRelease(order, ledger);
  if (release === undefined) return { refusal: noSuchRelease(order).message };
  let last: OutcomeItem | undefined;
  for (const pass of PASSES) {
    const address = { release: { id, repository, commit: release.commit }, environment, component, pass };
    const item = await ledger.get(ledgerKeys.outcome(repository, id, address));
    if (item === undefined) continue;
    const outcome = outcomeItemSchema.parse(item);
    last ??= outcome;
    const asked = await readApproval(ledger, address);
    if (asked === undefined || asked.attempt !== outcome.attempt) continue;
    if (
      isPending(asked, outcome) ||
      (asked.answer !== undefined && asked.planDigest === outcome.planDigest)
    ) {
      return { release, address, asked };
    }
  }
  return { refusal: whyNothing(order, last) };
}

function whyNothing(order: Order, outcome: OutcomeItem | undefined): string {
  if (outcome === undefined) return `release ${order.release} has no target ${nameOf(order)}`;
  const state = outcome.outcome === undefined ? outcome.progress : `${outcome.outcome} (${outcome.reason})`;
  return `${nameOf(order)} does not wait for approval: it is ${state}`;
}

/** Whoever made the change may always take it back. */
async function personProblem(
  order: Order,
  release: ReleaseItem,
  ports: DecidePorts,
): Promise<string | undefined> {
  const { repository, release: id, environment, component, by } = order;
  if (order.action === 'reject' && isSame(by, release.sender)) return undefined;
  const ref = { id, repository };
  const { entry } = targetIn(
    environmentIn(await readReleaseDocument(ports.store, ref), environment),
    component,
  );
  const policy = await policyInForce(ports.ledger, order, entry);
  if (isSame(by, release.sender) && !policy.selfApproval) {
    const { operation = 'apply' } = release;
    const did = operation === 'apply' ? 'pushed this change' : 'asked for this';
    return `${by} ${did} and may not approve it: somebody else must, or the policy in force must say \`selfApproval: true\``;
  }
  return approverProblem(by, policy.approvers, {
    organisation: release.repository.fullName.split('/')[0] ?? '',
    github: ports.github,
  });
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** Notes the yes where a deployment that gives way would have to look; false when it does so already. */
async function mayStillStart(
  order: Order,
  { attempt, planDigest }: ApprovalItem,
  { ledger }: DecidePorts,
): Promise<boolean> {
  const { release, component } = order;
  let isNoted = false;
  await changeEnvironment(ledger, order, (item) => {
    const noted = item.fence === attempt ? noteApproved(item, { release, component, planDigest }) : undefined;
    isNoted = noted !== undefined;
    return noted ?? item;
  });
  return isNoted;
}

function told(order: Order, { decision, by, reason }: SignedAnswer): Answer {
  const wanted = order.action === 'approve' ? 'approved' : 'rejected';
  if (decision === wanted && isSame(by, order.by))
    return { accepted: true, message: `${nameOf(order)} is ${decision}` };
  return refused(`${nameOf(order)} was ${decision} before: ${reason}`);
}

const nameOf = ({ environment, component }: Order) => `${environment}/${component}`;
