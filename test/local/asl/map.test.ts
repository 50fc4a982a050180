import { expect, test } from '@jest/globals';
import { StatesError } from '../../../local/asl/errors.ts';
import type { Json } from '../../../local/asl/json.ts';
import { World } from './support.ts';

const PASS = { Type: 'Pass', End: true };
const TASK = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };

const map = (state: object, fields: object = {}, ProcessorConfig: object = { Mode: 'INLINE' }) => ({
  StartAt: 'M',
  States: {
    M: {
      Type: 'Map',
      ItemProcessor: { ProcessorConfig, StartAt: 'I', States: { I: state } },
      End: true,
      ...fields,
    },
    After: { Type: 'Succeed' },
  },
});
const failFor =
  (...bad: Json[]) =>
  async ({ arguments: item }: { arguments: Json }) => {
    if (bad.includes(item)) throw new StatesError('Bad', `item ${item}`);
    return `done ${item}`;
  };

test('iterations one after the other: each follows from the last state before it', async () => {
  const world = new World();
  const { output, execution } = await world.run(map(PASS, { MaxConcurrency: 1 }), [1, 2]);
  expect(output).toEqual([1, 2]);
  expect(world.lines(execution).slice(1)).toEqual([
    '2<0 MapStateEntered',
    '3<2 MapStateStarted',
    '4<3 MapIterationStarted',
    '5<4 PassStateEntered',
    '6<5 PassStateExited',
    '7<6 MapIterationSucceeded',
    '8<6 MapIterationStarted',
    '9<8 PassStateEntered',
    '10<9 PassStateExited',
    '11<10 MapIterationSucceeded',
    '12<11 MapStateSucceeded',
    '13<11 MapStateExited',
    '14<13 ExecutionSucceeded',
  ]);
});

test('a Map after a Map, and the same one in a loop, start afresh', async () => {
  const ItemProcessor = { StartAt: 'I', States: { I: { ...PASS, Output: '{% $states.input * 2 %}' } } };
  const loop = {
    StartAt: 'M',
    States: {
      M: { Type: 'Map', ItemProcessor, Next: 'N' },
      N: { Type: 'Map', ItemProcessor, Next: 'C' },
      C: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input[0] < 10 %}', Next: 'M' }],
        Default: 'End',
      },
      End: { Type: 'Succeed' },
    },
  };
  expect((await new World().run(loop, [1, 2])).output).toEqual([16, 32]);
});

test('a Map over nothing succeeds', async () => {
  expect((await new World().run(map(PASS), [])).output).toEqual([]);
});

test('MaxConcurrency limits how many tasks run at once; without it 40 do', async () => {
  const most = async (fields: object) => {
    let [running, highest] = [0, 0];
    const world = new World(async () => {
      highest = Math.max(highest, ++running);
      await new Promise<void>((resolve) => world.clock.after(1000, resolve));
      running -= 1;
      return null;
    });
    await world.run(
      map(TASK, fields),
      Array.from({ length: 90 }, () => 0),
    );
    return highest;
  };
  expect(await most({ MaxConcurrency: '{% 3 %}' })).toBe(3);
  expect(await most({ MaxConcurrency: 0 })).toBe(40);
});

test('ItemSelector and the states of an iteration see the item in the context', async () => {
  const world = new World();
  const inner = {
    Type: 'Pass',
    Output: ['{% $states.input %}', '{% $states.context.Map.Item %}'],
    End: true,
  };
  const ItemSelector = { i: '{% $states.context.Map.Item.Index %}', all: '{% $states.input.n %}' };
  const { output } = await world.run(map(inner, { Items: '{% $states.input.l %}', ItemSelector }), {
    l: ['a'],
    n: 5,
  });
  expect(output).toEqual([
    [
      { i: 0, all: 5 },
      { Index: 0, Value: 'a' },
    ],
  ]);
});

test('an uncaught error in one iteration aborts the running ones, and the rest never starts', async () => {
  const world = new World(({ arguments: item }) =>
    item === 'bad' ? Promise.reject(new StatesError('Bad', 'why')) : new Promise(() => {}),
  );
  const { execution, error, cause } = await world.run(map(TASK, { MaxConcurrency: 2 }), [
    'slow',
    'bad',
    'late',
  ]);
  expect([error, cause]).toEqual(['Bad', 'why']);
  expect(world.types(execution).slice(-6)).toEqual([
    'TaskFailed',
    'MapIterationFailed',
    'TaskStateAborted',
    'MapIterationAborted',
    'MapStateFailed',
    'ExecutionFailed',
  ]);
  expect(world.calls).toHaveLength(2);
});

test('a Map over what is no array fails before it starts, and can be caught', async () => {
  const world = new World();
  const Catch = [
    {
      ErrorEquals: ['States.QueryEvaluationError'],
      Output: '{% $states.errorOutput.Cause %}',
      Next: 'After',
    },
  ];
  const { output, execution } = await world.run(map(PASS, { Catch }), { a: 1 });
  expect(output).toBe(
    'An error occurred while executing the state \'M\' (entered at the event id #2). Map state input must be an array but was: {"a":1}',
  );
  expect(world.lines(execution).slice(2, 5)).toEqual([
    '3<0 EvaluationFailed',
    '4<3 MapStateFailed',
    '5<4 MapStateExited',
  ]);
  expect(world.events(execution)[2]?.evaluationFailedEventDetails).not.toHaveProperty('location');
});

