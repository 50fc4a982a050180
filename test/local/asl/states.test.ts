import { expect, test } from '@jest/globals';
import { InvalidDefinition, parseDefinition } from '../../../local/asl/definition.ts';
import { StatesError } from '../../../local/asl/errors.ts';
import type { Json } from '../../../local/asl/json.ts';
import { World } from './support.ts';

const PASS = { Type: 'Pass', End: true };
const LAMBDA = 'arn:aws:states:::lambda:invoke';

test('Assign and Output are both evaluated with the variables of before', async () => {
  const world = new World();
  const { output } = await world.run({
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { v: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { v: '{% $v + 1 %}', w: '{% $v %}' }, Output: '{% $v %}', Next: 'C' },
      C: { Type: 'Pass', Output: ['{% $states.input %}', '{% $v %}', '{% $w %}'], End: true },
    },
  });
  expect(output).toEqual([1, 2, 1]);
});

test('the context object tells of the execution, the machine and the state', async () => {
  const world = new World();
  const { output } = await world.run(
    { StartAt: 'A', States: { A: { Type: 'Pass', Output: '{% $states.context %}', End: true } } },
    { n: 1 },
  );
  expect(output).toEqual({
    Execution: {
      Id: 'arn:aws:states:eu-west-1:111122223333:execution:Machine:run',
      Input: { n: 1 },
      StartTime: '2026-01-01T00:00:00.000Z',
      Name: 'run',
      RoleArn: 'arn:aws:iam::111122223333:role/machine',
      RedriveCount: 0,
    },
    StateMachine: { Id: 'arn:aws:states:eu-west-1:111122223333:stateMachine:Machine', Name: 'Machine' },
    State: { Name: 'A', EnteredTime: '2026-01-01T00:00:00.000Z' },
  });
});

test('the first state follows from nothing, and a failed expression from what came before its state', async () => {
  const world = new World();
  const { execution, cause } = await world.run({
    StartAt: 'A',
    States: { A: { ...PASS, Next: 'B', End: undefined }, B: { Type: 'Pass', Output: '{% $x %}', End: true } },
  });
  expect(world.lines(execution)).toEqual([
    '1<0 ExecutionStarted',
    '2<0 PassStateEntered',
    '3<2 PassStateExited',
    '4<3 PassStateEntered',
    '5<3 EvaluationFailed',
    '6<5 ExecutionFailed',
  ]);
  expect(cause).toBe(
    "An error occurred while executing the state 'B' (entered at the event id #4). The JSONata expression '$x' specified for the field 'Output' returned nothing (undefined).",
  );
});

test('a Timestamp that is none follows from the entering of its state', async () => {
  const world = new World();
  const wait = { Type: 'Wait', Timestamp: '{% "2026-01-01 10:00" %}', End: true };
  const { execution } = await world.run({ StartAt: 'A', States: { A: wait } });
  expect(world.lines(execution)[2]).toBe('3<2 EvaluationFailed');
});

test('Wait lasts its seconds, or until its timestamp', async () => {
  const world = new World();
  const started = world.clock.now();
  await world.run(
    {
      StartAt: 'A',
      States: {
        A: { Type: 'Wait', Seconds: '{% $states.input.s %}', Next: 'B' },
        B: { Type: 'Wait', Timestamp: '2026-01-01T01:00:00+00:00', Next: 'C' },
        C: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', End: true },
      },
    },
    { s: 90 },
  );
  expect(world.clock.now() - started).toBe(3_600_000);
});

test('Fail ends the execution with its evaluated error and cause', async () => {
  const world = new World();
  const fail = { Type: 'Fail', Error: 'Broken', Cause: '{% "since " & $states.input.since %}' };
  expect(await world.run({ StartAt: 'F', States: { F: fail } }, { since: 'monday' })).toMatchObject({
    status: 'FAILED',
    error: 'Broken',
    cause: 'since monday',
  });
});

const choice = (fields: object) => ({
  StartAt: 'C',
  States: {
    C: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.n > 1 %}', Next: 'Big', Output: 'rule' }],
      ...fields,
    },
    Big: PASS,
    Small: PASS,
  },
});

