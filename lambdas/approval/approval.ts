/** Asks a person about a target's change and parks the token until there is an answer; called by the per-target flow. */
import type * as z from 'zod';
import type { approval as contract } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ApprovalItem, approvalItemSchema, type OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Clock, Ledger, StatusQueue, Tokens } from '../ports.ts';
import {
  answerApproval,
  isAboutChange,
  readApproval,
  type SignedAnswer,
  sendApproval,
} from '../shared/approvals.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { requireOutcome } from '../shared/outcome-item.ts';
import { yieldToNewer } from '../shared/yielding.ts';

export interface ApprovalPorts {
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly status: StatusQueue;
}

type Input = z.output<typeof contract.input>;

/**
 * An answer that was given for the same changes in this attempt is told at once; any other plan is asked about anew.
 * @throws Error when the target was opened under another fence, or has ended.
 */
export async function approval(input: Input, ports: ApprovalPorts): Promise<Record<string, never>> {
  const { release, environment, reason } = input;
  const { repository, id } = release;
  const outcome = await requireOutcome(ports.ledger, input);
  // Only a plan just checked: a call that comes late must not hide how far the target is.
  await ports.ledger.update(
    ledgerKeys.outcome(repository, id, input),
    { set: { progress: 'approving', reason } },
    { equals: { attempt: input.fence, progress: 'checking' }, missing: ['outcome'] },
  );
  const asked = await park(input, outcome, ports);
  if (asked.answer !== undefined) await sendApproval(asked, ports.tokens);
  else await answerForNobody(input, asked, ports);
  await yieldToNewer({ repository, environment }, ports);
  await ports.status.changed(release);
  return {};
}

/** The item as it is with the token in it. */
async function park(input: Input, outcome: OutcomeItem, ports: ApprovalPorts): Promise<ApprovalItem> {
  const { ledger, clock } = ports;
  const { release, environment, component, fence, token, reason } = input;
  const { planDigest, changeDigest } = outcome;
  if (planDigest === undefined || changeDigest === undefined) {
    throw new Error(
      `asking about ${environment}/${component} of release ${release.id}: it has no plan; redrive the release`,
    );
  }
  const key = ledgerKeys.approval(release.repository, release.id, input);
  for (;;) {
    const before = await readApproval(ledger, input);
    if (before !== undefined && isAboutChange(before, outcome)) {
      const parked = await ledger.update(
        key,
        { set: { planDigest }, addTo: { tokens: new Set([token]) } },
        { equals: { attempt: fence, changeDigest } },
      );
      if (parked !== undefined) return approvalItemSchema.parse(parked);
      continue;
    }
    const asked: ApprovalItem = {
      attempt: fence,
      changeDigest,
      planDigest,
      reason,
      requestedAt: clock.now().toISOString(),
      tokens: new Set([token]),
    };
    const condition =
      before === undefined
        ? ({ absent: true } as const)
        : { equals: { attempt: before.attempt, planDigest: before.planDigest } };
    if (await ledger.put(key, asked, condition)) return asked;
  }
}

/** A release that was cancelled meanwhile asks nobody any more. */
async function answerForNobody(input: Input, asked: ApprovalItem, ports: ApprovalPorts): Promise<void> {
  const cancelled = await cancellationOf(ports.ledger, input);
  if (cancelled === undefined) return;
  const { reason } = cancelled;
  const at = ports.clock.now().toISOString();
  const answer: SignedAnswer = { decision: 'cancelled', reason, by: 'belay', at };
  await answerApproval(input, asked, { ...ports, answer });
}
