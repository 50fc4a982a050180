/** What the sweep makes of what it finds: pure decisions, called by `lambdas/sweep`. */
import type { TargetItem } from '../ledger/environment-items.ts';
import type { OutcomeItem, TurnItem } from '../ledger/work-items.ts';
import type { Outcome } from '../words.ts';

/** Why a release ended without its verdict, as people say it. `execution` is the status of its execution. */
export function brokenOffBy(execution: string): string {
  if (execution === 'ABORTED') return 'stopped';
  return execution === 'TIMED_OUT' ? 'timed out' : 'lost';
}

/** A target whose deployment ended under it. */
export interface BrokenOff {
  /** Its item in the release; undefined when the deployment never came to it. */
  readonly item: OutcomeItem | undefined;
  readonly live: TargetItem['live'];
  /** The commit its jobs work on. */
  readonly commit: string;
  /** From `brokenOffBy`. */
  readonly why: string;
  /** How the release was cancelled, if it was: `cancelled by mira`. */
  readonly cancelled: { readonly outcome: 'cancelled' | 'superseded'; readonly reason: string } | undefined;
}

const WORK: Readonly<Record<OutcomeItem['progress'], string>> = {
  waiting: 'waiting for its turn',
  building: 'its image was being built',
  planning: 'planning',
  checking: 'its plan was checked',
  approving: 'waiting for approval',
  applying: 'its apply was to begin',
  testing: 'testing',
  ended: 'ending',
};

/** The one outcome it gets. What was begun in the cloud and not brought to its end is said so loudly. */
export function brokenOffEnd({ item, live, commit, why, cancelled }: BrokenOff): {
  readonly outcome: Outcome;
  readonly reason: string;
} {
  if (item === undefined || item.progress === 'waiting') {
    return cancelled === undefined
      ? { outcome: 'skipped', reason: `not started: the release was ${why}` }
      : cancelled;
  }
  if (live?.state === 'dirty' && live.commit === commit) {
    // `record` notes the content only of what was applied in full.
    const where = live.contentKey === undefined ? 'between two commits' : 'applied but not tested';
    if (item.destroys)
      return { outcome: 'failed', reason: `${why}: half destroyed; redrive, or push to deploy it again` };
    return { outcome: 'failed', reason: `${why}: ${where}; redrive or roll back` };
  }
  return { outcome: 'failed', reason: `${why} while ${WORK[item.progress]}; nothing was applied` };
}

/** A turn that waits for targets that have ended: their end was not told. */
export interface Untold {
  readonly component: string;
  readonly outcome: Outcome;
}

/** The ended targets that any turn still waits for, under the same fence. */
export function untoldEnds(outcomes: readonly OutcomeItem[], turns: readonly TurnItem[]): Untold[] {
  return outcomes.flatMap(({ component, outcome, attempt }) => {
    if (outcome === undefined) return [];
    const isAwaited = turns.some((turn) => turn.attempt === attempt && turn.waitingOn?.has(component));
    return isAwaited ? [{ component, outcome }] : [];
  });
}

/** How long a branch head may be without a release before it counts as missed: a delivery on its way has come by then. */
export const HEAD_GRACE_MS = 10 * 60 * 1000;

/** Is the head, first seen without a release at `seenAt`, missed by now? */
export const isMissed = (seenAt: string, now: Date): boolean =>
  now.getTime() - Date.parse(seenAt) >= HEAD_GRACE_MS;

/** The delivery id of a push that the sweep makes up: the same for every sweep, so that the push is served once. */
export const missedDelivery = (repository: number, commit: string): string => `sweep-${repository}-${commit}`;
