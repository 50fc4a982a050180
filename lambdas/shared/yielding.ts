/**
 * Lets a deployment that only waits for people give way to a newer release. Called wherever it may have come to that: a release
 * queued (`lease`), a target waits for a person (`approval`), a target ended (`record`); whichever comes last sees all of it.
 */
import { newerWaiter, onlyWaitsForPeople, type TargetState } from '../../core/deployment/yielding.ts';
import type { EnvironmentItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import {
  approvalItemSchema,
  type OutcomeItem,
  outcomeItemSchema,
  turnItemSchema,
} from '../../core/ledger/work-items.ts';
import { type Pass, passSchema } from '../../core/words.ts';
import type { Clock, Ledger, Tokens } from '../ports.ts';
import { answerApproval, isPending, readApproval } from './approvals.ts';
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
    if (
      !onlyWaitsForPeople(
        item,
        await readTargets(item.owner.release, { ...where, fence: item.fence }, ledger),
      )
    )
      return;
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

/** The targets of the pass the deployment is in: those before it have ended, and the next is opened by its end. */
async function readCurrentPass(
  release: string,
  { fence, ...where }: EnvironmentAddress & { readonly fence: number },
  ledger: Ledger,
): Promise<{ readonly pass: Pass; readonly outcomes: readonly OutcomeItem[] }> {
  for (const pass of ROLLBACK_PASSES) {
    const found = await readPass(release, { ...where, pass }, ledger);
    const outcomes = found.filter(({ attempt }) => attempt === fence);
    if (outcomes.length > 0) return { pass, outcomes };
  }
  return { pass: 'deploy', outcomes: await readPass(release, { ...where, pass: 'deploy' }, ledger) };
}

/** The last one first. */
const ROLLBACK_PASSES = ['forward', 'reverse'] as const;

async function readPass(
  release: string,
  { repository, environment, pass }: EnvironmentAddress & { readonly pass: Pass },
  ledger: Ledger,
): Promise<OutcomeItem[]> {
  const { pk, sk } = ledgerKeys.outcome(repository, release, { environment, component: '', pass });
  return outcomeItemSchema.array().parse(await ledger.query(pk, sk));
}

async function readTargets(
  release: string,
  { repository, environment, fence }: EnvironmentAddress & { readonly fence: number },
  ledger: Ledger,
): Promise<TargetState[]> {
  const { pass, outcomes } = await readCurrentPass(release, { repository, environment, fence }, ledger);
  const targets: TargetState[] = [];
  for (const outcome of outcomes) {
    const { component, progress } = outcome;
    const address = { release: { id: release, repository }, environment, component, pass };
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
  for (const pass of passSchema.options) {
    const { pk, sk } = ledgerKeys.approval(repository, release, { environment, component: '', pass });
    for (const found of await ledger.query(pk, sk)) {
      const item = approvalItemSchema.parse(found);
      if (item.attempt !== fence) continue;
      const component = String(found.sk).slice(sk.length);
      const answer = {
        decision: 'superseded',
        reason: `a newer push, ${yieldsTo.slice(0, 7)}, is waiting`,
        by: 'belay',
        at: clock.now().toISOString(),
      } as const;
      const target = { release: { id: release, repository }, environment, component, pass };
      // What was answered before stays as it was, and is told again.
      await answerApproval(target, item, { answer, ledger, tokens });
    }
  }
}
