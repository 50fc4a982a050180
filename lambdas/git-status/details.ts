/** What a check says besides the ledger: plans as text, problems and dangers at their line. Read from the artifacts for `show-checks`. */
import {
  manifestAnnotations,
  problemAnnotations,
  removalAnnotations,
} from '../../core/checks/annotations.ts';
import type { CheckAnnotation } from '../../core/checks/check-run.ts';
import type { DesiredCheck } from '../../core/checks/desired.ts';
import { readablePlanSchema } from '../../core/checks/plan-diff.ts';
import { type PlanSection, planText } from '../../core/checks/plan-text.ts';
import { jobResultSchema } from '../../core/contracts/job.ts';
import { protectedTypes } from '../../core/deployment/policy.ts';
import { stageKey, type TargetAddress } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import { type Stage, stageSchema } from '../../core/words.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { environmentIn, readDocument, readReleaseDocument, targetIn } from '../shared/documents.ts';
import { isOfAttempt } from '../shared/job-result.ts';
import { policyInForce } from '../shared/policy-in-force.ts';

export interface DetailPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  /** Name of the artifacts bucket. */
  readonly bucket: string;
}

/** Plans that are read for one check; what more there are is beyond what GitHub takes. */
const MAX_PLANS = 20;

export async function detailsOf(
  check: DesiredCheck,
  record: ReleaseRecord,
  ports: DetailPorts,
): Promise<{ readonly text: string | undefined; readonly annotations: readonly CheckAnnotation[] }> {
  const sections: PlanSection[] = [];
  for (const { targets, of } of check.plans.slice(0, MAX_PLANS)) {
    const key = stageKey(addressIn(record, of), 'plan', 'plan.json');
    const plan = await readDocument(ports.store, key, readablePlanSchema);
    if (plan !== undefined) sections.push({ targets, plan, artifact: `s3://${ports.bucket}/${key}` });
  }
  const annotations = [...manifestAnnotations(check.manifestProblems)];
  for (const target of check.annotated) annotations.push(...(await annotationsOf(target, record, ports)));
  return { text: planText(sections), annotations };
}

const addressIn = ({ release }: ReleaseRecord, { environment, component }: OutcomeItem): TargetAddress => ({
  repository: release.repository.id,
  release: release.id,
  environment,
  component,
});

async function annotationsOf(
  target: OutcomeItem,
  record: ReleaseRecord,
  ports: DetailPorts,
): Promise<CheckAnnotation[]> {
  const stage = target.outcome === undefined ? 'plan' : failedStage(target.reason);
  if (stage === undefined) return [];
  const address = addressIn(record, target);
  const result = await readDocument(ports.store, stageKey(address, stage, 'result.json'), jobResultSchema);
  if (result === undefined || !isOfAttempt(result, target)) return [];
  const problems = problemAnnotations(result.diagnostics);
  const removals = target.outcome === undefined ? (result.plan?.removals ?? []) : [];
  if (removals.length === 0) return problems;
  const { repository, id } = record.release;
  const document = await readReleaseDocument(ports.store, { id, repository: repository.id });
  const { entry } = targetIn(environmentIn(document, target.environment), target.component);
  const types = protectedTypes(await policyInForce(ports.ledger, address, entry));
  const name = `${target.environment}/${target.component}`;
  return [...problems, ...removalAnnotations(name, removals, types)];
}

/** `apply failed: …`: the words of `record`. */
function failedStage(reason: string): Stage | undefined {
  const [, word] = /^(\w+) failed: /.exec(reason) ?? [];
  return stageSchema.safeParse(word).data;
}
