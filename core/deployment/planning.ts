/** What a plan of a pull request can and cannot know before anything is applied; called by `open`, `prepare` and `guard`. */
import type { PlanSummary } from '../contracts/job.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { judgePlan, type PolicyQuestion } from './policy.ts';

const DEFERRED = 'deferred: ';

/** Why a target can only be planned once the pull request is applied. */
export const deferred = (waitsFor: readonly string[]): string => `${DEFERRED}${waitsFor.join(', ')}`;

export const isDeferred = ({ outcome, reason }: Pick<OutcomeItem, 'outcome' | 'reason'>): boolean =>
  outcome === 'planned' && reason.startsWith(DEFERRED);

/** The components whose outputs the target takes and the pull request will change, or cannot be planned yet. */
export function changingSources(
  { inputs }: Pick<ResolvedTarget, 'inputs'>,
  outcomes: ReadonlyMap<string, Pick<OutcomeItem, 'outcome'>>,
): string[] {
  const sources = new Set(Object.values(inputs).map(({ component }) => component));
  return [...sources].filter((component) => outcomes.get(component)?.outcome === 'planned').sort();
}

/** How a planned target ends, and what a person will be asked before it is applied. */
export function planEnd(
  plan: Pick<PlanSummary, 'hasChanges' | 'removals'>,
  policy: PolicyQuestion['policy'],
  sources: readonly string[],
): { readonly outcome: 'planned' | 'unchanged'; readonly reason: string; readonly asks?: string } {
  const older = sources.length === 0 ? '' : onCurrentOutputs(sources);
  if (!plan.hasChanges) return { outcome: 'unchanged', reason: older || 'the plan is empty' };
  const judged = judgePlan({ plan, policy, hasTest: false, isUnrecorded: false });
  return { outcome: 'planned', reason: older, ...(judged.decision === 'ask' && { asks: judged.reason }) };
}

/** What depends on outputs that will be others is planned with those that are there. */
export const onCurrentOutputs = (sources: readonly string[]): string =>
  `on current outputs: ${sources.join(', ')}`;
