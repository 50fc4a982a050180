/** Parks a target's task token until everything it needs has ended; called by the per-target flow, first of all. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { turnItemSchema } from '../../core/ledger/work-items.ts';
import type { Ledger, Tokens } from '../ports.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { answerTokens, answerTurn } from '../shared/turns.ts';

export interface TurnPorts {
  readonly ledger: Ledger;
  readonly tokens: Tokens;
}

/** @throws Error when the target was opened under another fence (or not at all): nobody would ever answer the token. */
export async function turn(
  input: TargetRef & { readonly token: string; readonly flow: string },
  { ledger, tokens }: TurnPorts,
): Promise<Record<string, never>> {
  const { release, fence, token, flow } = input;
  const changed = await ledger.update(
    ledgerKeys.turn(release.repository, release.id, input),
    { addTo: { tokens: new Set([token]) }, set: { flow } },
    { equals: { attempt: fence } },
  );
  if (changed === undefined) {
    throw new Error(
      `waiting for the turn of ${input.environment}/${input.component}: it was not opened under fence ${fence}; redrive the release`,
    );
  }
  const item = turnItemSchema.parse(changed);
  // Looked at after parking, as whoever cancels looks for parked tokens after setting the mark.
  const isCancelled = (await cancellationOf(ledger, input)) !== undefined;
  if (isCancelled) await answerTokens(item, tokens);
  else await answerTurn(item, tokens);
  return {};
}