test('a Choice rule has its own Output, Default has that of the state', async () => {
  const world = new World();
  const machine = choice({ Default: 'Small', Output: 'state' });
  expect((await world.run(machine, { n: 2 })).output).toBe('rule');
  expect((await new World().run(machine, { n: 1 })).output).toBe('state');
});

test('a Choice without a match and without Default fails with States.Runtime', async () => {
  const { error, cause } = await new World().run(choice({}), { n: 1 });
  expect(error).toBe('States.Runtime');
  expect(cause).toBe(
    "An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.",
  );
});

test('a Condition must be a boolean', async () => {
  const machine = choice({
    Choices: [{ Condition: '{% $states.input.n %}', Next: 'Big' }],
    Default: 'Small',
  });
  const { error, cause } = await new World().run(machine, { n: 1 });
  expect(error).toBe('States.QueryEvaluationError');
  expect(cause).toContain(
    "'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1",
  );
});

const parallel = (branches: object[], fields: object = {}) => ({
  StartAt: 'P',
  States: {
    P: {
      Type: 'Parallel',
      Branches: branches.map((state) => ({ StartAt: 'I', States: { I: state } })),
      End: true,
      ...fields,
    },
    After: { Type: 'Succeed' },
  },
});

test('Parallel answers the outputs of its branches in order, whichever ends first', async () => {
  const world = new World();
  const machine = parallel(
    [
      { Type: 'Wait', Seconds: 9, Output: 'slow', End: true },
      { Type: 'Pass', Output: '{% $states.input.x %}', End: true },
    ],
    { Arguments: { x: 'fast' } },
  );
  const { output, execution } = await world.run(machine);
  expect(output).toEqual(['slow', 'fast']);
  expect(world.lines(execution)).toEqual([
    '1<0 ExecutionStarted',
    '2<0 ParallelStateEntered',
    '3<2 ParallelStateStarted',
    '4<3 WaitStateEntered',
    '5<3 PassStateEntered',
    '6<5 PassStateExited',
    '7<4 WaitStateExited',
    '8<7 ParallelStateSucceeded',
    '9<7 ParallelStateExited',
    '10<9 ExecutionSucceeded',
  ]);
});

test('an uncaught error in one branch aborts the others and their tasks', async () => {
  let signal: AbortSignal | undefined;
  const world = new World((call) => {
    signal = call.signal;
    return new Promise(() => {});
  });
  const machine = parallel(
    [
      { Type: 'Task', Resource: LAMBDA, Retry: [{ ErrorEquals: ['States.ALL'] }], End: true },
      { Type: 'Fail', Error: 'Broken', Cause: 'why' },
    ],
    { Catch: [{ ErrorEquals: ['Broken'], Next: 'After' }] },
  );
  const { output, execution } = await world.run(machine);
  expect(output).toEqual({ Error: 'Broken', Cause: 'why' });
  expect(signal?.aborted).toBe(true);
  expect(world.lines(execution).slice(3)).toEqual([
    '4<3 TaskStateEntered',
    '5<3 FailStateEntered',
    '6<4 TaskScheduled',
    '7<6 TaskStarted',
    '8<7 TaskStateAborted',
    '9<5 ParallelStateFailed',
    '10<9 ParallelStateExited',
    '11<10 SucceedStateEntered',
    '12<11 SucceedStateExited',
    '13<12 ExecutionSucceeded',
  ]);
});

test('a branch that never waits is stopped between two of its states', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `S${index}`);
  const chain = {
    StartAt: 'S0',
    States: Object.fromEntries(
      names.map((name, index) => [
        name,
        { Type: 'Pass', Output: '{% 1 %}', ...(index < 49 ? { Next: `S${index + 1}` } : { End: true }) },
      ]),
    ),
  };
  const failing = {
    StartAt: 'A',
    States: { A: { Type: 'Pass', Output: '{% 1 %}', Next: 'F' }, F: { Type: 'Fail', Error: 'E' } },
  };
  const world = new World();
  const { execution, error } = await world.run({
    StartAt: 'P',
    States: { P: { Type: 'Parallel', Branches: [chain, failing], End: true } },
  });
  expect(error).toBe('E');
  expect(world.types(execution).filter((type) => type === 'PassStateExited').length).toBeLessThan(10);
});

