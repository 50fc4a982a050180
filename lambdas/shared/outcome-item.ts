/** A target's outcome item, read and changed only under the fence it was opened with; used by the per-target functions. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type OutcomeItem, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { Ledger } from '../ports.ts';

/** Undefined when the target was opened under another fence: the caller then belongs to an aborted attempt. */
export async function readOutcome(
  ledger: Ledger,
  target: Omit<TargetRef, 'execution'>,
): Promise<OutcomeItem | undefined> {
  const item = await ledger.get(ledgerKeys.outcome(target.release.repository, target.release.id, target));
  const outcome = item === undefined ? undefined : outcomeItemSchema.parse(item);
  return outcome?.attempt === target.fence ? outcome : undefined;
}

/** @throws Error when the target was opened under another fence. */
export async function requireOutcome(ledger: Ledger, target: TargetRef): Promise<OutcomeItem> {
  const outcome = await readOutcome(ledger, target);
  if (outcome === undefined) throw staleAttempt(target);
  return outcome;
}

/**
 * Notes facts and progress of a target that has not ended.
 * @throws Error when it has, or was opened under another fence.
 */
export async function noteProgress(
  ledger: Ledger,
  target: TargetRef,
  facts: Partial<OutcomeItem>,
): Promise<void> {
  const changed = await ledger.update(
    ledgerKeys.outcome(target.release.repository, target.release.id, target),
    { set: facts },
    { equals: { attempt: target.fence }, missing: ['outcome'] },
  );
  if (changed === undefined) throw staleAttempt(target);
}

const staleAttempt = ({ environment, component, fence, release }: TargetRef) =>
  new Error(
    `working on ${environment}/${component} of release ${release.id} under fence ${fence}: it has ended or belongs to another deployment by now; redrive the release if that is not what you want`,
  );
