/** Takes an environment's lease for a deployment or gives it back; called by the Deployment machine, first and last. */
import type * as z from 'zod';
import type { lease as contract, LeaseGrant } from '../../core/contracts/functions.ts';
import {
  acquire,
  cancelWaiting,
  dropEnded,
  giveBack,
  isWriting,
  placeInQueue,
} from '../../core/deployment/lease.ts';
import { NamedFailure, STILL_WRITING } from '../../core/failures.ts';
import type { EnvironmentItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { DeploymentItem } from '../../core/ledger/release-items.ts';
import type { GitHub } from '../github-ports.ts';
import type { Clock, Ledger, StatusQueue } from '../ports.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { changeEnvironment, type EnvironmentAddress, readEnvironment } from '../shared/environment-item.ts';
import { type ReleaseAddress, readDeploymentItem, readReleaseItem } from '../shared/items.ts';
import { findEnded, sendAnswers, type TendPorts } from '../shared/lease-tending.ts';
import { noteActive, noteKnown } from '../shared/sweep-index.ts';
import { yieldToNewer } from '../shared/yielding.ts';
import { letPlanIn } from './plan.ts';

export interface LeasePorts extends TendPorts {
  readonly github: GitHub;
  readonly clock: Clock;
  readonly status: StatusQueue;
}

type Input = z.output<typeof contract.input>;
type Acquire = Extract<Input, { action: 'acquire' }>;
type GiveBack = Extract<Input, { action: 'give-back' }>;

/**
 * Answers nothing itself: tokens are answered from the item, where what is to be said was written first.
 * @throws Error when a lease is given back while a job still writes.
 */
export async function lease(input: Input, ports: LeasePorts): Promise<Record<string, never>> {
  const where = { repository: input.release.repository, environment: input.environment };
  if (input.action === 'acquire' && (await isAlone(input, ports))) {
    const reason = 'only this deployment was redriven, and its release is not running';
    await ports.tokens.succeed(input.token, { decision: 'failed', reason } satisfies LeaseGrant);
    return {};
  }
  if ((await readReleaseItem(ports.ledger, input.release)).operation === 'plan') {
    if (input.action === 'acquire') await letPlanIn(input, ports);
    await ports.status.changed(input.release);
    return {};
  }
  const changed =
    input.action === 'acquire' ? await apply(input, where, ports) : await leave(input, where, ports);
  const told = await sendAnswers(changed, where, ports);
  await showQueue(told, where, ports);
  await yieldToNewer(where, ports);
  await ports.status.changed(input.release);
  return {};
}

async function apply(input: Acquire, where: EnvironmentAddress, ports: LeasePorts): Promise<EnvironmentItem> {
  const { release, environment, execution, token } = input;
  const { repository, branch, startedAt, verdict, operation } = await readReleaseItem(ports.ledger, release);
  await noteKnown(ports.ledger, { repository, environment });
  await noteActive(ports.ledger, { release, run: execution });
  if (verdict !== undefined) await reopen(release, ports.ledger);
  const deployment = await readDeploymentItem(ports.ledger, release, environment);
  if (deployment?.execution !== execution) {
    const askedAt = ports.clock.now().toISOString();
    const asking: DeploymentItem = { environment, execution, progress: WAITING, reason: '', askedAt };
    await ports.ledger.put(ledgerKeys.deployment(release.repository, release.id, environment), asking);
  }
  const item = await readEnvironment(ports.ledger, where);
  const others = [item.owner, ...item.queue.filter((waiter) => waiter.branch === branch)]
    .flatMap((one) => one?.execution ?? [])
    .filter((one) => one !== execution);
  const ended = await findEnded(item, others, ports);
  const { id, commit } = release;
  const applicant = {
    ...{ execution, token, release: id, commit, branch, startedAt },
    ...(operation && { operation }),
  };
  const asked = await changeEnvironment(ports.ledger, where, async (current) => {
    const left = dropEnded(current, ended);
    const hasRival = left.queue.some((one) => one.branch === branch && one.execution !== execution);
    const head = hasRival ? await ports.github.branchHead(repository.fullName, branch) : undefined;
    return acquire(left, applicant, head);
  });
  // Looked at after queueing: whoever cancels sets the mark first and looks into the queue then, so one of the two sees the other.
  const cancelled = await cancellationOf(ports.ledger, { release });
  if (cancelled === undefined) return asked;
  const { reason } = cancelled;
  return changeEnvironment(ports.ledger, where, (current) =>
    cancelWaiting(current, { execution, tokens: [token], reason }),
  );
}

/**
 * A deployment that asked before and whose release has ended since was redriven by itself, in the console. A release that is
 * redriven starts a fresh one, so its own state, which Step Functions tells with a delay, is not asked about then.
 */
async function isAlone({ release, environment, execution }: Acquire, ports: LeasePorts): Promise<boolean> {
  const deployment = await readDeploymentItem(ports.ledger, release, environment);
  if (deployment?.execution !== execution) return false;
  const { execution: ofRelease } = await readReleaseItem(ports.ledger, release);
  return !(await ports.executions.isRunning(ofRelease));
}

/** A redriven release is on its way again, whatever it ended as before. */
async function reopen({ repository, id }: ReleaseAddress, ledger: Ledger): Promise<void> {
  const change = { set: { reason: '' }, remove: ['verdict', 'endedAt'] };
  await ledger.update(ledgerKeys.release(repository, id), change, { present: true });
}

async function leave(
  input: GiveBack,
  where: EnvironmentAddress,
  ports: LeasePorts,
): Promise<EnvironmentItem> {
  const { execution } = input;
  const item = await readEnvironment(ports.ledger, where);
  const { jobs } = await findEnded(item, [execution], ports);
  return changeEnvironment(ports.ledger, where, (current) => {
    if (current.owner?.execution === execution && isWriting(current, jobs)) {
      throw new NamedFailure(
        STILL_WRITING,
        `giving back the lease of ${where.environment}: ${Object.keys(current.writers).join(', ')} is still being written by a job; wait until it has ended`,
      );
    }
    return giveBack(current, execution);
  });
}

const WAITING = 'waiting for the lease';

/** Only what says "waiting" is overwritten: a deployment that was granted the lease meanwhile says so itself. */
async function showQueue(
  item: EnvironmentItem,
  { repository, environment }: EnvironmentAddress,
  ports: LeasePorts,
) {
  for (const { execution, release, commit } of item.queue) {
    const shown = await readDeploymentItem(ports.ledger, { id: release, repository }, environment);
    const progress = placeInQueue(item, execution);
    if (shown?.execution !== execution || !shown.progress.startsWith(WAITING) || shown.progress === progress)
      continue;
    const key = ledgerKeys.deployment(repository, release, environment);
    await ports.ledger.update(
      key,
      { set: { progress } },
      { equals: { execution, progress: shown.progress } },
    );
    await ports.status.changed({ id: release, repository, commit });
  }
}
