/** Keeping a lease in order: who among owner and waiters has ended, and what is still to be said. Used wherever leases change hands. */
import { answered, dropEnded, dropWriters, type Ended } from '../../core/deployment/lease.ts';
import type { EnvironmentItem, LeaseAnswer } from '../../core/ledger/environment-items.ts';
import type { Executions, Jobs, Ledger, Tokens } from '../ports.ts';
import { changeEnvironment, type EnvironmentAddress, readEnvironment } from './environment-item.ts';

export interface TendPorts {
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly executions: Executions;
  readonly jobs: Jobs;
}

/**
 * Drops owner, waiters and writers that have ended, hands the lease on and sends what is unsent. An owner keeps the lease while a
 * job of it writes. Answers with the item before and after.
 */
export async function tendLease(
  where: EnvironmentAddress,
  ports: TendPorts,
): Promise<{ readonly before: EnvironmentItem; readonly after: EnvironmentItem }> {
  const before = await readEnvironment(ports.ledger, where);
  const { owner, queue, answers } = before;
  const asked = [owner, ...queue, ...answers].flatMap((one) => one?.execution ?? []);
  const ended = await findEnded(before, [...new Set(asked)], ports);
  const changed = await changeEnvironment(ports.ledger, where, (current) =>
    dropEnded(dropWriters(current, ended.jobs), ended),
  );
  return { before, after: await sendAnswers(changed, where, ports) };
}

/** Which of the executions have ended; when the owner is among those asked about, also which writers. */
export async function findEnded(
  item: EnvironmentItem,
  asked: readonly string[],
  ports: Pick<TendPorts, 'executions' | 'jobs'>,
): Promise<Ended> {
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
export async function sendAnswers(
  item: EnvironmentItem,
  where: EnvironmentAddress,
  ports: TendPorts,
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
async function send(item: EnvironmentItem, answer: LeaseAnswer, ports: TendPorts): Promise<Ended> {
  const results = [];
  for (const token of answer.tokens) results.push(await ports.tokens.succeed(token, answer.grant));
  const isLost = answer.grant.decision === 'granted' && !results.includes('sent');
  return isLost ? findEnded(item, [answer.execution], ports) : { executions: new Set(), jobs: new Set() };
}
