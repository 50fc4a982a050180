/** Before each job: is it needed, and what is it told? Called by the per-target flow for plan, apply and test. */
import type * as z from 'zod';
import type { prepare as contract } from '../../core/contracts/functions.ts';
import type { OutputValue } from '../../core/contracts/job.ts';
import { blockedStateReason } from '../../core/deployment/blocked-state.ts';
import { type ResolvedInputs, resolveInputs } from '../../core/deployment/inputs.ts';
import { jobDefinition, jobName } from '../../core/deployment/job-order.ts';
import { changingSources, deferred, onCurrentOutputs } from '../../core/deployment/planning.ts';
import { stageKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type OutcomeItem, turnItemSchema } from '../../core/ledger/work-items.ts';
import { IMAGE_INPUT } from '../../core/manifest/resolved.ts';
import { type Outcome, type Stage, WRITING_STAGES } from '../../core/words.ts';
import type { ObjectStore, StatusQueue } from '../ports.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { readReleaseDocument } from '../shared/documents.ts';
import { readOutcomes, readTargetItem } from '../shared/items.ts';
import { noteProgress, requireOutcome } from '../shared/outcome-item.ts';
import { publishOutputs, readConsumedOutputs } from '../shared/outputs.ts';
import { addressOf } from '../shared/target-address.ts';
import { readWork, type Work } from '../shared/work.ts';
import { keepState } from './keep-state.ts';
import { type SpecPorts, type StageRef, writeSpec } from './spec.ts';

export interface PreparePorts extends SpecPorts {
  readonly status: StatusQueue;
}

type End = { readonly decision: 'end'; readonly outcome: Outcome; readonly reason: string };

const PROGRESS: Readonly<Record<Stage, OutcomeItem['progress']>> = {
  validate: 'planning',
  plan: 'planning',
  apply: 'applying',
  destroy: 'applying',
  test: 'testing',
};

/** @throws Error when the target was opened under another fence. */
export async function prepare(
  input: StageRef,
  ports: PreparePorts,
): Promise<z.input<typeof contract.output>> {
  const { release, stage, pass } = input;
  const item = await requireOutcome(ports.ledger, input);
  const cancelled = await cancellationOf(ports.ledger, input);
  if (cancelled !== undefined) {
    const reason = stage === 'test' ? `applied, but not tested: ${cancelled.reason}` : cancelled.reason;
    return { decision: 'end', outcome: cancelled.outcome, reason };
  }
  const startedAt = item.startedAt ?? ports.clock.now().toISOString();
  await noteProgress(ports.ledger, input, { progress: PROGRESS[stage], startedAt });
  await ports.status.changed(release);

  const document = await readReleaseDocument(ports.store, release);
  const work = await readWork(input, { document, item }, ports.store);
  const isOnlyPlan = document.operation === 'plan';
  const end = stage === 'plan' ? await preparePlan(input, { work, item, isOnlyPlan }, ports) : undefined;
  if (end) return end;
  if (WRITING_STAGES.includes(stage)) await keepState(input, ports);
  // The test reads the outputs of what was just applied.
  if (stage === 'test') await publishOutputs(ports.store, input);
  const { planDigest, round = 0 } = item;
  const destroy = item.destroys !== undefined;
  const key = await writeSpec(input, { document, planDigest, round, work, destroy }, ports);
  const { entry } = work;
  return {
    decision: 'run',
    job: { name: jobName(release.id, entry, stage, pass), definition: jobDefinition(stage, entry.arch), key },
  };
}