test('a retried Parallel runs all its branches again and says that it failed only at the end', async () => {
  const world = new World(async () => {
    throw new StatesError('Busy');
  });
  const machine = parallel([{ Type: 'Task', Resource: LAMBDA, End: true }, PASS], {
    Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
  });
  const { execution } = await world.run(machine);
  const types = world.types(execution);
  expect(types.filter((type) => type === 'ParallelStateStarted')).toHaveLength(2);
  expect(types.filter((type) => type === 'PassStateExited')).toHaveLength(2);
  expect(types.slice(-3)).toEqual(['TaskFailed', 'ParallelStateFailed', 'ExecutionFailed']);
});

test('States.Runtime inside a branch ends the execution at once, uncaught', async () => {
  const world = new World();
  const stuck = { Type: 'Choice', Choices: [{ Condition: false, Next: 'I' }] };
  const { error, execution } = await world.run(
    parallel([stuck], { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }] }),
  );
  expect(error).toBe('States.Runtime');
  expect(world.types(execution).slice(-2)).toEqual(['ChoiceStateEntered', 'ExecutionFailed']);
});

test('branches read the variables around them; what they assign stays inside', async () => {
  const branch = {
    StartAt: 'I',
    States: {
      I: { Type: 'Pass', Assign: { inner: '{% $v + 1 %}' }, Next: 'J' },
      J: { Type: 'Pass', Output: '{% $inner %}', End: true },
    },
  };
  const { output } = await new World().run({
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { v: 1 }, Next: 'P' },
      P: { Type: 'Parallel', Branches: [branch], Next: 'B' },
      B: { Type: 'Pass', Output: ['{% $states.input %}', '{% $exists($inner) %}'], End: true },
    },
  });
  expect(output).toEqual([[2], false]);
});

test.each<[string, object, string]>([
  [
    'a JSONPath machine',
    { QueryLanguage: 'JSONPath', StartAt: 'A', States: { A: PASS } },
    'A: QueryLanguage must be JSONata',
  ],
  ['a machine of no language', { StartAt: 'A', States: { A: PASS } }, 'A: QueryLanguage must be JSONata'],
  [
    'a JSONPath field',
    { States: { A: { ...PASS, ResultPath: '$' } } },
    'States/A: Unrecognized key: "ResultPath"',
  ],
  ['an unknown state', { States: { A: { Type: 'Loop', End: true } } }, 'States/A/Type: '],
  [
    'an activity',
    {
      States: {
        A: { Type: 'Task', Resource: 'arn:aws:states:eu-west-1:111122223333:activity:a', End: true },
      },
    },
    'activities are not supported',
  ],
  [
    'an ItemBatcher',
    {
      States: {
        A: { Type: 'Map', ItemBatcher: {}, ItemProcessor: { StartAt: 'I', States: { I: PASS } }, End: true },
      },
    },
    'Unrecognized key: "ItemBatcher"',
  ],
  ['a Next to nowhere', { States: { A: { Type: 'Pass', Next: 'B' } } }, 'A: Next names no state: B'],
  ['no way on', { States: { A: { Type: 'Pass' } } }, 'A: must have either Next or End'],
  ['a StartAt to nowhere', { StartAt: 'Z', States: { A: PASS } }, 'StartAt names no state: Z'],
  [
    'a number that must not be',
    { States: { A: { Type: 'Wait', Seconds: -1, End: true } } },
    'States/A/Seconds: ',
  ],
  [
    'a plain text for a number',
    { States: { A: { Type: 'Wait', Seconds: '5', End: true } } },
    'must be a JSONata expression',
  ],
])('%s is refused by name', (what, machine, reason) => {
  const language = what.includes('language') ? {} : { QueryLanguage: 'JSONata' };
  expect(() => parseDefinition({ ...language, StartAt: 'A', ...machine })).toThrow(InvalidDefinition);
  expect(() => parseDefinition({ ...language, StartAt: 'A', ...machine })).toThrow(reason);
});

test('an endless loop ends at 25000 events, and the last of them says so', async () => {
  const world = new World();
  // Copying a growing history for every event would be slow here.
  let events = 0;
  world.appendEvent = () => {
    events += 1;
  };
  world.save = () => {};
  const { status, cause } = await world.run({
    StartAt: 'A',
    States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } },
  });
  expect([status, cause, events]).toEqual([
    'FAILED',
    'The execution reached the maximum number of history events (25000).',
    25_000,
  ] satisfies Json[]);
});
