/** The Choice state. */
import type { ChoiceState } from './definition.ts';
import { StatesError } from './errors.ts';
import { leave } from './leave.ts';
import type { Step, Visit } from './visit.ts';

/**
 * Takes the first rule whose Condition is true, with that rule's Assign and Output; else Default with those of
 * the state. Without a Default the execution fails with States.Runtime, which nothing catches: so AWS does,
 * although its documentation names States.NoChoiceMatched.
 */
export async function runChoice(state: ChoiceState, visit: Visit): Promise<Step> {
  for (const [index, rule] of state.Choices.entries()) {
    const at = `Choices[${index}]/`;
    if ((await visit.evaluateAs('boolean', rule.Condition, `${at}Condition`)) === true) {
      return leave(visit, rule, { at, otherwise: visit.input });
    }
  }
  if (state.Default === undefined) {
    throw new StatesError(
      'States.Runtime',
      visit.explain('Failed to transition out of the state. The state does not point to a next state.'),
    );
  }
  return leave(visit, { ...state, Next: state.Default }, { otherwise: visit.input });
}
