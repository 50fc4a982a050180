/** Verdicts out of outcomes, and the sentence people read when a deployment did not succeed; called by `settle`. */
import type { DeploymentItem } from '../ledger/release-items.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import {
  type EnvironmentVerdict,
  GOOD_OUTCOMES,
  type Operation,
  type Outcome,
  type ReleaseVerdict,
} from '../words.ts';

/** What people read while targets go back to last good. */
export const ROLLING_BACK = 'rolling back to last good';

/** Is a target where the release was to bring it? To be rolled back is what a restore is for. */
export const isGood = (outcome: Outcome, operation: Operation = 'apply'): boolean =>
  GOOD_OUTCOMES.includes(outcome) || (operation === 'restore' && outcome === 'rolled-back');

/**
 * Verdict of a deployment whose targets have all ended; `dirty` are those it leaves between two commits. Dependents that were
 * skipped say nothing of their own.
 */
export function environmentVerdict(
  outcomes: readonly Outcome[],
  dirty: readonly string[],
  operation?: Operation,
): EnvironmentVerdict {
  const bad = outcomes.filter((outcome) => !isGood(outcome, operation));
  if (bad.length === 0) return 'succeeded';
  const causes = bad.filter((outcome) => outcome !== 'skipped');
  const isGivenUp = (outcome: Outcome) => outcome === 'superseded' || outcome === 'cancelled';
  if (causes.length > 0 && causes.every(isGivenUp)) {
    return causes.includes('cancelled') ? 'cancelled' : 'superseded';
  }
  if (dirty.length > 0) return 'broken';
  return bad.includes('rolled-back') ? 'rolled-back' : 'failed';
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

/** A plan whose environments have all ended, each by itself. One that says nothing was lost on the way. */
export function verdictOfPlan(
  deployments: readonly Pick<DeploymentItem, 'verdict'>[],
  outcomes: readonly OutcomeItem[],
): ReleaseVerdict {
  const verdicts = deployments.map(({ verdict = 'failed' }) => verdict).filter((one) => one !== 'succeeded');
  if (verdicts.length === 0) return verdictOfDoneRelease(outcomes);
  const isGivenUp = (verdict: EnvironmentVerdict) => verdict === 'superseded' || verdict === 'cancelled';
  const cause = verdicts.find((verdict) => !isGivenUp(verdict)) ?? verdicts[0] ?? 'failed';
  return verdictOfFailedRelease(cause);
}

/** `deployed to dev, prod`: what a release whose environments all succeeded says of itself. */
export function describeDone(
  verdict: ReleaseVerdict,
  {
    operation = 'apply',
    environments,
    targets,
    commit,
  }: {
    readonly operation: Operation | undefined;
    readonly environments: readonly string[];
    /** `dev/app` */
    readonly targets: readonly string[];
    readonly commit: string;
  },
): string {
  const names = environments.join(', ');
  switch (operation) {
    case 'destroy':
      return `destroyed ${targets.join(', ')}`;
    case 'restore':
      return verdict === 'succeeded'
        ? `${names} is back at last good`
        : `nothing is dirty in ${names} any more`;
    case 'rollback':
      return verdict === 'succeeded'
        ? `rolled back ${names} to ${commit.slice(0, 7)}`
        : `${names} is at ${commit.slice(0, 7)} already`;
    case 'plan':
      return verdict === 'succeeded'
        ? `planned ${names}`
        : verdict === 'nothing-to-do'
          ? `nothing is affected in ${names}`
          : `not all of ${names} could be planned`;
    case 'apply':
      return verdict === 'succeeded' ? `deployed to ${names}` : `nothing is affected in ${names}`;
  }
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
  /** Components it leaves between two commits. */
  readonly dirty: readonly string[];
  /** ARN of the release's execution; undefined for a plan, which is made anew rather than redriven. */
  readonly execution: string | undefined;
}

/** What a deployment that was not ended early says of itself, for statuses: `back at 1a2b3c4`, `dirty: database`. */
export function describeEnd(
  verdict: EnvironmentVerdict,
  { outcomes, dirty }: Pick<EndedDeployment, 'outcomes' | 'dirty'>,
): string {
  if (verdict === 'broken') return `dirty: ${dirty.join(', ')}`;
  if (verdict !== 'rolled-back') return '';
  const commits = new Set(
    outcomes.flatMap(({ outcome, rollback }) =>
      outcome === 'rolled-back' && rollback?.to ? rollback.to.commit.slice(0, 7) : [],
    ),
  );
  return commits.size === 1 ? `back at ${[...commits].join()}` : 'back, each target at its last good commit';
}

/** Ten targets name the trouble well enough; Step Functions allows a Cause of 32,768 characters. */
const SHOWN = 10;

/**
 * `dev failed: database failed (apply failed: …), app was skipped (database failed); redrive the execution … to go on from here`;
 * `dev failed and is back at 1a2b3c4: …`, `dev is broken (dirty: database): …`. A superseded release is not to be redriven: a newer one is
 * on its way.
 */
export function summaryOf({
  environment,
  verdict,
  reason,
  outcomes,
  dirty,
  execution,
}: EndedDeployment): string {
  if (verdict === 'succeeded') return `${environment} succeeded`;
  const bad = outcomes.filter(({ outcome }) => outcome !== undefined && !GOOD_OUTCOMES.includes(outcome));
  const told = bad.toSorted((one, other) => weight(one) - weight(other)).slice(0, SHOWN);
  const rest = bad.length > SHOWN ? [`and ${bad.length - SHOWN} more`] : [];
  const targets = [...told.map(describeTarget), ...rest].join(', ');
  const what = reason ?? targets;
  const hint =
    verdict === 'superseded' || verdict === 'cancelled' || execution === undefined
      ? ''
      : `; redrive the execution ${execution} to go on from here`;
  return `${environment} ${wordsOf(verdict, { outcomes, dirty })}: ${what}${hint}`;
}

function wordsOf(
  verdict: EnvironmentVerdict,
  { outcomes, dirty }: Pick<EndedDeployment, 'outcomes' | 'dirty'>,
): string {
  switch (verdict) {
    case 'failed':
      return 'failed';
    case 'rolled-back':
      return `failed and is ${describeEnd(verdict, { outcomes, dirty })}`;
    case 'broken':
      return `is broken (${describeEnd(verdict, { outcomes, dirty })})`;
    default:
      return `was ${verdict}`;
  }
}

/** `network failed (…)`, `network was rolled back to 1a2b3c4 after: …`: a rollback's reason is a sentence already. */
function describeTarget({ component, outcome, reason }: OutcomeItem): string {
  switch (outcome) {
    case 'failed':
      return `${component} failed (${reason})`;
    case 'rolled-back':
      return `${component} was ${reason}`;
    case 'rollback-failed':
      return `${component} could not be rolled back (${reason})`;
    default:
      return `${component} was ${outcome} (${reason})`;
  }
}

/** Causes before consequences: what failed, then what went back with it, then what was skipped. */
const weight = ({ outcome }: OutcomeItem) => (outcome === 'skipped' ? 1 : 0);
