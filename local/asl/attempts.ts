/** Retry and Catch: how Task, Parallel and Map states try, try again, and go on after an error. */
import type { MapState, ParallelState, TaskState } from './definition.ts';
import { errorEquals, StatesError } from './errors.ts';
import type { Json } from './json.ts';
import { errorOutput, leave } from './leave.ts';
import { forgetInside } from './record.ts';
import { Retries } from './retry.ts';
import type { Step, Visit } from './visit.ts';

/**
 * Does the work of a state until it succeeds, is caught, or fails for good (rejects with the StatesError).
 * Errors in the state's own Assign and Output are retried and caught like those of its work.
 */
export async function attempt(
  state: TaskState | ParallelState | MapState,
  visit: Visit,
  work: () => Promise<Json>,
): Promise<Step> {
  const retries = new Retries(state.Retry ?? []);
  for (;;) {
    try {
      const result = await work();
      return await leave(visit, state, { result, otherwise: result });
    } catch (error) {
      if (!(error instanceof StatesError) || error.error === 'States.Runtime') throw error;
      const delay = retries.delayAfter(error);
      if (delay === undefined) return await giveUp(state, visit, error);
      await visit.sleep(delay);
      visit.retryCount += 1;
      forgetInside(visit.frame);
    }
  }
}

async function giveUp(
  state: TaskState | ParallelState | MapState,
  visit: Visit,
  error: StatesError,
): Promise<Step> {
  if (state.Type !== 'Task') visit.emit(`${state.Type}StateFailed`);
  const catchers = state.Catch ?? [];
  const index = catchers.findIndex((rule) => errorEquals(rule.ErrorEquals, error));
  const catcher = catchers[index];
  if (catcher === undefined) throw error;
  const output = errorOutput(error);
  return leave(visit, catcher, { at: `Catch[${index}]/`, errorOutput: output, otherwise: output });
}
