/**
 * The part of the Amazon States Language that the interpreter runs (JSONata only), as one strict schema:
 * whatever it does not name is refused, never ignored. https://states-language.net/spec.html
 */
import * as z from 'zod';
import type { Json } from './json.ts';

const expression = z.string().regex(/^\{%[\s\S]*%\}$/, 'must be a JSONata expression: {% … %}');
const json = z.custom<Json>((value) => value !== undefined, 'must be a JSON value');
const count = z.union([z.int().min(0), expression]);
const seconds = z.union([z.int().min(1), expression]);
const assign = z.record(z.string().regex(/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u, 'is no variable name'), json);

/** States by name. */
export interface States {
  [name: string]: State;
}

const states: z.ZodType<States> = z.lazy(() => z.record(z.string().min(1).max(80), state));

const branch = z.strictObject({ Comment: z.string().optional(), StartAt: z.string(), States: states });

const common = {
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata').optional(),
};
const transition = { Next: z.string().optional(), End: z.literal(true).optional() };
const data = { Assign: assign.optional(), Output: json.optional() };

const retrier = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.int().min(1).optional(),
  MaxAttempts: z.int().min(0).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.int().min(1).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
});

const catcher = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: z.array(z.string()).min(1),
  Next: z.string(),
  ...data,
});

const handling = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };

const task = z.strictObject({
  Type: z.literal('Task'),
  Resource: z
    .string()
    .regex(
      /^arn:aws[\w-]*:(states:::[\w-]+:.+|lambda:[\w-]+:\d{12}:function:.+)$/,
      'must be a service integration or a Lambda function; activities are not supported',
    ),
  Arguments: json.optional(),
  TimeoutSeconds: seconds.optional(),
  HeartbeatSeconds: seconds.optional(),
  ...common,
  ...transition,
  ...data,
  ...handling,
});

const pass = z.strictObject({ Type: z.literal('Pass'), ...common, ...transition, ...data });

const wait = z
  .strictObject({
    Type: z.literal('Wait'),
    Seconds: count.optional(),
    Timestamp: z.string().optional(),
    ...common,
    ...transition,
    ...data,
  })
  .refine((state) => (state.Seconds === undefined) !== (state.Timestamp === undefined), {
    message: 'must have either Seconds or Timestamp',
  });

const choiceRule = z.strictObject({
  Comment: z.string().optional(),
  Condition: z.union([z.boolean(), expression]),
  Next: z.string(),
  ...data,
});

const choice = z.strictObject({
  Type: z.literal('Choice'),
  Choices: z.array(choiceRule).min(1),
  Default: z.string().optional(),
  ...common,
  ...data,
});

const succeed = z.strictObject({ Type: z.literal('Succeed'), ...common, Output: json.optional() });

const fail = z.strictObject({
  Type: z.literal('Fail'),
  Error: z.string().optional(),
  Cause: z.string().optional(),
  ...common,
});

const parallel = z.strictObject({
  Type: z.literal('Parallel'),
  Arguments: json.optional(),
  Branches: z.array(branch).min(1),
  ...common,
  ...transition,
  ...data,
  ...handling,
});

const processorConfig = z.discriminatedUnion('Mode', [
  z.strictObject({ Mode: z.literal('INLINE') }),
  z.strictObject({
    Mode: z.literal('DISTRIBUTED'),
    ExecutionType: z.literal('STANDARD', 'only STANDARD child workflows are supported'),
  }),
]);

const itemProcessor = z.strictObject({
  ProcessorConfig: processorConfig.optional(),
  ...branch.shape,
});

const itemReader = z.strictObject({
  Resource: z.string().regex(/^arn:aws[\w-]*:states:::s3:getObject$/, 'only s3:getObject is supported'),
  ReaderConfig: z.strictObject({ InputType: z.literal('JSON') }),
  Arguments: json,
});

const map = z.strictObject({
  Type: z.literal('Map'),
  Items: z.union([z.array(json), expression]).optional(),
  ItemReader: itemReader.optional(),
  ItemSelector: json.optional(),
  ItemProcessor: itemProcessor,
  MaxConcurrency: count.optional(),
  ToleratedFailurePercentage: z.union([z.number().min(0).max(100), expression]).optional(),
  ToleratedFailureCount: count.optional(),
  Label: z.string().max(40).optional(),
  ...common,
  ...transition,
  ...data,
  ...handling,
});

const state = z.discriminatedUnion('Type', [task, pass, wait, choice, succeed, fail, parallel, map]);

const machine = z.strictObject({
  ...branch.shape,
  QueryLanguage: z.enum(['JSONata', 'JSONPath']).optional(),
  TimeoutSeconds: z.int().min(1).optional(),
  Version: z.literal('1.0').optional(),
});

