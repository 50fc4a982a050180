/**
 * Lets a deployment that only waits for people give way to a newer release. Called wherever it may have come to that: a release
 * queued (`lease`), a target waits for a person (`approval`), a target ended (`record`); whichever comes last sees all of it.
 */
import { newerWaiter, onlyWaitsForPeople, type TargetState } from '../../core/deployment/yielding.ts';
import type { EnvironmentItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { approvalItemSchema, outcomeItemSchema, turnItemSchema } from '../../core/ledger/work-items.ts';
import type { Clock, Ledger, Tokens } from '../ports.ts';
import { answerApproval, isPending, readApproval, sendApproval } from './approvals.ts';
import { type EnvironmentAddress, readEnvironment } from './environment-item.ts';
import { readReleaseItem } from './items.ts';

export interface YieldPorts {
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly clock: Clock;
}

/** Two lists of the targets' states are never read in the same moment; the reason why that is enough is told in `core`. */
export async function yieldToNewer(where: EnvironmentAddress, ports: YieldPorts): Promise<void> {
  const { ledger } = ports;
  for (;;) {
    const item = await readEnvironment(ledger, where);
    if (item.owner === undefined) return;
    if (item.owner.yieldsTo !== undefined) return supersedeApprovals(item, where, ports);
    if (item.queue.length === 0) return;
    const release = await readReleaseItem(ledger, { id: item.owner.release, repository: where.repository });
    const newer = newerWaiter(item, release);
    if (newer === undefined) return;
    if (!onlyWaitsForPeople(item, await readTargets(item.owner.release, where, ledger))) return;
    const yielding: EnvironmentItem = {
      ...item,
      version: item.version + 1,
      owner: { ...item.owner, yieldsTo: newer.commit },
    };
    const key = ledgerKeys.environment(where.repository, where.environment);
    // Not written: something has changed since, so look again.
    await ledger.put(key, yielding, { equals: { version: item.version } });
  }
}

async function readTargets(
  release: string,
  { repository, environment }: EnvironmentAddress,
  ledger: Ledger,
): Promise<TargetState[]> {
  const { pk, sk } = ledgerKeys.outcome(repository, release, { environment, component: '' });
  const outcomes = outcomeItemSchema.array().parse(await ledger.query(pk, sk));
  const targets: TargetState[] = [];
  for (const outcome of outcomes) {
    const { component, progress } = outcome;
    const address = { release: { id: release, repository }, environment, component };
    const approval = progress === 'approving' ? await readApproval(ledger, address) : undefined;
    const turn =
      progress === 'waiting' ? await ledger.get(ledgerKeys.turn(repository, release, address)) : undefined;
    targets.push({
      outcome,
      pending: isPending(approval, outcome) ? approval : undefined,
      turn: turn === undefined ? undefined : turnItemSchema.parse(turn),
    });
  }
  return targets;
}

/** Answers what is still pending, and tells again what was answered: a crash may have come between. */
async function supersedeApprovals(
  { owner, fence }: EnvironmentItem,
  { repository, environment }: EnvironmentAddress,
  { ledger, tokens, clock }: YieldPorts,
): Promise<void> {
  if (owner?.yieldsTo === undefined) return;
  const { release, yieldsTo } = owner;
  const { pk, sk } = ledgerKeys.approval(repository, release, { environment, component: '' });
  for (const found of await ledger.query(pk, sk)) {
    const item = approvalItemSchema.parse(found);
    if (item.attempt !== fence) continue;
    if (item.answer !== undefined) {
      await sendApproval(item, tokens);
      continue;
    }
    const component = String(found.sk).slice(sk.length);
    const answer = {
      decision: 'superseded',
      reason: `a newer push, ${yieldsTo.slice(0, 7)}, is waiting`,
      by: 'belay',
      at: clock.now().toISOString(),
    } as const;
    const target = { release: { id: release, repository }, environment, component };
    await answerApproval(target, item, { answer, ledger, tokens });
  }
}
