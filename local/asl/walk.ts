/** A walk through states: enter, run, leave, until one ends it. */
import { attempt } from './attempts.ts';
import { runChoice } from './choice.ts';
import { type FailState, isDistributed } from './definition.ts';
import { Aborted, StatesError } from './errors.ts';
import type { Json } from './json.ts';
import { leave } from './leave.ts';
import { runDistributedMap } from './map-distributed.ts';
import { runInlineMap } from './map-inline.ts';
import { runParallel } from './parallel.ts';
import type { Frame } from './record.ts';
import { runTask } from './task.ts';
import { type Run, type Scope, type Step, Visit } from './visit.ts';
import { runWait } from './wait.ts';

/** States of these types say in the history that they were aborted. */
const REPORT_ABORTION = ['Task', 'Wait', 'Parallel', 'Map'];

/**
 * Walks from where the frame is to its end and answers the output. Rejects with the StatesError that ended it or
 * with Aborted; the frame then still is in the state a redrive goes on with.
 */
export async function walk(run: Run, frame: Frame, scope: Scope): Promise<Json> {
  try {
    while (frame.status === 'RUNNING') {
      const visit = new Visit(run, frame, scope);
      visit.enter();
      visit.exit(await runState(visit));
    }
    return frame.output ?? null;
  } catch (error) {
    if (error instanceof Aborted && error.by === 'sibling') reportAborted(run, frame, scope);
    frame.status = error instanceof Aborted ? 'ABORTED' : 'FAILED';
    if (error instanceof StatesError) frame.error = error.error ?? '';
    throw error;
  }
}

async function runState(visit: Visit): Promise<Step> {
  const { state } = visit;
  switch (state.Type) {
    case 'Task':
      return attempt(state, visit, () => runTask(state, visit));
    case 'Parallel':
      return attempt(state, visit, () => runParallel(state, visit));
    case 'Map': {
      const run = isDistributed(state) ? runDistributedMap : runInlineMap;
      return attempt(state, visit, () => run(state, visit));
    }
    case 'Choice':
      return runChoice(state, visit);
    case 'Fail':
      throw await failure(state, visit);
    case 'Wait':
      await runWait(state, visit);
      return leave(visit, state, { otherwise: visit.input });
    case 'Pass':
    case 'Succeed':
      return leave(visit, state, { otherwise: visit.input });
  }
}

async function failure(state: FailState, visit: Visit): Promise<StatesError> {
  const text = async (field: 'Error' | 'Cause') => {
    const template = state[field];
    return template === undefined
      ? undefined
      : ((await visit.evaluateAs('string', template, field)) as string);
  };
  return new StatesError(await text('Error'), await text('Cause'));
}

function reportAborted(run: Run, frame: Frame, scope: Scope): void {
  const type = scope.states[frame.state]?.Type ?? '';
  if (frame.entered === undefined || !REPORT_ABORTION.includes(type)) return;
  frame.lastEventId = run.emit({ type: `${type}StateAborted`, previousEventId: frame.lastEventId });
}
