/** What both modes of the Map state share: its items, their selection, and the failures it tolerates. */
import type { MapState } from './definition.ts';
import { EvaluationError } from './expressions.ts';
import type { Json } from './json.ts';
import type { Visit } from './visit.ts';

/** The items: of the field Items, else the state's input, which must then be an array. */
export async function mapItems(state: MapState, visit: Visit): Promise<Json[]> {
  if (state.Items !== undefined) return (await visit.evaluateAs('array', state.Items, 'Items')) as Json[];
  if (Array.isArray(visit.input)) return visit.input;
  const message = `Map state input must be an array but was: ${JSON.stringify(visit.input)}`;
  throw visit.evaluationFailed(new EvaluationError(message));
}

/** What each item's walk or child execution is given. */
export async function selectItems(state: MapState, visit: Visit, items: Json[]): Promise<Json[]> {
  const selector = state.ItemSelector;
  if (selector === undefined) return items;
  const inputs: Json[] = [];
  for (const [Index, Value] of items.entries()) {
    inputs.push(await visit.evaluate(selector, 'ItemSelector', { item: { Index, Value } }));
  }
  return inputs;
}

/**
 * Whether so many failures are still tolerated. Each threshold that is set must hold; with none, no failure is.
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export async function toleratedFailures(state: MapState, visit: Visit) {
  const count = await visit.evaluateCount(state.ToleratedFailureCount, 'ToleratedFailureCount');
  const percentage =
    state.ToleratedFailurePercentage === undefined
      ? undefined
      : Number(
          await visit.evaluateAs('number', state.ToleratedFailurePercentage, 'ToleratedFailurePercentage'),
        );
  return (failed: number, total: number) => {
    if (failed === 0) return true;
    if (count === undefined && percentage === undefined) return false;
    return failed <= (count ?? Infinity) && (failed / total) * 100 <= (percentage ?? Infinity);
  };
}
