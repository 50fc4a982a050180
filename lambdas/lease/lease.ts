/** Takes an environment's lease for a deployment or gives it back; called by the Deployment machine, first and last. */
import type * as z from 'zod';
import type { lease as contract } from '../../core/contracts/functions.ts';
import {
  acquire,
  answered,
  dropEnded,
  type Ended,
  giveBack,
  isWriting,
  placeInQueue,
} from '../../core/deployment/lease.ts';
import { NamedFailure, STILL_WRITING } from '../../core/failures.ts';
import {
  type DeploymentItem,
  type EnvironmentItem,
  type LeaseAnswer,
  ledgerKeys,
} from '../../core/ledger.ts';
import type { Executions, GitHub, Jobs, Ledger, StatusQueue, Tokens } from '../ports.ts';
import { changeEnvironment, type EnvironmentAddress, readEnvironment } from '../shared/environment-item.ts';
import { readDeploymentItem, readReleaseItem } from '../shared/items.ts';

export interface LeasePorts {
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly executions: Executions;
  readonly jobs: Jobs;
  readonly github: GitHub;
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
  const changed =
    input.action === 'acquire' ? await apply(input, where, ports) : await leave(input, where, ports);
  const told = await sendAnswers(changed, where, ports);
  await showQueue(told, where, ports);
  await ports.status.changed(input.release);
  return {};
}

async function apply(input: Acquire, where: EnvironmentAddress, ports: LeasePorts): Promise<EnvironmentItem> {
  const { release, environment, execution, token } = input;
  const { branch, startedAt, repository } = await readReleaseItem(ports.ledger, release);
  const deployment = await readDeploymentItem(ports.ledger, release, environment);
  if (deployment?.execution !== execution) {
    const asking: DeploymentItem = { environment, execution, progress: WAITING, reason: '' };
    await ports.ledger.put(ledgerKeys.deployment(release.repository, release.id, environment), asking);
  }
  const item = await readEnvironment(ports.ledger, where);
  const others = [item.owner, ...item.queue.filter((waiter) => waiter.branch === branch)]
    .flatMap((one) => one?.execution ?? [])
    .filter((one) => one !== execution);
  const ended = await findEnded(item, others, ports);
  const applicant = { execution, token, release: release.id, commit: release.commit, branch, startedAt };
  return changeEnvironment(ports.ledger, where, async (current) => {
    const left = dropEnded(current, ended);
    const hasRival = left.queue.some((one) => one.branch === branch && one.execution !== execution);
    const head = hasRival ? await ports.github.branchHead(repository.fullName, branch) : undefined;
    return acquire(left, applicant, head);
  });
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

/** Which of the executions have ended; when the owner is among those asked about, also which writers. */
async function findEnded(item: EnvironmentItem, asked: readonly string[], ports: LeasePorts): Promise<Ended> {
  const executions = new Set<string>();
  for (const execution of asked) {
    if (!(await ports.executions.isRunning(execution))) executions.add(execution);
  }
  const jobs = new Set<string>();
  if (item.owner !== undefined && asked.includes(item.owner.execution)) {
    for (const jobId of Object.values(item.writers)) if (await ports.jobs.hasEnded(jobId)) jobs.add(jobId);
  }
  return { executions, jobs };
}

/** Sends until nothing is left to be said; a grant to an execution that has ended goes to the next in the queue. */
async function sendAnswers(
  item: EnvironmentItem,
  where: EnvironmentAddress,
  ports: LeasePorts,
): Promise<EnvironmentItem> {
  let current = item;
  for (let answer = current.answers[0]; answer !== undefined; answer = current.answers[0]) {
    const sent = answer;
    const ended = await send(current, sent, ports);
    current = await changeEnvironment(ports.ledger, where, (newest) =>
      dropEnded(answered(newest, sent), ended),
    );
  }
  return current;
}

/**
 * A token that is gone does not say that nobody was told: it may have been answered before a crash. Only the end of the
 * execution says so.
 */
async function send(item: EnvironmentItem, answer: LeaseAnswer, ports: LeasePorts): Promise<Ended> {
  const results = [];
  for (const token of answer.tokens) results.push(await ports.tokens.succeed(token, answer.grant));
  const isLost = answer.grant.decision === 'granted' && !results.includes('sent');
  return isLost ? findEnded(item, [answer.execution], ports) : { executions: new Set(), jobs: new Set() };
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