export type TaskState = z.infer<typeof task>;
export type WaitState = z.infer<typeof wait>;
export type ChoiceState = z.infer<typeof choice>;
export type FailState = z.infer<typeof fail>;
export type ParallelState = z.infer<typeof parallel>;
export type MapState = z.infer<typeof map>;
/** Any state. */
export type State = z.infer<typeof state>;
/** One way to retry, as written in a state's Retry. */
export type Retrier = z.infer<typeof retrier>;
/** States that belong together: of the machine, of a branch, of an item processor. */
export type Branch = z.infer<typeof branch>;
/** A whole state machine. */
export type Machine = z.infer<typeof machine>;
/** Something wrong with a definition, and where: the path of the state and perhaps a field. */
export interface Problem {
  path: string;
  problem: string;
}

/** A definition the interpreter does not run; the message names every reason and its place. */
export class InvalidDefinition extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    const lines = problems.map(({ path, problem }) => `- ${path}: ${problem}`);
    super(['The state machine cannot be run here:', ...lines].join('\n'));
    this.name = 'InvalidDefinition';
    this.problems = problems;
  }
}

/** Reads a definition (JSON text or value). Throws InvalidDefinition naming everything it cannot run. */
export function parseDefinition(definition: unknown): Machine {
  const value = typeof definition === 'string' ? JSON.parse(definition) : definition;
  const parsed = machine.safeParse(value);
  if (!parsed.success) {
    throw new InvalidDefinition(
      parsed.error.issues.map(({ path, message }) => ({ path: path.join('/'), problem: message })),
    );
  }
  const problems = [...walkStates(parsed.data)].flatMap(({ path, state, siblings }) =>
    problemsOf(state, siblings, parsed.data.QueryLanguage).map((problem) => ({ path, problem })),
  );
  if (problems.length > 0) throw new InvalidDefinition(problems);
  return parsed.data;
}

/** One state on a walk through a machine. */
interface Visited {
  /** Names from the outside in: `Each target / Apply`. */
  path: string;
  state: State;
  /** The branch the state belongs to. */
  siblings: Branch;
}

/** Every state of a machine, also those inside Parallel branches and Map processors. */
export function* walkStates(within: Branch, prefix = ''): Generator<Visited> {
  for (const [name, state] of Object.entries(within.States)) {
    const path = `${prefix}${name}`;
    yield { path, state, siblings: within };
    for (const inner of branchesOf(state)) yield* walkStates(inner, `${path} / `);
  }
}

/** The branches inside a state: a Parallel's branches, a Map's processor. */
export function branchesOf(state: State): Branch[] {
  if (state.Type === 'Parallel') return state.Branches;
  return state.Type === 'Map' ? [state.ItemProcessor] : [];
}

/** Whether a state is a Map that runs its items as executions of their own. */
export function isDistributed(state: State): boolean {
  return state.Type === 'Map' && state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';
}

/** Every name of a state that `state` may go on to. */
function nextStates(state: State): string[] {
  const next: (string | undefined)[] = [];
  if ('Next' in state) next.push(state.Next);
  if ('Catch' in state) next.push(...(state.Catch ?? []).map((catcher) => catcher.Next));
  if (state.Type === 'Choice') next.push(...state.Choices.map((rule) => rule.Next), state.Default);
  return next.filter((name) => name !== undefined);
}

function problemsOf(state: State, siblings: Branch, language: Machine['QueryLanguage']): string[] {
  const problems: string[] = [];
  if ((state.QueryLanguage ?? language) !== 'JSONata') problems.push('QueryLanguage must be JSONata');
  for (const inner of [siblings, ...branchesOf(state)]) {
    if (inner.States[inner.StartAt] === undefined) problems.push(`StartAt names no state: ${inner.StartAt}`);
  }
  for (const name of nextStates(state)) {
    if (siblings.States[name] === undefined) problems.push(`Next names no state: ${name}`);
  }
  const ends = state.Type === 'Choice' || state.Type === 'Succeed' || state.Type === 'Fail';
  if (!ends && (state.Next === undefined) === (state.End === undefined)) {
    problems.push('must have either Next or End');
  }
  if (state.Type === 'Map') problems.push(...mapProblems(state));
  return problems;
}

const DISTRIBUTED_ONLY = ['ItemReader', 'Label'] as const;

function mapProblems(state: MapState): string[] {
  if (isDistributed(state)) {
    return state.Items !== undefined && state.ItemReader !== undefined
      ? ['has both Items and ItemReader']
      : [];
  }
  return DISTRIBUTED_ONLY.filter((field) => state[field] !== undefined).map(
    (field) => `${field} needs a processor of mode DISTRIBUTED`,
  );
}
