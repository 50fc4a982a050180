import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { MergeGroupChanged } from '../../core/contracts/merge-group.ts';
import { mergeGroupChanged, unplannedGroup } from '../../core/merge-group.ts';
import { payloadProblems } from '../../local/github/api/description.ts';

const requested = JSON.parse(
  readFileSync(new URL('../fixtures/github/merge-group.json', import.meta.url), 'utf8'),
);
const HEAD = 'c0ffee1234567890abcdef1234567890abcdef12';
const ONTO = '5b1f0c7de2a94c3f8a6b1d0e9f7c6a5b4d3e2f10';

const payload = (change: object = {}, group: object = {}) => ({
  ...requested,
  ...change,
  merge_group: { ...requested.merge_group, ...group },
});

function changed(change: object = {}, group: object = {}): MergeGroupChanged {
  const read = mergeGroupChanged('guid-1', payload(change, group));
  if (!('changed' in read)) throw new Error(JSON.stringify(read));
  return read.changed;
}

test('a merge group becomes a small event', () => {
  expect(payloadProblems('merge_group', 'checks_requested', requested)).toEqual([]);
  expect(changed()).toEqual({
    delivery: 'guid-1',
    repository: { id: 861234567, fullName: 'acme/shop', defaultBranch: 'main' },
    mergeGroup: { number: 7, base: 'main', onto: ONTO, head: HEAD },
    sender: 'mira-lind',
  });
  expect(unplannedGroup(changed())).toBeUndefined();
});

test.each([
  [`refs/heads/gh-readonly-queue/release/1.x/pr-12-${ONTO}`, 12],
  [`refs/heads/gh-readonly-queue/pr-3-x/pr-4-${ONTO}`, 4],
  ['refs/heads/gh-readonly-queue/main/7', undefined],
  [`refs/heads/gh-readonly-queue/main/pr-0-${ONTO}`, undefined],
  [`refs/heads/mine/gh-readonly-queue/main/pr-7-${ONTO}`, undefined],
])('of %s the pull request is %s', (head_ref, number) => {
  expect(changed({}, { head_ref }).mergeGroup.number).toBe(number);
});

test.each([
  ['dequeued', { reason: 'dequeued' }],
  ['invalidated', { reason: 'invalidated' }],
  ['merged', { reason: 'merged' }],
  ['destroyed', {}],
])('one that the queue has no use for any more (%s) plans nothing, quietly', (destroyed, reason) => {
  const read = changed({ action: 'destroyed', ...reason });
  expect(read.destroyed).toBe(destroyed);
  expect(unplannedGroup(read)).toEqual({ status: false, reason: `the merge group of #7 was ${destroyed}` });
});

test('the queue of another branch is answered, too: it would wait for its check', () => {
  expect(unplannedGroup(changed({}, { base_ref: 'refs/heads/release/1' }))).toEqual({
    status: true,
    reason: 'this merge queue is for release/1: only those for main are planned',
  });
});

test('an action that GitHub may add one day is ignored', () => {
  expect(mergeGroupChanged('guid-1', payload({ action: 'reordered' }))).toEqual({
    ignored: 'a merge group that was reordered is as it was',
  });
});

test('who made the queue move need not be told', () => {
  expect(changed({ sender: undefined }).sender).toBe('github');
});

test.each([
  ['merge_group.head_sha', {}, { head_sha: 'c0ffee' }],
  ['merge_group.base_ref', {}, { base_ref: 'main' }],
  ['repository', { repository: undefined }, {}],
])('a malformed payload is told by its field: %s', (field, change, group) => {
  expect(mergeGroupChanged('guid-1', payload(change, group))).toEqual({
    problem: expect.stringContaining(field),
  });
});
