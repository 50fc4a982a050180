import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../../local/asl/clock.ts';
import { evaluate } from '../../../local/asl/expressions.ts';
import type { Json } from '../../../local/asl/json.ts';

const clock = new VirtualClock(Date.parse('2026-05-01T12:00:00.000Z'));
const value = (expression: string, states: Record<string, Json> = {}, variables: Record<string, Json> = {}) =>
  evaluate(`{% ${expression} %}`, 'Output', { states, variables, clock });

test.each([
  ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
  ['$range(1, 9, 4)', [1, 5, 9]],
  ['$range(3, 1, -1)', [3, 2, 1]],
  ['$hash("belay", "SHA-256")', '7f72937a338ece153c4ad8c39b1b81ed80eb0f709804bda546046396a975329a'],
  ['$parse("{\\"a\\": [1]}")', { a: [1] }],
  ['$now()', '2026-05-01T12:00:00.000Z'],
  ['$now("[Y0001]-[M01]")', '2026-05'],
  ['$millis()', 1777636800000],
  ['$states.input.items[price > 2].name', 'b'],
])('%s', async (expression, expected) => {
  const input = {
    items: [
      { name: 'a', price: 1 },
      { name: 'b', price: 3 },
    ],
  };
  expect(await value(expression, { input })).toEqual(expected);
});

test('$uuid differs every time, $random is in [0, 1) and repeats for a seed', async () => {
  expect(await value('$uuid()')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(await value('$uuid() = $uuid()')).toBe(false);
  expect(await value('$random() < 1 and $random() >= 0')).toBe(true);
  expect(await value('$random(7) = $random(7)')).toBe(true);
});

test('only strings that are wholly an expression are evaluated', async () => {
  const template = { a: 'x {% 1 %}', b: [' {% 1 %}', '{% 1 %}'], c: null, d: true };
  expect(await evaluate(template, 'Output', { states: {}, variables: {}, clock })).toEqual({
    a: 'x {% 1 %}',
    b: [' {% 1 %}', 1],
    c: null,
    d: true,
  });
});

test('an expression may bind names, which do not leak into the next one', async () => {
  expect(await value('($x := 2; $x * $v)', {}, { v: 21 })).toBe(42);
  await expect(value('$x')).rejects.toThrow('returned nothing (undefined)');
});

test.each([
  ['$eval("1+1")', 'threw an error during evaluation. T1006: Attempted to invoke a non-function'],
  [
    '$sum(["a"])',
    'threw an error during evaluation. T0412: Argument 1 of function "sum" must be an array of "numbers"',
  ],
  ['$hash("a", "SHA-3")', 'threw an error during evaluation: $hash: the algorithm must be one of MD5'],
  ['$range(1, 2000, 1)', 'threw an error during evaluation: $range: at most 1000 elements, not 2000'],
  ['$sum', 'returned nothing (undefined).'],
])('%s fails as on AWS', async (expression, message) => {
  await expect(value(expression)).rejects.toThrow(
    `The JSONata expression '${expression}' specified for the field 'Output' ${message}`,
  );
});

test('the place of a nested expression is told with keys and indexes', async () => {
  const failing = evaluate({ a: [1, { b: '{% $none %}' }] }, 'Arguments', {
    states: {},
    variables: {},
    clock,
  });
  await expect(failing).rejects.toMatchObject({ location: 'Arguments/a[1]/b' });
});
