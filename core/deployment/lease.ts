/**
 * An environment's lease as pure changes of its item: who may deploy, who waits, who is to be told. Called by `lease`.
 * Every function answers the item itself when nothing changes, so that a repeated call writes nothing.
 */
import type { EnvironmentItem, LeaseAnswer, Waiter } from '../ledger/environment-items.ts';

/** An environment nobody has deployed to yet. The first grant has fence 1. */
export const NEW_ENVIRONMENT: EnvironmentItem = {
  version: 0,
  fence: 0,
  seq: 0,
  queue: [],
  answers: [],
  writers: {},
  attempted: {},
};

/** A deployment asking for the lease with its task token. */
export interface Applicant extends Omit<Waiter, 'tokens' | 'seq'> {
  readonly token: string;
}

/**
 * Grants the lease, or queues: first come, first served, but of one branch only the newest push waits. That is the one of the
 * branch's head, if it waits: deliveries may come in any order. Else it is the release that started later, so that a redriven
 * old release does not push a newer one out of the queue. `head` is needed where others of the branch wait. What was asked for by
 * command takes nobody's place: it gives way to a push that came later, and no push gives way to it.
 */
export function acquire(item: EnvironmentItem, applicant: Applicant, head?: string): EnvironmentItem {
  const { token, ...deployment } = applicant;
  const { execution } = deployment;
  if (item.owner?.execution === execution) {
    return told(item, { execution, tokens: [token], grant: { decision: 'granted', fence: item.fence } });
  }
  const queued = item.queue.find((waiter) => waiter.execution === execution);
  if (queued?.tokens.includes(token)) return item;
  if (queued) {
    const again = { ...queued, tokens: [...queued.tokens, token] };
    return { ...item, queue: item.queue.map((waiter) => (waiter === queued ? again : waiter)) };
  }
  const seq = item.seq + 1;
  const enqueued = { ...item, seq, queue: [...item.queue, { ...deployment, tokens: [token], seq }] };
  return grantNext(supersedeOlder(enqueued, deployment.branch, head));
}

/**
 * Gives the lease to the next in the queue, or takes the deployment out of the queue. What it was to be told is dropped.
 * The caller has made sure that none of its jobs writes any more.
 */
export function giveBack(item: EnvironmentItem, execution: string): EnvironmentItem {
  const left = without(item, (one) => one === execution);
  if (left.owner?.execution !== execution) return left;
  return grantNext({ ...left, owner: undefined, writers: {} });
}

/**
 * Tells a deployment that its release is cancelled, and takes it out of the queue. An owner stays: its targets learn of it one by
 * one, and it gives the lease back itself.
 */
export function cancelWaiting(
  item: EnvironmentItem,
  { execution, tokens, reason }: { execution: string; tokens: readonly string[]; reason: string },
): EnvironmentItem {
  if (item.owner?.execution === execution) return item;
  const queued = item.queue.find((waiter) => waiter.execution === execution);
  const all = [...new Set([...(queued?.tokens ?? []), ...tokens])];
  if (all.length === 0) return item;
  const left = { ...item, queue: item.queue.filter((waiter) => waiter !== queued) };
  return told(queued === undefined ? item : left, {
    execution,
    tokens: all,
    grant: { decision: 'cancelled', reason },
  });
}

/** Executions and Batch jobs known to have ended. */
export interface Ended {
  readonly executions: ReadonlySet<string>;
  readonly jobs: ReadonlySet<string>;
}

/**
 * Drops deployments whose executions have ended. An owner among them loses the lease only when no job writes any more:
 * an execution's end does not end its jobs.
 */
export function dropEnded(item: EnvironmentItem, { executions, jobs }: Ended): EnvironmentItem {
  const { owner } = item;
  const lost = owner !== undefined && executions.has(owner.execution) && !isWriting(item, jobs);
  const left = without(item, (one) => executions.has(one) && (lost || one !== owner?.execution));
  return lost ? grantNext({ ...left, owner: undefined, writers: {} }) : left;
}

