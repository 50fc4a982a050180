/** Approval items: what people were asked and what is answered to those who wait. Used by `guard`, `approval`, `command` and `lease`. */
import type { ApprovalAnswer, TargetRef } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ApprovalItem, approvalItemSchema, type OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Ledger, Tokens } from '../ports.ts';

/** A target in one pass of a release, as keys of the ledger want it. */
export type ApprovalAddress = Pick<TargetRef, 'environment' | 'component' | 'pass'> & {
  readonly release: Pick<TargetRef['release'], 'id' | 'repository'>;
};

const keyOf = (target: ApprovalAddress) =>
  ledgerKeys.approval(target.release.repository, target.release.id, target);

export async function readApproval(
  ledger: Ledger,
  target: ApprovalAddress,
): Promise<ApprovalItem | undefined> {
  const item = await ledger.get(keyOf(target));
  return item === undefined ? undefined : approvalItemSchema.parse(item);
}

/** Was a person asked about this very plan of this attempt, or about one with the same changes? */
export function isAboutChange(approval: ApprovalItem, outcome: OutcomeItem): boolean {
  return approval.attempt === outcome.attempt && approval.changeDigest === outcome.changeDigest;
}

/** Does a person's answer still count, and is there none yet? */
export function isPending(approval: ApprovalItem | undefined, outcome: OutcomeItem): boolean {
  return (
    approval !== undefined &&
    outcome.outcome === undefined &&
    outcome.progress === 'approving' &&
    isAboutChange(approval, outcome) &&
    approval.planDigest === outcome.planDigest &&
    approval.tokens !== undefined &&
    approval.answer === undefined
  );
}

/** An answer with who gave it and when. Belay itself signs as `belay`. */
export type SignedAnswer = ApprovalAnswer & { readonly by: string; readonly at: string };

/**
 * Answers what was asked, unless it was answered before or another plan came since: the first answer stays. Whoever waits is told
 * what is in the ledger, so that a crash between the two is healed by the next call. Returns the item as it is then, and whether
 * anybody was still waiting.
 */
export async function answerApproval(
  target: ApprovalAddress,
  asked: ApprovalItem,
  {
    answer,
    ledger,
    tokens,
  }: { readonly answer: SignedAnswer; readonly ledger: Ledger; readonly tokens: Tokens },
): Promise<{ readonly item: ApprovalItem | undefined; readonly wasWaiting: boolean }> {
  const { attempt, planDigest } = asked;
  const condition = { equals: { attempt, planDigest }, missing: ['answer'] };
  await ledger.update(keyOf(target), { set: { answer } }, condition);
  const item = await readApproval(ledger, target);
  return { item, wasWaiting: item !== undefined && (await sendApproval(item, tokens)) };
}

/** Tells everybody who waits what was answered; true when anybody was. Sending twice is harmless: a token that was answered is gone. */
export async function sendApproval(
  { answer, tokens: parked }: ApprovalItem,
  tokens: Tokens,
): Promise<boolean> {
  if (answer === undefined) return false;
  const { decision, reason } = answer;
  let wasWaiting = false;
  for (const token of parked ?? []) {
    if ((await tokens.succeed(token, { decision, reason })) === 'sent') wasWaiting = true;
  }
  return wasWaiting;
}
