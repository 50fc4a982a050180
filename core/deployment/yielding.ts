/**
 * May a deployment give way to a newer release? Only while nothing of it runs or may start: every target has ended, waits for a
 * person, or waits for one of those. Called by whatever may bring that about: `lease`, `approval`, `record` and the sweep.
 *
 * Items are read one after another, and yet the answer holds when it is written (to the environment's item, if that has not changed
 * since before the first of these reads). What was seen to have ended stays ended; a target that waits for a person leaves that state
 * towards a job only through a yes, and a yes is written to the environment's item first (`noteApproved`): either it is seen here,
 * or the write fails. A rejection, a timeout or a cancellation ends the target, and what needs it is skipped without a job. A target
 * that waits for its turn and was seen to need one of those cannot get its turn before. Everything else counts as running.
 */
import type { EnvironmentItem, Waiter } from '../ledger/environment-items.ts';
import type { ApprovalItem, OutcomeItem, TurnItem } from '../ledger/work-items.ts';
import { isPush } from './lease.ts';

type Owner = NonNullable<EnvironmentItem['owner']>;

/** A target of the deployment, as far as it was looked at. */
export interface TargetState {
  readonly outcome: OutcomeItem;
  /** The approval that is pending; undefined when there is none. */
  readonly pending?: ApprovalItem | undefined;
  readonly turn?: TurnItem | undefined;
}

/** Is the deployment with this lease held up by nothing but people? */
export function onlyWaitsForPeople(
  { fence, owner, writers }: Pick<EnvironmentItem, 'fence' | 'owner' | 'writers'>,
  targets: readonly TargetState[],
): boolean {
  if (owner === undefined || Object.keys(writers).length > 0) return false;
  const open = targets.filter(({ outcome }) => outcome.outcome === undefined);
  if (open.some(({ outcome }) => outcome.attempt !== fence)) return false;
  const held = new Set(open.filter((target) => isHeldByPerson(target, owner)).map(nameOf));
  if (held.size === 0) return false;
  const needsHeld = ({ outcome, turn }: TargetState) =>
    outcome.progress === 'waiting' &&
    turn?.attempt === fence &&
    [...(turn.waitingOn ?? [])].some((component) => held.has(component));
  for (let grown = -1; grown !== held.size; ) {
    grown = held.size;
    for (const target of open) if (needsHeld(target)) held.add(nameOf(target));
  }
  return open.every((target) => held.has(nameOf(target)));
}

function isHeldByPerson({ outcome, pending }: TargetState, { approved = {} }: Owner): boolean {
  return pending !== undefined && approved[outcome.component] !== pending.planDigest;
}

const nameOf = ({ outcome }: TargetState) => outcome.component;

/** The newer push of the same branch that waits for the lease, if there is one. */
export function newerWaiter(
  { queue }: Pick<EnvironmentItem, 'queue'>,
  owner: { readonly branch: string; readonly startedAt: string },
): Waiter | undefined {
  return queue.find(
    (waiter) =>
      isPush(waiter) &&
      waiter.branch === owner.branch &&
      Date.parse(waiter.startedAt) > Date.parse(owner.startedAt),
  );
}

/** What must be written before a yes is: from then on the target's apply may start. */
export interface Yes {
  readonly release: string;
  readonly component: string;
  readonly planDigest: string;
}

/** The item itself when it is noted already; undefined when the deployment gives way or has lost the lease: no yes counts then. */
export function noteApproved(item: EnvironmentItem, yes: Yes): EnvironmentItem | undefined {
  const { owner } = item;
  if (owner?.release !== yes.release || owner.yieldsTo !== undefined) return undefined;
  const { component, planDigest } = yes;
  if (owner.approved?.[component] === planDigest) return item;
  return { ...item, owner: { ...owner, approved: { ...owner.approved, [component]: planDigest } } };
}
