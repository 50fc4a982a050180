import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { PushReceived } from '../../core/contracts/push.ts';
import { pushReceived, quietEnd } from '../../core/push.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/github/${name}.json`, import.meta.url), 'utf8'));

const AFTER = 'c0ffee1234567890abcdef1234567890abcdef12';

const received = (payload: unknown): PushReceived => {
  const result = pushReceived('guid-1', payload);
  if ('problem' in result) throw new Error(result.problem);
  return result.push;
};

test('a push becomes a small event', () => {
  expect(pushReceived('guid-1', fixture('push'))).toEqual({
    push: {
      delivery: 'guid-1',
      repository: { id: 861234567, fullName: 'acme/shop', defaultBranch: 'main' },
      ref: 'refs/heads/main',
      before: '5b1f0c7de2a94c3f8a6b1d0e9f7c6a5b4d3e2f10',
      after: AFTER,
      forced: false,
      skip: false,
      sender: 'mira-lind',
    },
  });
});

test('the skip mark counts in the head commit only', () => {
  const payload = fixture('push');
  const older = { ...payload.commits[0], message: 'wip [skip belay]' };
  expect(received({ ...payload, commits: [older, payload.head_commit] }).skip).toBe(false);
  expect(received({ ...payload, head_commit: older }).skip).toBe(true);
});

test('a push without a sender is named after its pusher', () => {
  const { sender: _, ...payload } = fixture('push');
  expect(received(payload).sender).toBe('mira-lind');
});

test.each([
  ['repository.default_branch', { repository: { id: 1, full_name: 'a/b' } }],
  ['repository.full_name', { repository: { id: 1, full_name: 'a', default_branch: 'main' } }],
  ['after', { after: 'c0ffee' }],
  ['forced', { forced: 'no' }],
  ['head_commit.message', { head_commit: {} }],
])('a malformed payload is told by its field: %s', (field, change) => {
  const result = pushReceived('guid-1', { ...fixture('push'), ...change });
  expect(result).toEqual({ problem: expect.stringContaining(`${field}: `) });
});

test('something that is no object at all is told too', () => {
  expect(pushReceived('guid-1', [])).toEqual({ problem: expect.stringMatching(/^payload: /) });
});

test('every quiet end says why, and leaves a status only where it belongs', () => {
  const push = received(fixture('push'));
  expect(quietEnd(push)).toBeUndefined();
  expect(quietEnd({ ...push, skip: true })).toEqual({
    reason: "the commit's message contains [skip belay]",
    status: true,
  });
  expect(quietEnd({ ...push, ref: 'refs/heads/feature/x' })).toEqual({
    reason: 'branch feature/x is not the default branch (main)',
    status: false,
  });
  expect(quietEnd(received(fixture('push-deleted')))).toEqual({
    reason: 'branch feature/larger-database was deleted',
    status: false,
  });
  expect(quietEnd(received(fixture('push-tag')))).toEqual({
    reason: 'tag v1.4.0 is not a branch: only the default branch is deployed',
    status: false,
  });
  expect(quietEnd({ ...push, ref: 'refs/heads/x', skip: true })?.status).toBe(false);
});
