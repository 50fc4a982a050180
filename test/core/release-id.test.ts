import { expect, test } from '@jest/globals';
import { isNewerRelease, releaseId } from '../../core/release-id.ts';

test('an id tells the UTC day, the commit and its number', () => {
  expect(releaseId('2026-11-21T23:59:59.999Z', 'c0ffee1234567890abcdef1234567890abcdef12', 3)).toBe(
    '20261121-c0ffee1-3',
  );
});

test.each([
  ['20261121-c0ffee1-10', '20261121-c0ffee1-9', true],
  ['20261121-c0ffee1-9', '20261121-c0ffee1-10', false],
  ['20261121-c0ffee1-1', '20261121-c0ffee1-1', false],
  ['20261201-c0ffee1-1', '20261130-c0ffee1-7', true],
  ['20261130-c0ffee1-7', '20261201-c0ffee1-1', false],
])('%s is newer than %s: %s', (id, other, expected) => {
  expect(isNewerRelease(id, other)).toBe(expected);
});
