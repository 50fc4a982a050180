import { expect, test } from '@jest/globals';
import { checkMachine } from '../../../local/asl/check.ts';

const machine = (States: object, StartAt = 'A') =>
  checkMachine({ QueryLanguage: 'JSONata', StartAt, States });
const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' };
const end = { Type: 'Pass', End: true };

test('a sound machine has no problems', async () => {
  const problems = await machine({
    A: {
      ...task,
      Arguments: '{% {"now": $now(), "all": $map($states.input.items, function($v, $i) { $v + $i })} %}',
      Assign: { sum: '{% ($x := 1; $x + $states.result.n) %}' },
      Retry: [{ ErrorEquals: ['Busy'] }, { ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'C' }],
      Next: 'B',
    },
    B: { Type: 'Pass', Output: '{% $sum + $uuid().$length() %}', Next: 'C' },
    C: { Type: 'Pass', Output: '{% $exists($sum) ? $states.input : null %}', End: true },
  });
  expect(problems).toEqual([]);
});

test('a variable must have a value on every way to where it is read', async () => {
  const problems = await machine({
    A: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.ok %}', Assign: { v: 1 }, Next: 'B' }],
      Default: 'B',
    },
    B: { Type: 'Pass', Output: '{% $v %}', End: true },
  });
  expect(problems).toEqual([{ path: 'B', problem: 'Output: $v has no value on every way to this state' }]);
});

test('a state does not see the variables it assigns itself', async () => {
  expect(await machine({ A: { Type: 'Pass', Assign: { v: 1, w: '{% $v %}' }, End: true } })).toEqual([
    { path: 'A', problem: 'Assign/w: $v has no value on every way to this state' },
  ]);
});

test('$eval does not exist', async () => {
  expect(await machine({ A: { Type: 'Pass', Output: '{% $eval("1") %}', End: true } })).toHaveLength(1);
});

test('branches read the variables around them, but may not assign them', async () => {
  const inner = { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { v: '{% $v + 1 %}' }, End: true } } };
  const problems = await machine({
    A: { Type: 'Pass', Assign: { v: 1 }, Next: 'P' },
    P: { Type: 'Parallel', Branches: [inner], End: true },
  });
  expect(problems).toEqual([{ path: 'P / I', problem: 'assigns $v, which belongs to a state around it' }]);
});

test('children of a Distributed Map do not see the variables around them', async () => {
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'I',
    States: { I: { Type: 'Pass', Output: '{% $v %}', End: true } },
  };
  const problems = await machine({
    A: { Type: 'Pass', Assign: { v: 1 }, Next: 'M' },
    M: { Type: 'Map', ItemSelector: '{% $v %}', ItemProcessor, End: true },
  });
  expect(problems).toEqual([
    { path: 'M / I', problem: 'Output: $v has no value on every way to this state' },
  ]);
});

test('tolerated failures on an inline Map, which AWS accepts but ignores', async () => {
  const ItemProcessor = { StartAt: 'I', States: { I: end } };
  expect(await machine({ A: { Type: 'Map', ToleratedFailureCount: 1, ItemProcessor, End: true } })).toEqual([
    { path: 'A', problem: 'ToleratedFailureCount has an effect only in mode DISTRIBUTED' },
  ]);
});

test.each([
  [
    '$states.result outside a state that has one',
    { A: { Type: 'Pass', Output: '{% $states.result %}', End: true } },
    'A',
    '$states.result does not exist here',
  ],
  [
    '$states.result in Arguments',
    { A: { ...task, Arguments: '{% $states.result %}', End: true } },
    'A',
    '$states.result does not exist here',
  ],
  [
    '$states.errorOutput outside Catch',
    { A: { ...task, Output: '{% $states.errorOutput %}', End: true } },
    'A',
    '$states.errorOutput exists only in Catch',
  ],
  [
    'States.ALL beside another error',
    { A: { ...task, Retry: [{ ErrorEquals: ['States.ALL', 'X'] }], End: true } },
    'A',
    'Retry[0]: States.ALL must stand alone and last',
  ],
  [
    'States.ALL before another rule',
    { A: { ...task, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }], End: true } },
    'A',
    'Retry[0]: States.ALL must stand alone and last',
  ],
  [
    'a heartbeat as long as the timeout',
    { A: { ...task, HeartbeatSeconds: 9, TimeoutSeconds: 9, End: true } },
    'A',
    'HeartbeatSeconds must be smaller than TimeoutSeconds',
  ],
  [
    'an expression that does not compile',
    { A: { Type: 'Pass', Output: { x: ['{% 1 + %}'] }, End: true } },
    'A',
    'Output/x[0]: does not compile',
  ],
  ['a state nothing leads to', { A: end, B: end }, 'B', 'can never be reached'],
  ['a Next without a state', { A: { Type: 'Pass', Next: 'X' } }, 'A', 'Next names no state: X'],
])('finds %s', async (_, states, path, problem) => {
  expect(await machine(states)).toEqual([{ path, problem: expect.stringContaining(problem) }]);
});
