/** Turns of targets: whoever sees that nothing is waited for and that tokens are parked answers them. Used by `turn` and `record`. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type TurnItem, turnItemSchema } from '../../core/ledger/work-items.ts';
import { BLOCKING_OUTCOMES, type Outcome } from '../../core/words.ts';
import type { Ledger, Tokens } from '../ports.ts';

/** Answers a turn that has come; true when anybody was still waiting. Sending twice is harmless: a token that was answered is gone. */
export async function answerTurn(turn: TurnItem, tokens: Tokens): Promise<boolean> {
  return turn.waitingOn === undefined && answerTokens(turn, tokens);
}

/** Answers a turn whether it has come or not; true when anybody was still waiting. */
export async function answerTokens({ tokens: parked }: TurnItem, tokens: Tokens): Promise<boolean> {
  let wasWaiting = false;
  for (const token of parked ?? []) {
    if ((await tokens.succeed(token, {})) === 'sent') wasWaiting = true;
  }
  return wasWaiting;
}

/**
 * Tells those that may wait for the target that it has ended. Those that are not affected, or were opened under another fence,
 * have no turn to be told about.
 */
export async function endTurn(
  target: TargetRef & { readonly outcome: Outcome },
  waiting: readonly string[],
  { ledger, tokens }: { readonly ledger: Ledger; readonly tokens: Tokens },
): Promise<void> {
  const { release, environment, component, fence, pass, outcome } = target;
  const self = new Set([component]);
  // In a rollback `rolled-back` is the good end.
  const blocks = BLOCKING_OUTCOMES.includes(outcome) && !(pass !== 'deploy' && outcome === 'rolled-back');
  for (const other of waiting) {
    const changed = await ledger.update(
      ledgerKeys.turn(release.repository, release.id, { environment, component: other, pass }),
      { deleteFrom: { waitingOn: self }, ...(blocks && { addTo: { blockedBy: self } }) },
      { equals: { attempt: fence } },
    );
    if (changed !== undefined) await answerTurn(turnItemSchema.parse(changed), tokens);
  }
}