test('an array of results over 262144 bytes is States.DataLimitExceeded', async () => {
  const world = new World(async () => 'x'.repeat(100_000));
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After' }];
  expect((await world.run(map(TASK, { Catch }), [1, 2, 3])).error).toBe('States.DataLimitExceeded');
});

const DISTRIBUTED = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
const distributed = (state: object, fields: object = {}) =>
  map(state, { Label: 'Targets', ...fields }, DISTRIBUTED);

test('a Distributed Map runs its children as executions of their own', async () => {
  const world = new World();
  const { output, execution } = await world.run(
    distributed({ ...PASS, Output: '{% $states.context.Execution.Id %}' }),
    ['a', 'b'],
  );
  const [first, second] = world.children;
  expect(output).toEqual([first?.arn, second?.arn]);
  expect(first?.arn).toMatch(
    /^arn:aws:states:eu-west-1:111122223333:execution:Machine\/Targets:[0-9a-f-]{36}$/,
  );
  expect(first?.record).toMatchObject({
    input: 'a',
    status: 'SUCCEEDED',
    stateMachineName: 'Machine/Targets',
  });
  expect(first && world.types(first)).toEqual([
    'ExecutionStarted',
    'PassStateEntered',
    'PassStateExited',
    'ExecutionSucceeded',
  ]);
  expect(world.types(execution)).toEqual([
    'ExecutionStarted',
    'MapStateEntered',
    'MapStateStarted',
    'MapRunStarted',
    'MapRunSucceeded',
    'MapStateSucceeded',
    'MapStateExited',
    'ExecutionSucceeded',
  ]);
  const mapRunArn = first?.record.mapRunArn;
  expect(mapRunArn).toMatch(/^arn:aws:states:eu-west-1:111122223333:mapRun:Machine\/Targets:[0-9a-f-]{36}$/);
  expect(world.events(execution)[3]).toMatchObject({ mapRunStartedEventDetails: { mapRunArn } });
});

test('its items come from an S3 object, one ItemSelector per item', async () => {
  const world = new World(async () => '["x","y"]');
  const { output } = await world.run(
    distributed(PASS, {
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSON' },
        Arguments: { Bucket: 'b', Key: '{% $states.input.key %}' },
      },
      ItemSelector: { target: '{% $states.context.Map.Item.Value %}', key: '{% $states.input.key %}' },
    }),
    { key: 'targets.json' },
  );
  expect(world.calls.map(({ resource, arguments: args }) => [resource, args])).toEqual([
    ['arn:aws:states:::s3:getObject', { Bucket: 'b', Key: 'targets.json' }],
  ]);
  expect(output).toEqual([
    { target: 'x', key: 'targets.json' },
    { target: 'y', key: 'targets.json' },
  ]);
});

test.each([
  ['is no array', async () => '{}', 'Error: The JSON file must contain an array'],
  ['is missing', async () => Promise.reject(new StatesError('S3.NoSuchKeyException', 'no key')), 'no key'],
])('an item file that %s is States.ItemReaderFailed', async (_, read, cause) => {
  const world = new World(read);
  const ItemReader = {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSON' },
    Arguments: {},
  };
  const outcome = await world.run(distributed(PASS, { ItemReader }));
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed', cause });
  expect(world.types(outcome.execution).slice(-3)).toEqual([
    'MapRunFailed',
    'MapStateFailed',
    'ExecutionFailed',
  ]);
});

test('children cannot read the variables of their parent', async () => {
  const world = new World();
  const { output } = await world.run({
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { v: 1 }, Output: [0], Next: 'M' },
      ...distributed({ Type: 'Pass', Output: '{% $exists($v) %}', End: true }).States,
    },
  });
  expect(output).toEqual([false]);
});

test('without tolerance one failed child fails the map and aborts the others', async () => {
  const world = new World(({ arguments: item }) =>
    item === 'bad' ? Promise.reject(new StatesError('Bad')) : new Promise(() => {}),
  );
  const outcome = await world.run(distributed(TASK), ['slow', 'bad']);
  expect(outcome).toMatchObject({
    error: 'States.ExceedToleratedFailureThreshold',
    cause: 'The specified tolerated failure threshold was exceeded',
  });
  expect(world.children.map(({ status }) => status)).toEqual(['ABORTED', 'FAILED']);
});

test('ToleratedFailurePercentage 100 lets every child fail', async () => {
  const world = new World(failFor('a', 'b'));
  const { status, output } = await world.run(distributed(TASK, { ToleratedFailurePercentage: 100 }), [
    'a',
    'b',
    'c',
  ]);
  expect([status, output]).toEqual(['SUCCEEDED', ['done c']]);
});

test('ToleratedFailureCount tolerates so many and not one more', async () => {
  const run = (...bad: string[]) =>
    new World(failFor(...bad)).run(distributed(TASK, { ToleratedFailureCount: 1, MaxConcurrency: 1 }), [
      'a',
      'b',
      'c',
    ]);
  expect((await run('a')).status).toBe('SUCCEEDED');
  expect((await run('a', 'b')).error).toBe('States.ExceedToleratedFailureThreshold');
});

test('children that wait for each other do not starve: MaxConcurrency unset runs all at once', async () => {
  const waiting: (() => void)[] = [];
  const world = new World(
    () =>
      new Promise((resolve) => {
        waiting.push(() => resolve(null));
        if (waiting.length === 60) for (const go of waiting) go();
      }),
  );
  const { status } = await world.run(
    distributed(TASK),
    Array.from({ length: 60 }, (_, index) => index),
  );
  expect(status).toBe('SUCCEEDED');
});
