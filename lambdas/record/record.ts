/** Writes how a target ended: outputs, last good, live, outcome; then wakes its dependents. Called last by the per-target flow. */
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import { endedBuildOf } from '../../core/deployment/failure.ts';
import { failureName } from '../../core/deployment/failure-name.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Outcome } from '../../core/words.ts';
import type { Clock, StatusQueue, Tokens } from '../ports.ts';
import { type Attempt, ownAttempt } from '../shared/attempt.ts';
import { keepBuildTimes } from '../shared/build-times.ts';
import { readOutcome } from '../shared/outcome-item.ts';
import { endTurn } from '../shared/turns.ts';
import { waitersFor } from '../shared/waiters.ts';
import { yieldToNewer } from '../shared/yielding.ts';
import { conclude } from './conclusion.ts';
import { forgetDestroyed } from './destroy-results.ts';
import { type KeepPorts, keepResults } from './results.ts';
import { keepRollbackResults } from './rollback-results.ts';
import { stateProblem } from './state-moved.ts';

export interface RecordPorts extends KeepPorts {
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly status: StatusQueue;
}

/** Under a fence that is not the newest it changes nothing: the target belongs to another deployment by now. */
export async function record(
  input: TargetRef & { readonly end: TargetEnd },
  ports: RecordPorts,
): Promise<Record<string, never>> {
  const attempt = await ownAttempt(ports.ledger, input);
  const outcome = attempt && (await writeOutcome(input, attempt, ports));
  if (outcome === undefined) return {};
  await endTurn({ ...input, outcome }, await waitersFor(ports.store, input), ports);
  await yieldToNewer({ repository: input.release.repository, environment: input.environment }, ports);
  await ports.status.changed(input.release);
  return {};
}

/** The outcome as it is in the ledger: the first one written stays. */
async function writeOutcome(
  told: TargetRef & { readonly end: TargetEnd },
  { isPlan }: Attempt,
  ports: RecordPorts,
): Promise<Outcome | undefined> {
  const item = await readOutcome(ports.ledger, told);
  if (item === undefined || item.outcome !== undefined) return item?.outcome;
  const input = { ...told, end: await checkedEnd(told, ports) };
  await keepFailedBuild(input, ports);
  const { outcome, reason } = await conclude(input, item, ports);
  // A plan changes nothing: what is deployed stays what it was.
  if (!isPlan) await keep(input, item, ports);
  const endedAt = ports.clock.now().toISOString();
  const isFailure = outcome === 'failed' || outcome === 'rollback-failed';
  const failure = isFailure ? { failure: failureName(input.end) } : {};
  await ports.ledger.update(
    ledgerKeys.outcome(input.release.repository, input.release.id, input),
    { set: { outcome, reason, progress: 'ended', endedAt, ...failure } },
    { equals: { attempt: input.fence }, missing: ['outcome'] },
  );
  return (await readOutcome(ports.ledger, input))?.outcome;
}

/** It is paid for like any other. */
async function keepFailedBuild(
  { end, ...target }: TargetRef & { readonly end: TargetEnd },
  { ledger }: RecordPorts,
): Promise<void> {
  const build = end.kind === 'broke' && end.stage === 'build' ? endedBuildOf(end.cause) : undefined;
  if (build !== undefined) await keepBuildTimes(target, build, ledger);
}

async function keep(
  input: TargetRef & { readonly end: TargetEnd },
  item: OutcomeItem,
  ports: RecordPorts,
): Promise<void> {
  if (item.destroys !== undefined) await forgetDestroyed(input, ports);
  else await (item.rollback === undefined ? keepResults : keepRollbackResults)(input, item, ports);
}

/** An apply that says it succeeded, and left a state that cannot be its work, has failed. */
async function checkedEnd(
  { end, ...target }: TargetRef & { readonly end: TargetEnd },
  { store }: RecordPorts,
): Promise<TargetEnd> {
  if (end.kind !== 'completed' || !end.applied) return end;
  const problem = await stateProblem(target, store);
  if (problem === undefined) return end;
  const cause = `the tool succeeded, but ${problem}; look into it before the next apply`;
  return { kind: 'decided', outcome: 'failed', reason: `apply failed: ${cause}` };
}
