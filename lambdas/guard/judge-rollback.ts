/** Judges plans that bring back an older commit, after a failure or because a person asked; called by `guard`. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { jobResultSchema, type PlanSummary } from '../../core/contracts/job.ts';
import type { PolicyDecision } from '../../core/deployment/policy.ts';
import { judgeRollback, type RollbackDecision } from '../../core/deployment/rollback-policy.ts';
import { stageKey } from '../../core/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { addressOf } from '../shared/target-address.ts';

/** What `guard` knows besides the plan. */
export interface RollbackFacts {
  readonly policy: Pick<ResolvedTarget['policy'], 'approval' | 'protect'>;
  readonly hasTest: boolean;
  readonly isUnrecorded: boolean;
}

/** A person asked for the commit: the same table, except that the release has created nothing before. */
export function judgeReturn(facts: RollbackFacts & { readonly plan: PlanSummary }): PolicyDecision {
  const judged = judgeRollback({ ...facts, creations: [] });
  return judged.decision === 'end' ? { ...judged, outcome: 'unchanged' } : judged;
}

/** Only the verifying pass tests: on the way back not everything is at last good yet. */
export async function judgeRollbackPlan(
  target: TargetRef,
  { plan, ...facts }: RollbackFacts & { readonly plan: PlanSummary },
  store: ObjectStore,
): Promise<RollbackDecision> {
  const key = stageKey({ ...addressOf(target), pass: 'deploy' }, 'plan', 'result.json');
  const deployed = await readDocument(store, key, jobResultSchema);
  const creations = deployed?.plan?.creations ?? [];
  const hasTest = target.pass === 'forward' && facts.hasTest;
  return judgeRollback({ ...facts, plan, creations, hasTest });
}
