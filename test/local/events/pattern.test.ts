import { expect, test } from '@jest/globals';
import { compilePattern } from '../../../local/events/pattern.ts';

const matches = (pattern: unknown, event: unknown) => compilePattern(pattern)(event);

test('every field must match, any value of a field suffices', () => {
  const pattern = { source: ['belay'], 'detail-type': ['push', 'comment'] };
  expect(matches(pattern, { source: 'belay', 'detail-type': 'comment', id: '7' })).toBe(true);
  expect(matches(pattern, { source: 'belay', 'detail-type': 'check' })).toBe(false);
});

test('a field that is an array in the event matches when one element does', () => {
  expect(matches({ resources: ['b'] }, { resources: ['a', 'b'] })).toBe(true);
});

test('numbers and the texts of numbers are different values', () => {
  expect(matches({ detail: { n: [5] } }, { detail: { n: '5' } })).toBe(false);
});

test('conditions on two fields must hold within the same element of an array', () => {
  const pattern = { detail: { jobs: { name: ['apply'], state: ['failed'] } } };
  const job = (name: string, state: string) => ({ name, state });
  expect(matches(pattern, { detail: { jobs: [job('plan', 'failed'), job('apply', 'failed')] } })).toBe(true);
  expect(matches(pattern, { detail: { jobs: [job('plan', 'failed'), job('apply', 'done')] } })).toBe(false);
});

test('arrays that no condition asks for cost nothing, however long', () => {
  const long = Array.from({ length: 500 }, (_, id) => ({ id }));
  expect(matches({ source: ['x'] }, { source: 'x', detail: { a: long, b: long, c: long } })).toBe(true);
});

test.each([
  [{ prefix: 'refs/' }, 'refs/heads/main', 'tags/1'],
  [{ suffix: '.yaml' }, 'belay.yaml', 'belay.yml'],
  [{ 'equals-ignore-case': 'MAIN' }, 'main', 'main2'],
  [{ prefix: { 'equals-ignore-case': 'REL' } }, 'release', 'prelude'],
  [{ wildcard: 'arn:*:function:*' }, 'arn:aws:function:x', 'arn:aws:layer:x'],
  [{ wildcard: 'a\\*b' }, 'a*b', 'axb'],
  [{ 'anything-but': ['a', 'b'] }, 'c', 'a'],
  [{ 'anything-but': { prefix: 'x' } }, 'abc', 'xyz'],
  [{ 'anything-but': { 'equals-ignore-case': ['A'] } }, 'b', 'a'],
  [{ numeric: ['>', 0, '<=', 5] }, 5, 0],
  [{ cidr: '10.0.0.0/24' }, '10.0.0.255', '10.0.1.0'],
  [{ cidr: '2001:db8::/32' }, '2001:db8:1::1', '2001:db9::1'],
])('%j matches %j and not %j', (condition, good, bad) => {
  expect(matches({ detail: { x: [condition] } }, { detail: { x: good } })).toBe(true);
  expect(matches({ detail: { x: [condition] } }, { detail: { x: bad } })).toBe(false);
});

test('exists asks for leaves; anything-but needs the field to exist', () => {
  expect(matches({ detail: { x: [{ exists: false }] } }, { detail: { y: 1 } })).toBe(true);
  expect(matches({ detail: { x: [{ exists: true }] } }, { detail: { x: { y: 1 } } })).toBe(false);
  expect(matches({ detail: { x: [{ 'anything-but': 'a' }] } }, { detail: {} })).toBe(false);
});

test('$or needs one of its alternatives', () => {
  const pattern = { source: ['s'], $or: [{ a: [1] }, { b: [2] }] };
  expect(matches(pattern, { source: 's', b: 2 })).toBe(true);
  expect(matches(pattern, { source: 's', b: 1 })).toBe(false);
});

test.each([
  ['[]', 'Filter is not an object'],
  ['{', 'Filter is not valid JSON'],
  [{ a: 'b' }, '"a" must be an object or an array'],
  [{ a: [] }, 'Empty arrays are not allowed'],
  [{ a: {} }, 'Empty objects are not allowed'],
  [{ a: [{ before: 1 }] }, 'Unrecognized match type before'],
  [{ a: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key allowed in match expression'],
  [{ a: [{ wildcard: 'a**b' }] }, 'Consecutive wildcard characters'],
  [{ a: [{ numeric: ['<', 5, '>', 1] }] }, 'Bad numeric range'],
  [{ a: [{ 'anything-but': ['a', 1] }] }, 'Value of anything-but'],
])('the pattern %j is refused', (pattern, reason) => {
  expect(() => compilePattern(pattern)).toThrow(`Event pattern is not valid. Reason: ${reason}`);
});
