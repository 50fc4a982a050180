import { expect, test } from '@jest/globals';
import { checkId, readCheckId } from '../../../core/checks/check-id.ts';

test.each([
  ['', '20261121-c0ffee1-1', { release: '20261121-c0ffee1-1' }],
  ['dev', '20261121-c0ffee1-1/dev', { release: '20261121-c0ffee1-1', environment: 'dev' }],
  [
    'dev/app',
    '20261121-c0ffee1-1/dev/app',
    { release: '20261121-c0ffee1-1', environment: 'dev', component: 'app' },
  ],
])('what is written is read: %p', (place, written, read) => {
  expect(checkId({ release: '20261121-c0ffee1-1', place })).toBe(written);
  expect(readCheckId(written)).toEqual(read);
});

test.each(['', '/', 'a//b', 'a/', 'a/b/c/d', '../b', 'a/B', 'a/../b', 'release#1', 'x'.repeat(61)])(
  'anything else is not ours: %p',
  (id) => {
    expect(readCheckId(id)).toBeUndefined();
  },
);
