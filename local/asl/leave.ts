/** What happens at the end of every state: Assign and Output are evaluated, both with the old variables. */
import type { StatesError } from './errors.ts';
import type { Json } from './json.ts';
import type { Extra, Step, Visit } from './visit.ts';

/** The fields of a state, a Catch or a Choice rule that tell how to go on. */
export interface Leaving {
  Next?: string;
  Assign?: Record<string, Json>;
  Output?: Json;
}

/** Where the fields are inside the state (`Catch[0]/`), what they can read, and the output without Output. */
export interface LeavingWith extends Extra {
  at?: string;
  otherwise: Json;
}

/** Evaluates the fields. Throws States.QueryEvaluationError and States.DataLimitExceeded. */
export async function leave(visit: Visit, fields: Leaving, leaving: LeavingWith): Promise<Step> {
  const { at = '', otherwise, ...extra } = leaving;
  const step: Step = { next: fields.Next, output: otherwise };
  if (fields.Assign !== undefined) {
    step.assigned = (await visit.evaluate(fields.Assign, `${at}Assign`, extra)) as Record<string, Json>;
    visit.checkSize(step.assigned);
  }
  if (fields.Output !== undefined) step.output = await visit.evaluate(fields.Output, `${at}Output`, extra);
  visit.checkSize(step.output);
  return step;
}

/** What `$states.errorOutput` tells of an error, and a Catch puts out. */
export function errorOutput(error: StatesError): Json {
  return { Error: error.error ?? '', Cause: error.errorCause ?? '' };
}
