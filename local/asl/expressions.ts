/**
 * Evaluates the JSONata of a state's fields as Step Functions does: no root input, everything through variables.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
import jsonata from 'jsonata';
import type { Clock } from './clock.ts';
import { STEP_FUNCTIONS_FUNCTIONS } from './functions.ts';
import { type Json, jsonType } from './json.ts';

/** What an expression can read. */
export interface Bindings {
  variables: Record<string, Json>;
  /** `$states`: input, context, and where they exist result and errorOutput. */
  states: Record<string, Json | undefined>;
  /** What `$now()` and `$millis()` tell. */
  clock: Clock;
}

/** An expression that threw, gave nothing, or gave a value of the wrong type: States.QueryEvaluationError. */
export class EvaluationError extends Error {
  /** The field inside the state: `Arguments/FunctionName`, `Choices[0]/Condition`. */
  readonly location: string | undefined;

  constructor(message: string, location?: string) {
    super(message);
    this.name = 'EvaluationError';
    this.location = location;
  }
}

/** The text between `{%` and `%}`, or `undefined` when `value` is no expression. */
export function expressionText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && /^\{%[\s\S]*%\}$/.test(value) ? value.slice(2, -2).trim() : undefined;
}

const compiled = new Map<string, jsonata.Expression>();

/** The parsed form of an expression. Throws what JSONata throws at a syntax error: `{code, message}`. */
export function compile(text: string): jsonata.Expression {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const expression = jsonata(text);
  for (const [name, { run, signature }] of Object.entries(STEP_FUNCTIONS_FUNCTIONS)) {
    expression.registerFunction(name, run, signature);
  }
  compiled.set(text, expression);
  return expression;
}

/** Evaluates every expression inside `template`. Throws EvaluationError. */
export async function evaluate(template: Json, location: string, bindings: Bindings): Promise<Json> {
  const text = expressionText(template);
  if (text !== undefined) return evaluateExpression(text, location, bindings);
  if (Array.isArray(template)) {
    const values: Json[] = [];
    for (const [index, item] of template.entries()) {
      values.push(await evaluate(item, `${location}[${index}]`, bindings));
    }
    return values;
  }
  if (template === null || typeof template !== 'object') return template;
  const values: Record<string, Json> = {};
  for (const [key, item] of Object.entries(template)) {
    values[key] = await evaluate(item, `${location}/${key}`, bindings);
  }
  return values;
}

/** Evaluates a field that must have one type; literals were checked when the definition was read. */
export async function evaluateAs(
  type: ReturnType<typeof jsonType>,
  template: Json,
  location: string,
  bindings: Bindings,
): Promise<Json> {
  const value = await evaluate(template, location, bindings);
  if (jsonType(value) === type) return value;
  throw failure(
    template,
    location,
    `returned an unexpected result type. Expected '${type}', but was '${jsonType(value)}' for value: ${JSON.stringify(value)}`,
  );
}

/** Evaluates a field that must be a whole number of at least `least`. */
export async function evaluateCount(
  template: Json,
  location: string,
  bindings: Bindings,
  least = 0,
): Promise<number> {
  const value = (await evaluateAs('number', template, location, bindings)) as number;
  if (Number.isInteger(value) && value >= least) return value;
  throw failure(template, location, `returned a value outside of its acceptable range: ${value}`);
}

async function evaluateExpression(text: string, location: string, bindings: Bindings): Promise<Json> {
  const { variables, states, clock } = bindings;
  let value: Json | undefined;
  try {
    const expression = compile(text);
    // The shadowed `eval` is the one function of JSONata that Step Functions leaves out.
    const everything = { ...variables, states, eval: undefined, now: now(clock), millis: () => clock.now() };
    value = toJson(await expression.evaluate(undefined, everything));
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message: string };
    const reason = code === undefined ? `: ${message}` : `. ${code}: ${message}`;
    throw failure(`{%${text}%}`, location, `threw an error during evaluation${reason}`);
  }
  if (value === undefined) throw failure(`{%${text}%}`, location, 'returned nothing (undefined).');
  return value;
}

/** A plain JSON copy of a result; `undefined` when there is none, or it is a function. */
function toJson(result: unknown): Json | undefined {
  const text = JSON.stringify(result, (_, value) =>
    value?._jsonata_function === true || value?._jsonata_lambda === true ? undefined : value,
  );
  return text === undefined ? undefined : JSON.parse(text);
}

/** `$now(picture?, timezone?)` by the injected clock. */
function now(clock: Clock) {
  return (picture?: string, timezone?: string) =>
    compile('$fromMillis($time, $picture, $timezone)').evaluate(undefined, {
      time: clock.now(),
      picture,
      timezone,
    });
}

function failure(template: Json, location: string, what: string): EvaluationError {
  const text = expressionText(template) ?? JSON.stringify(template);
  return new EvaluationError(
    `The JSONata expression '${text}' specified for the field '${location}' ${what}`,
    location,
  );
}
