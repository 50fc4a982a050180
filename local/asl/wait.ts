/** The Wait state. */
import type { WaitState } from './definition.ts';
import { EvaluationError } from './expressions.ts';
import type { Visit } from './visit.ts';

const OFFSET_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Waits for the seconds, or until the timestamp; one in the past ends at once. */
export async function runWait(state: WaitState, visit: Visit): Promise<void> {
  if (state.Timestamp === undefined) {
    await visit.sleep(((await visit.evaluateCount(state.Seconds, 'Seconds')) ?? 0) * 1000);
    return;
  }
  const timestamp = (await visit.evaluateAs('string', state.Timestamp, 'Timestamp')) as string;
  const due = OFFSET_DATE_TIME.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(due)) {
    const message = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${timestamp}`;
    // Unlike a failed expression, this follows from the entering of the state.
    throw visit.evaluationFailed(new EvaluationError(message, 'Timestamp'), visit.frame.lastEventId);
  }
  await visit.sleep(Math.max(due - visit.run.host.clock.now(), 0));
}
