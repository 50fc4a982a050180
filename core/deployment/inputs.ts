/** The values a target's inputs have now, out of the outputs of the components it needs; called by `open` and `prepare`. */
import { inputKey } from '../content/content-key.ts';
import type { Outputs, OutputValue } from '../contracts/job.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';

/** All values with their key, or the first input without a value, as one line for people. */
export type ResolvedInputs =
  | { readonly values: Outputs; readonly key: string }
  | { readonly problem: string };

/** `outputs` holds by component what it last produced; components that never produced any have no entry. */
export function resolveInputs(
  { inputs }: Pick<ResolvedTarget, 'inputs'>,
  outputs: ReadonlyMap<string, Outputs>,
): ResolvedInputs {
  const values: Record<string, OutputValue> = {};
  for (const [name, { component, output }] of Object.entries(inputs)) {
    const produced = outputs.get(component);
    if (produced === undefined) return { problem: `input ${name}: ${component} has produced no outputs yet` };
    const value = Object.hasOwn(produced, output) ? produced[output] : undefined;
    if (value === undefined) {
      const names = Object.keys(produced).sort().join(', ') || 'none';
      return { problem: `input ${name}: ${component} has no output "${output}"; its outputs: ${names}` };
    }
    values[name] = value;
  }
  const plain = Object.entries(values).map(([name, { value }]) => [name, value]);
  return { values, key: inputKey(Object.fromEntries(plain)) };
}