/** Takes out writers whose jobs have ended without signing off. */
export function dropWriters(item: EnvironmentItem, endedJobs: ReadonlySet<string>): EnvironmentItem {
  const writers = Object.entries(item.writers).filter(([, jobId]) => !endedJobs.has(jobId));
  if (writers.length === Object.keys(item.writers).length) return item;
  return { ...item, writers: Object.fromEntries(writers) };
}

/** Takes note that an answer was sent. Tokens that came in the meantime stay. */
export function answered(item: EnvironmentItem, answer: LeaseAnswer): EnvironmentItem {
  const answers = item.answers.flatMap((one) => {
    if (!isSame(one, answer)) return [one];
    const tokens = one.tokens.filter((token) => !answer.tokens.includes(token));
    return tokens.length > 0 ? [{ ...one, tokens }] : [];
  });
  return { ...item, answers };
}

/** Is there a writer beyond the jobs that have ended? */
export function isWriting(item: EnvironmentItem, endedJobs: ReadonlySet<string>): boolean {
  return Object.values(item.writers).some((jobId) => !endedJobs.has(jobId));
}

/** What people read while a deployment waits; undefined when it is not in the queue. */
export function placeInQueue(item: EnvironmentItem, execution: string): string | undefined {
  const place = item.queue.findIndex((waiter) => waiter.execution === execution) + 1;
  return place === 0 ? undefined : `waiting for the lease: ${ordinal(place)} in the queue`;
}

function supersedeOlder(item: EnvironmentItem, branch: string, head: string | undefined): EnvironmentItem {
  const rivals = item.queue.filter((waiter) => waiter.branch === branch);
  const [first, ...pushes] = rivals.filter(isPush);
  if (first === undefined) return item;
  const newest = pushes.reduce((one, other) => (isNewer(other, one, head) ? other : one), first);
  const older = rivals.filter((waiter) => waiter !== newest && (isPush(waiter) || isNewer(newest, waiter)));
  const reason = `a newer push of ${branch}, ${newest.commit.slice(0, 7)}, is waiting`;
  return older.reduce(
    (left, { execution, tokens }) =>
      told(left, { execution, tokens, grant: { decision: 'superseded', reason } }),
    { ...item, queue: item.queue.filter((waiter) => !older.includes(waiter)) },
  );
}

/** Does it bring the commit of its branch that is wanted now? */
export const isPush = ({ operation = 'apply' }: Pick<Waiter, 'operation'>) => operation === 'apply';

function isNewer(one: Waiter, other: Waiter, head?: string): boolean {
  if ((one.commit === head) !== (other.commit === head)) return one.commit === head;
  const [at, otherAt] = [Date.parse(one.startedAt), Date.parse(other.startedAt)];
  return at === otherAt ? one.seq > other.seq : at > otherAt;
}

function grantNext(item: EnvironmentItem): EnvironmentItem {
  const [next, ...queue] = item.queue;
  if (item.owner !== undefined || next === undefined) return item;
  const { execution, release, commit, tokens } = next;
  const fence = item.fence + 1;
  const granted = { ...item, queue, fence, owner: { execution, release, commit } };
  return told(granted, { execution, tokens, grant: { decision: 'granted', fence } });
}

function told(item: EnvironmentItem, answer: LeaseAnswer): EnvironmentItem {
  const known = item.answers.find((one) => isSame(one, answer));
  if (known === undefined) return { ...item, answers: [...item.answers, answer] };
  const tokens = [...new Set([...known.tokens, ...answer.tokens])];
  if (tokens.length === known.tokens.length) return item;
  return { ...item, answers: item.answers.map((one) => (one === known ? { ...one, tokens } : one)) };
}

function without(item: EnvironmentItem, gone: (execution: string) => boolean): EnvironmentItem {
  const queue = item.queue.filter(({ execution }) => !gone(execution));
  const answers = item.answers.filter(({ execution }) => !gone(execution));
  const same = queue.length === item.queue.length && answers.length === item.answers.length;
  return same ? item : { ...item, queue, answers };
}

const isSame = (one: LeaseAnswer, other: LeaseAnswer) =>
  one.execution === other.execution && one.grant.decision === other.grant.decision;

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const suffixes: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
const ordinal = (n: number) => `${n}${suffixes[ordinals.select(n)]}`;
