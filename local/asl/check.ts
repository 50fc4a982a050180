/**
 * Finds mistakes in a state machine that would otherwise show only when it runs. Tests call it over every
 * synthesized machine.
 */
import {
  type Branch,
  branchesOf,
  InvalidDefinition,
  isDistributed,
  type MapState,
  type ParallelState,
  type Problem,
  parseDefinition,
  type State,
  type TaskState,
} from './definition.ts';
import { compile, expressionText } from './expressions.ts';
import type { Json } from './json.ts';

/** Everything wrong with a definition (JSON text or value); an empty list when nothing is. */
export async function checkMachine(definition: unknown): Promise<Problem[]> {
  try {
    return await checkBranch(parseDefinition(definition), { prefix: '', known: new Set(), outer: new Set() });
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.problems;
    throw error;
  }
}

interface Surroundings {
  /** The path of the state around the branch. */
  prefix: string;
  /** Variables that certainly have a value when the branch begins. */
  known: Set<string>;
  /** Variables that states around the branch assign. */
  outer: Set<string>;
}

async function checkBranch(branch: Branch, { prefix, known, outer }: Surroundings): Promise<Problem[]> {
  const problems: Problem[] = [];
  const assigned = new Set(
    Object.values(branch.States)
      .flatMap(exits)
      .flatMap(({ variables }) => variables),
  );
  const before = certainVariables(branch, known);
  for (const [name, state] of Object.entries(branch.States)) {
    const path = `${prefix}${name}`;
    const variables = before.get(name);
    const here = variables === undefined ? ['can never be reached'] : await checkState(state, variables);
    for (const variable of exits(state).flatMap((exit) => exit.variables)) {
      if (outer.has(variable)) here.push(`assigns $${variable}, which belongs to a state around it`);
    }
    problems.push(...here.map((problem) => ({ path, problem })));
    for (const inner of branchesOf(state)) {
      const surroundings = isDistributed(state)
        ? { known: new Set<string>(), outer: new Set<string>() }
        : { known: variables ?? new Set<string>(), outer: new Set([...outer, ...assigned]) };
      problems.push(...(await checkBranch(inner, { prefix: `${path} / `, ...surroundings })));
    }
  }
  return problems;
}

/** The ways out of a state, with what is assigned on each. */
function exits(state: State): { to: string | undefined; variables: string[] }[] {
  const exit = (to: string | undefined, fields: object) => ({
    to,
    variables: 'Assign' in fields ? Object.keys(fields.Assign ?? {}) : [],
  });
  if (state.Type === 'Choice') {
    return [...state.Choices.map((rule) => exit(rule.Next, rule)), exit(state.Default, state)];
  }
  const catchers = handles(state) ? (state.Catch ?? []) : [];
  return [
    exit('Next' in state ? state.Next : undefined, state),
    ...catchers.map((rule) => exit(rule.Next, rule)),
  ];
}

/** Per reachable state, the variables that have a value on every way to it. */
function certainVariables(branch: Branch, known: Set<string>): Map<string, Set<string>> {
  const before = new Map([[branch.StartAt, known]]);
  const pending = [branch.StartAt];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const state = branch.States[name];
    const variables = before.get(name);
    if (state === undefined || variables === undefined) continue;
    for (const { to, variables: assigned } of exits(state)) {
      if (to === undefined) continue;
      const after = new Set([...variables, ...assigned]);
      const earlier = before.get(to);
      const both =
        earlier === undefined ? after : new Set([...earlier].filter((variable) => after.has(variable)));
      if (both.size === earlier?.size) continue;
      before.set(to, both);
      pending.push(to);
    }
  }
  return before;
}