/** Undefined when the target must be planned; its inputs are stored then. */
async function preparePlan(
  input: StageRef,
  {
    work,
    item,
    isOnlyPlan,
  }: { readonly work: Work; readonly item: OutcomeItem; readonly isOnlyPlan: boolean },
  ports: PreparePorts,
): Promise<End | undefined> {
  const { pass = 'deploy' } = input;
  const isRollback = pass !== 'deploy';
  const failing = (reason: string): End => {
    return { decision: 'end', outcome: isRollback ? 'rollback-failed' : 'failed', reason };
  };
  const held = await blockedReason(input, item, ports);
  if (held) return isRollback ? failing(held) : { decision: 'end', outcome: 'skipped', reason: held };
  if (item.refused) return failing(item.refused);
  if (item.deferred) return { decision: 'end', outcome: 'planned', reason: item.deferred };

  const sources = isOnlyPlan ? changingSources(work.entry, await outcomesOf(input, ports)) : [];
  const inputs = await inputsOf(input, { work, item }, ports.store);
  if ('problem' in inputs && sources.length > 0)
    return { decision: 'end', outcome: 'planned', reason: deferred(sources) };
  if ('problem' in inputs) return failing(inputs.problem);
  const { lastGood, live, blocked } = await readTargetItem(ports.ledger, addressOf(input));
  if (blocked) return failing(blockedStateReason(blocked));
  // `open` found a downstream target's content unchanged, under this very lease: its inputs are all there is to compare.
  const isSame = lastGood?.inputKey === inputs.key && live?.state === 'clean';
  if (!isRollback && item.affected === 'downstream' && isSame) {
    const reason = sources.length === 0 ? 'its inputs did not change' : onCurrentOutputs(sources);
    return { decision: 'end', outcome: 'unchanged', reason };
  }
  const key = stageKey(addressOf(input), 'plan', 'inputs.json');
  await ports.store.put(key, JSON.stringify(inputs.values));
  await noteProgress(ports.ledger, input, { inputKey: inputs.key });
  return undefined;
}

/**
 * On the way back a target has the values it last worked with: what gave them may still be as the failed release left it. So it has
 * when it is destroyed: what gave them may be gone from the manifest.
 */
async function inputsOf(
  { release, pass }: StageRef,
  { work: { entry, lastGood }, item }: { readonly work: Work; readonly item: OutcomeItem },
  store: ObjectStore,
): Promise<ResolvedInputs> {
  if (lastGood && (pass === 'reverse' || item.destroys))
    return { values: lastGood.inputs, key: lastGood.inputKey };
  const inputs = resolveInputs(entry, await readConsumedOutputs(store, release.repository, [entry]));
  if ('problem' in inputs || entry.build === undefined) return inputs;
  // Last good's own image is what is verified; otherwise the one that `build` has found. It follows from the content, and so from its key.
  const image = lastGood === undefined ? imageInput(item) : lastGood.inputs[IMAGE_INPUT];
  if (image === undefined) return { problem: `input ${IMAGE_INPUT}: the image was not built` };
  return { ...inputs, values: { ...inputs.values, [IMAGE_INPUT]: image } };
}

const imageInput = ({ image }: OutcomeItem): OutputValue | undefined =>
  image && { value: image.reference, sensitive: false };

const outcomesOf = ({ release, environment }: StageRef, { ledger }: Pick<PreparePorts, 'ledger'>) =>
  readOutcomes(ledger, release, environment);

/** `network failed, database was rejected`; undefined when everything the target needs ended well. */
async function blockedReason(
  input: StageRef,
  { destroys }: OutcomeItem,
  { ledger }: PreparePorts,
): Promise<string | undefined> {
  const { release, pass } = input;
  const turn = turnItemSchema.parse(await ledger.get(ledgerKeys.turn(release.repository, release.id, input)));
  if (turn.blockedBy === undefined) return undefined;
  const blockers = [...turn.blockedBy].sort();
  if (destroys) return `${blockers.join(', ')} was not destroyed and may still need it`;
  if (pass === 'reverse') return `${blockers.join(', ')} could not be rolled back and may still need it`;
  if (pass === 'forward') return `${blockers.join(', ')} could not be verified, and it needs that`;
  const outcomes = await outcomesOf(input, { ledger });
  const ends = blockers.map((component) => {
    const outcome = outcomes.get(component)?.outcome;
    return outcome === 'failed' ? `${component} failed` : `${component} was ${outcome}`;
  });
  return ends.join(', ');
}
