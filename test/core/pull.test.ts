import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { PullRequestChanged } from '../../core/contracts/pull.ts';
import { pullRequestChanged, unplanned } from '../../core/pull.ts';

const opened = JSON.parse(
  readFileSync(new URL('../fixtures/github/pull-request.json', import.meta.url), 'utf8'),
);
const HEAD = 'c0ffee1234567890abcdef1234567890abcdef12';
const MERGED = 'ab'.repeat(20);

const payload = (change: object = {}, pull: object = {}) => ({
  ...opened,
  ...change,
  pull_request: { ...opened.pull_request, ...pull },
});

function changed(change: object = {}, pull: object = {}): PullRequestChanged {
  const read = pullRequestChanged('guid-1', payload(change, pull));
  if (!('changed' in read)) throw new Error(JSON.stringify(read));
  return read.changed;
}

test('a pull request becomes a small event', () => {
  expect(changed()).toEqual({
    delivery: 'guid-1',
    repository: { id: 861234567, fullName: 'acme/shop', defaultBranch: 'main' },
    pull: { number: 7, head: HEAD, base: 'main', fork: false, draft: false },
    at: '2026-11-21T07:58:00Z',
    sender: 'mira-lind',
  });
});

test.each([
  ['opened', {}],
  ['synchronize', {}],
  ['reopened', {}],
  ['ready_for_review', {}],
  ['edited', { changes: { base: { ref: { from: 'next' } } } }],
])('%s is planned', (action, change) => {
  expect(unplanned(changed({ action, ...change }), { planDrafts: false })).toBeUndefined();
});

test.each([
  ['labeled', {}],
  ['edited', { changes: { title: { from: 'Another title' } } }],
])('%s is none of our business', (action, change) => {
  expect(pullRequestChanged('guid-1', payload({ action, ...change }))).toEqual({
    ignored: `a pull request that was ${action} is as it was`,
  });
});

test.each<[string, object, object, object | undefined]>([
  [
    'merged',
    { action: 'closed' },
    { merged: true, merge_commit_sha: MERGED },
    { status: false, reason: 'pull request 7 was merged' },
  ],
  [
    'closed; what GitHub tried to merge then is not what it became',
    { action: 'closed' },
    { merged: false, merge_commit_sha: MERGED },
    { status: false, reason: 'pull request 7 was closed' },
  ],
  [
    'for another branch',
    {},
    { base: { ref: 'next' } },
    { status: false, reason: 'pull request 7 is for next: only those for main are planned' },
  ],
  [
    'from a fork',
    {},
    { head: { sha: HEAD, repo: { id: 5 } } },
    {
      status: true,
      verdict: 'waiting',
      reason:
        'from a fork: nothing of it runs until a maintainer has read it and comments /belay plan c0ffee1',
    },
  ],
  [
    'from a fork that was deleted, as a draft',
    {},
    { draft: true, head: { sha: HEAD, repo: null } },
    { status: true, verdict: 'waiting', reason: expect.stringContaining('from a fork') },
  ],
  [
    'a draft',
    {},
    { draft: true },
    {
      status: true,
      verdict: 'waiting',
      reason: 'a draft is planned when it is ready, or when somebody comments /belay plan',
    },
  ],
])('what is %s is not planned, and says why', (_, change, pull, expected) => {
  expect(unplanned(changed(change, pull), { planDrafts: false })).toEqual(expected);
});

test('drafts are planned where that was decided; one from a fork still waits', () => {
  const where = { planDrafts: true };
  expect(unplanned(changed({}, { draft: true }), where)).toBeUndefined();
  expect(unplanned(changed({}, { draft: true, head: { sha: HEAD, repo: null } }), where)).toMatchObject({
    verdict: 'waiting',
  });
});

test('what it became is told only of what was merged', () => {
  const closed = (pull: object) => changed({ action: 'closed' }, pull).closed;
  expect(closed({ merged: true, merge_commit_sha: MERGED })).toEqual({ commit: MERGED });
  expect(closed({ merged: false, merge_commit_sha: MERGED })).toEqual({});
  expect(changed().closed).toBeUndefined();
});

test.each([
  ['pull_request.head.sha', {}, { head: { sha: 'c0ffee', repo: null } }],
  ['pull_request.base', {}, { base: undefined }],
  ['number', { number: 'seven' }, {}],
])('a malformed payload is told by its field: %s', (field, change, pull) => {
  expect(pullRequestChanged('guid-1', payload(change, pull))).toEqual({
    problem: expect.stringContaining(field),
  });
});
