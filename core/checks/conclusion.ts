/** What a check run is to GitHub: still going, or concluded, and how. Called by `desired.ts`. */
import { isGood } from '../deployment/verdict.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import type { EnvironmentVerdict, Operation, Outcome, ReleaseVerdict } from '../words.ts';
import type { CheckConclusion, CheckRun } from './check-run.ts';

export type CheckState = Pick<CheckRun, 'status' | 'conclusion'>;

const QUEUED: CheckState = { status: 'queued' };
const GOING: CheckState = { status: 'in_progress' };
const completed = (conclusion: CheckConclusion): CheckState => ({ status: 'completed', conclusion });

/** GitHub shows buttons only on completed runs, so what waits for a person is one. */
export const ASKING = completed('action_required');

/** What an earlier release of the commit began. */
export const PAST = completed('cancelled');

const OF_OUTCOME: Readonly<Record<Outcome, CheckConclusion>> = {
  unchanged: 'neutral',
  planned: 'success',
  applied: 'success',
  destroyed: 'success',
  failed: 'failure',
  skipped: 'skipped',
  'rolled-back': 'failure',
  'rollback-failed': 'failure',
  rejected: 'failure',
  superseded: 'cancelled',
  cancelled: 'cancelled',
};

/** What jobs, and the question to a person, say of themselves when their time has run out. */
const OUT_OF_TIME = /timed out|nobody approved it within/;

export function stateOfTarget({ progress, outcome, reason }: OutcomeItem, operation?: Operation): CheckState {
  if (outcome === undefined) {
    if (progress === 'approving') return ASKING;
    return progress === 'waiting' ? QUEUED : GOING;
  }
  // To be rolled back is what a restore is for.
  if (outcome === 'rolled-back' && isGood(outcome, operation)) return completed('success');
  const isLate = (outcome === 'failed' || outcome === 'rejected') && OUT_OF_TIME.test(reason);
  return completed(isLate ? 'timed_out' : OF_OUTCOME[outcome]);
}

const OF_ENVIRONMENT: Readonly<Record<EnvironmentVerdict, CheckConclusion>> = {
  succeeded: 'success',
  failed: 'failure',
  'rolled-back': 'failure',
  broken: 'failure',
  waiting: 'action_required',
  superseded: 'cancelled',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

export function stateOfEnvironment(
  verdict: EnvironmentVerdict | undefined,
  targets: readonly OutcomeItem[],
): CheckState {
  if (verdict !== undefined) return completed(OF_ENVIRONMENT[verdict]);
  const open = targets.filter(({ outcome }) => outcome === undefined);
  if (open.some(({ progress }) => progress === 'approving')) return ASKING;
  return open.length === targets.length && open.every(({ progress }) => progress === 'waiting')
    ? QUEUED
    : GOING;
}

const OF_RELEASE: Readonly<Record<ReleaseVerdict, CheckConclusion>> = {
  succeeded: 'success',
  'nothing-to-do': 'neutral',
  waiting: 'action_required',
  failed: 'failure',
  refused: 'failure',
  superseded: 'cancelled',
  cancelled: 'cancelled',
};

/** The release's own check waits for all of it: who requires it is not let through by a question that is still open. */
export const stateOfRelease = (verdict: ReleaseVerdict | undefined): CheckState =>
  verdict === undefined ? GOING : completed(OF_RELEASE[verdict]);
