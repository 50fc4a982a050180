/** Helps a running release along: flows that are gone, ends that were not told, tokens that were not answered. Called by `releases.ts`. */
import type { DeploymentRef, TargetRef } from '../../core/contracts/functions.ts';
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { untoldEnds } from '../../core/deployment/sweep.ts';
import { releaseKey } from '../../core/keys.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import {
  type OutcomeItem,
  outcomeItemSchema,
  type TurnItem,
  turnItemSchema,
} from '../../core/ledger/work-items.ts';
import { type Pass, passSchema } from '../../core/words.ts';
import { record } from '../record/record.ts';
import { readApproval, sendApproval } from '../shared/approvals.ts';
import { readDocument } from '../shared/documents.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { readDeploymentItem } from '../shared/items.ts';
import { answerTurn, endTurn } from '../shared/turns.ts';
import { waitersFor } from '../shared/waiters.ts';
import { wakeCancelled } from '../shared/waking.ts';
import type { StepPorts } from './ports.ts';

export async function helpAlong(
  release: DeploymentRef['release'],
  item: ReleaseItem,
  ports: StepPorts,
): Promise<readonly string[]> {
  const key = releaseKey(release.repository, release.id);
  const document = await readDocument(ports.store, key, releaseDocumentSchema);
  if (document === undefined) return [];
  const did: string[] = [];
  for (const environment of document.environments) {
    const deployment = await readDeploymentItem(ports.ledger, release, environment.name);
    if (deployment === undefined || deployment.execution === '' || deployment.verdict !== undefined) continue;
    const { execution } = deployment;
    if (!(await ports.executions.isRunning(execution))) continue;
    const ref = { release, environment: environment.name, execution };
    for (const pass of passSchema.options) did.push(...(await sweepPass(ref, pass, ports)));
  }
  if (item.cancelled !== undefined) did.push(...(await wakeCancelled(item, ports)));
  return did.map((line) => `release ${release.id}: ${line}`);
}

async function sweepPass(ref: DeploymentRef, pass: Pass, ports: StepPorts): Promise<string[]> {
  const { ledger } = ports;
  const { pk } = ledgerKeys.release(ref.release.repository, ref.release.id);
  const outcomes = outcomeItemSchema
    .array()
    .parse(await ledger.query(pk, ledgerPrefixes.outcomesIn(ref.environment, pass)));
  const turns = await readTurns(pk, { environment: ref.environment, pass }, ports);
  const target = ({ component, attempt }: OutcomeItem): TargetRef => ({
    ...ref,
    component,
    fence: attempt,
    pass,
  });
  const did: string[] = [];
  for (const outcome of outcomes) {
    const turn = turns.get(outcome.component);
    if (!(await isLost(outcome, turn, ports))) continue;
    if (await isWritten(target(outcome), ports)) continue;
    const end = {
      kind: 'decided',
      outcome: 'failed',
      reason: 'lost: its flow ended without an outcome',
    } as const;
    await record({ ...target(outcome), end }, ports);
    did.push(`${ref.environment}/${outcome.component} was lost: its flow has ended`);
  }
  const byName = new Map(outcomes.map((one) => [one.component, one]));
  for (const { component, outcome } of untoldEnds(outcomes, [...turns.values()])) {
    const ended = byName.get(component);
    if (ended === undefined) continue;
    const told = target(ended);
    await endTurn({ ...told, outcome }, await waitersFor(ports.store, told), ports);
    did.push(`${ref.environment}/${component} had ended untold: those that need it know now`);
  }
  for (const [component, turn] of turns) {
    const outcome = byName.get(component);
    if (outcome?.progress !== 'waiting' || outcome.attempt !== turn.attempt) continue;
    if (await answerTurn(turn, ports.tokens))
      did.push(`${ref.environment}/${component} was told its turn again`);
  }
  for (const outcome of outcomes) {
    if (outcome.outcome !== undefined || outcome.progress !== 'approving') continue;
    const approval = await readApproval(ledger, target(outcome));
    if (approval !== undefined && approval.answer === undefined) {
      const name = `${ref.release.id} ${ref.environment}/${outcome.component}`;
      ports.gauges.count('ApprovalsWaiting', name);
      ports.gauges.since('OldestApproval', approval.requestedAt, name);
    }
    if (approval?.attempt === outcome.attempt && (await sendApproval(approval, ports.tokens)))
      did.push(`${ref.environment}/${outcome.component} was told again what was decided about it`);
  }
  return did;
}

async function readTurns(
  pk: string,
  { environment, pass }: { readonly environment: string; readonly pass: Pass },
  { ledger }: StepPorts,
): Promise<Map<string, TurnItem>> {
  const prefix = `turn/${pass}/${environment}/`;
  const items = await ledger.query(pk, prefix);
  return new Map(items.map((item) => [String(item.sk).slice(prefix.length), turnItemSchema.parse(item)]));
}

/** Its flow has come and gone, and left no outcome. A flow that never came is the Map's to report, at its end. */
async function isLost(
  { outcome, attempt }: OutcomeItem,
  turn: TurnItem | undefined,
  { executions }: StepPorts,
): Promise<boolean> {
  if (outcome !== undefined || turn?.flow === undefined || turn.attempt !== attempt) return false;
  return !(await executions.isRunning(turn.flow));
}

/** A job still writes the target: how it ends is not known yet. Writers that have ended were taken out before. */
async function isWritten({ release, environment, component }: TargetRef, { ledger }: StepPorts) {
  const { writers } = await readEnvironment(ledger, { repository: release.repository, environment });
  return writers[component] !== undefined;
}