async function checkState(state: State, variables: Set<string>): Promise<string[]> {
  const problems: string[] = [];
  const { Retry = [], Catch = [] } = handles(state) ? state : {};
  for (const [field, rules] of Object.entries({ Retry, Catch })) {
    for (const [index, { ErrorEquals }] of rules.entries()) {
      if (ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || index < rules.length - 1)) {
        problems.push(`${field}[${index}]: States.ALL must stand alone and last`);
      }
    }
  }
  if (state.Type === 'Task') {
    const { HeartbeatSeconds: heartbeat, TimeoutSeconds: timeout } = state;
    if (typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout) {
      problems.push('HeartbeatSeconds must be smaller than TimeoutSeconds');
    }
  }
  if (state.Type === 'Map' && !isDistributed(state)) {
    for (const field of ['ToleratedFailureCount', 'ToleratedFailurePercentage'] as const) {
      if (state[field] !== undefined) problems.push(`${field} has an effect only in mode DISTRIBUTED`);
    }
  }
  const { Branches: _, ItemProcessor: __, ...fields } = state as unknown as Record<string, Json>;
  for (const { location, text } of expressions(fields, '')) {
    for (const problem of await checkExpression(text, { location, state, variables })) {
      problems.push(`${location}: ${problem}`);
    }
  }
  return problems;
}

function handles(state: State): state is TaskState | ParallelState | MapState {
  return ['Task', 'Parallel', 'Map'].includes(state.Type);
}

/** Every expression inside a value, with its place. */
function* expressions(value: Json, location: string): Generator<{ location: string; text: string }> {
  const text = expressionText(value);
  if (text !== undefined) yield { location, text };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : `/${key}`;
    yield* expressions(inner, location === '' ? key : `${location}${step}`);
  }
}

interface Place {
  location: string;
  state: State;
  variables: Set<string>;
}

async function checkExpression(text: string, { location, state, variables }: Place): Promise<string[]> {
  const use = { read: new Set<string>(), bound: new Set<string>(), states: new Set<string>() };
  try {
    collect(compile(text).ast(), use);
  } catch (error) {
    return [`does not compile: ${(error as Error).message}`];
  }
  const problems: string[] = [];
  for (const name of use.read) {
    const isKnown = use.bound.has(name) || variables.has(name) || (await isFunction(name));
    if (!isKnown) problems.push(`$${name} has no value on every way to this state`);
  }
  const hasResult = handles(state) && /^(Assign|Output)\b/.test(location);
  if (use.states.has('result') && !hasResult) problems.push('$states.result does not exist here');
  if (use.states.has('errorOutput') && !location.startsWith('Catch')) {
    problems.push('$states.errorOutput exists only in Catch');
  }
  return problems;
}

interface Use {
  /** Variables read, except inside `$exists(…)`. */
  read: Set<string>;
  /** Variables the expression itself binds. */
  bound: Set<string>;
  /** Fields of `$states` read. */
  states: Set<string>;
}

interface Node {
  type?: string;
  value?: unknown;
  procedure?: Node;
  arguments?: Node[];
  steps?: Node[];
  lhs?: Node;
}

/** Walks the parsed expression. */
function collect(node: unknown, use: Use, seen = new Set<unknown>()): void {
  if (typeof node !== 'object' || node === null || seen.has(node)) return;
  seen.add(node);
  const { type, value, procedure, arguments: args = [], steps, lhs } = node as Node;
  if (type === 'function' && procedure?.value === 'exists') return;
  if (type === 'variable' && value !== '' && value !== '$') use.read.add(String(value));
  if (type === 'bind') use.bound.add(String(lhs?.value));
  if (type === 'lambda') for (const argument of args) use.bound.add(String(argument.value));
  if (type === 'path' && steps?.[0]?.type === 'variable' && steps[0].value === 'states') {
    use.states.add(String(steps[1]?.value));
  }
  for (const inner of Object.values(node)) collect(inner, use, seen);
}

async function isFunction(name: string): Promise<boolean> {
  if (name === 'states') return true;
  return name !== 'eval' && (await compile(`$${name}`).evaluate(undefined, {})) !== undefined;
}
