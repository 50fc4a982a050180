/** Judges a finished plan, and an apply that failed, between the jobs of a target; called by the per-target flow. */
import type * as z from 'zod';
import type { guard as contract, TargetRef } from '../../core/contracts/functions.ts';
import { jobResultSchema, type PlanSummary } from '../../core/contracts/job.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { knownChanges } from '../../core/deployment/changes.ts';
import { changingSources, planEnd } from '../../core/deployment/planning.ts';
import { judgePlan } from '../../core/deployment/policy.ts';
import { outputsKey, stageKey } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { IMAGE_INPUT } from '../../core/manifest/resolved.ts';
import type { Ledger, ObjectStore, StatusQueue } from '../ports.ts';
import { isAboutChange, readApproval } from '../shared/approvals.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { environmentIn, readDocument, readReleaseDocument, targetIn } from '../shared/documents.ts';
import { readOutcomes, readTargetItem } from '../shared/items.ts';
import { noteProgress, requireOutcome } from '../shared/outcome-item.ts';
import { policyInForce } from '../shared/policy-in-force.ts';
import { addressOf } from '../shared/target-address.ts';
import { readWork } from '../shared/work.ts';
import { judgeFailedApply } from './failed-apply.ts';
import { judgeDestroy } from './judge-destroy.ts';
import { judgeReturn, judgeRollbackPlan } from './judge-rollback.ts';

export interface GuardPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly status: StatusQueue;
}

type Input = z.output<typeof contract.input>;
type Judgement = z.input<typeof contract.output>;

interface Facts {
  readonly plan: PlanSummary;
  readonly document: ReleaseDocument;
}

/** @throws Error when the plan left no result, or the target was opened under another fence. */
export async function guard(input: Input, ports: GuardPorts): Promise<Judgement> {
  if (input.after === 'apply') return judgeFailedApply(input, ports);
  const plan = await readPlan(input, ports.store);
  const { planDigest, changeDigest, dependencies } = plan;
  const changes = knownChanges(plan);
  const item = await requireOutcome(ports.ledger, input);
  await noteProgress(ports.ledger, input, {
    progress: 'checking',
    ...(changes && { changes }),
    planDigest,
    changeDigest,
    dependencies,
  });
  await ports.status.changed(input.release);
  const cancelled = await cancellationOf(ports.ledger, input);
  if (cancelled !== undefined) return { decision: 'end', ...cancelled };
  const document = await readReleaseDocument(ports.store, input.release);
  if (document.operation === 'plan') return endPlan(input, { plan, document }, ports);
  const judgement = await judge(input, { plan, item, document }, ports);
  return judgement.decision === 'ask' && (await isApproved(input, ports.ledger))
    ? { decision: 'apply' }
    : judgement;
}

async function readPlan(target: TargetRef, store: ObjectStore): Promise<PlanSummary> {
  const key = stageKey(addressOf(target), 'plan', 'result.json');
  const plan = (await readDocument(store, key, jobResultSchema))?.plan;
  if (plan !== undefined) return plan;
  throw new Error(
    `judging the plan of ${target.environment}/${target.component}: ${key} holds no plan, though its job succeeded; see the job's log.txt beside it`,
  );
}

async function judge(
  input: TargetRef,
  { plan, item, document }: Facts & { readonly item: OutcomeItem },
  { ledger, store }: GuardPorts,
): Promise<Judgement> {
  const { release, environment, component } = input;
  const address = addressOf(input);
  const found = environmentIn(document, environment);
  const { entry } = targetIn(found, component);
  const policy = await policyInForce(ledger, address, entry);
  if (item.destroys !== undefined) return judgeDestroy(plan, document.because === 'ttl' ? policy : undefined);
  const { live } = await readTargetItem(ledger, address);
  // `record` notes the content of what was applied in full, whatever its test said; without it, an apply was cut off.
  const isCutOff = live?.state === 'dirty' && live.contentKey === undefined;
  const isConsumed = found.targets.some(({ entry: other }) =>
    Object.values(other.inputs).some((source) => source.component === component),
  );
  const isUnrecorded =
    isCutOff || (isConsumed && !(await store.exists(outputsKey(release.repository, environment, component))));
  const work = await readWork(input, { document, item }, store);
  const facts = { plan, policy, hasTest: work.entry.test !== undefined, isUnrecorded };
  if (item.rollback !== undefined) return judgeRollbackPlan(input, facts, store);
  return document.operation === 'rollback' ? judgeReturn(facts) : judgePlan(facts);
}

/** Nothing is applied; who would be asked is told beforehand. */
async function endPlan(
  input: TargetRef,
  { plan, document }: Facts,
  { ledger }: GuardPorts,
): Promise<Judgement> {
  const { release, environment, component } = input;
  const { entry } = targetIn(environmentIn(document, environment), component);
  const policy = await policyInForce(ledger, addressOf(input), entry);
  const outcomes = await readOutcomes(ledger, release, environment);
  const isOldImage = outcomes.get(component)?.image?.old === true;
  const sources = [...changingSources(entry, outcomes), ...(isOldImage ? [IMAGE_INPUT] : [])];
  const { outcome, reason, asks } = planEnd(plan, policy, sources);
  if (asks !== undefined) await noteProgress(ledger, input, { asks });
  return { decision: 'end', outcome, reason };
}

/** Only a plan made again after a yes, with the very same changes, needs no second one. */
async function isApproved(target: TargetRef, ledger: Ledger): Promise<boolean> {
  const approval = await readApproval(ledger, target);
  if (approval?.answer?.decision !== 'approved') return false;
  return isAboutChange(approval, await requireOutcome(ledger, target));
}
