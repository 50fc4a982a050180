/** Verdicts out of outcomes, and the sentence people read when a deployment did not succeed; called by `settle`. */
import type { OutcomeItem } from '../ledger.ts';
import type { EnvironmentVerdict, Outcome, ReleaseVerdict } from '../words.ts';
import { GOOD_OUTCOMES } from './opening.ts';

/** Verdict of a deployment whose targets have all ended. Dependents that were skipped say nothing of their own. */
export function environmentVerdict(outcomes: readonly Outcome[]): EnvironmentVerdict {
  const bad = outcomes.filter((outcome) => !GOOD_OUTCOMES.includes(outcome));
  if (bad.length === 0) return 'succeeded';
  const causes = bad.filter((outcome) => outcome !== 'skipped');
  const isGivenUp = (outcome: Outcome) => outcome === 'superseded' || outcome === 'cancelled';
  if (causes.length === 0 || !causes.every(isGivenUp)) return 'failed';
  return causes.includes('cancelled') ? 'cancelled' : 'superseded';
}

/** What an environment that did not succeed makes of its release. */
export function verdictOfFailedRelease(verdict: EnvironmentVerdict): ReleaseVerdict {
  return verdict === 'superseded' || verdict === 'cancelled' || verdict === 'waiting' ? verdict : 'failed';
}

/** A release whose environments all succeeded: was there anything to do? A plan that was judged is something. */
export function verdictOfDoneRelease(outcomes: readonly OutcomeItem[]): ReleaseVerdict {
  const isUntouched = ({ outcome, planDigest }: OutcomeItem) =>
    outcome === 'unchanged' && planDigest === undefined;
  return outcomes.every(isUntouched) ? 'nothing-to-do' : 'succeeded';
}

/** What a target without an outcome ends as when its deployment was ended early with this verdict. */
export function outcomeWithout(
  verdict: EnvironmentVerdict,
  progress: OutcomeItem['progress'] | undefined,
): Outcome {
  if (verdict === 'superseded' || verdict === 'cancelled') return verdict;
  return progress === undefined || progress === 'waiting' ? 'skipped' : 'failed';
}

/** A deployment that has ended, for the sentence about it. */
export interface EndedDeployment {
  readonly environment: string;
  readonly verdict: EnvironmentVerdict;
  /** Why it was ended before its targets, if it was. */
  readonly reason?: string;
  readonly outcomes: readonly OutcomeItem[];
  /** ARN of the release's execution. */
  readonly execution: string;
}

/** Ten targets name the trouble well enough; Step Functions allows a Cause of 32,768 characters. */
const SHOWN = 10;

/**
 * `dev failed: database failed (apply failed: …), app was skipped (database failed); redrive the execution … to go on from here`.
 * A superseded release is not to be redriven: a newer one is on its way.
 */
export function summaryOf({ environment, verdict, reason, outcomes, execution }: EndedDeployment): string {
  if (verdict === 'succeeded') return `${environment} succeeded`;
  const bad = outcomes.filter(({ outcome }) => outcome !== undefined && !GOOD_OUTCOMES.includes(outcome));
  const told = bad.toSorted((one, other) => weight(one) - weight(other)).slice(0, SHOWN);
  const targets = told.map(({ component, outcome, reason: why }) => {
    return outcome === 'failed' ? `${component} failed (${why})` : `${component} was ${outcome} (${why})`;
  });
  const rest = bad.length > SHOWN ? [`and ${bad.length - SHOWN} more`] : [];
  const what = reason ?? [...targets, ...rest].join(', ');
  const hint =
    verdict === 'superseded' || verdict === 'cancelled'
      ? ''
      : `; redrive the execution ${execution} to go on from here`;
  return `${environment} ${verdict === 'failed' ? 'failed' : `was ${verdict}`}: ${what}${hint}`;
}

/** Causes before consequences. */
const weight = ({ outcome }: OutcomeItem) => (outcome === 'skipped' ? 1 : 0);
