import { expect, test } from '@jest/globals';
import { notPushedProblem, stateMoveProblem, stateVersion } from '../../../core/deployment/blocked-state.ts';
import { cancelWaiting, dropWriters, NEW_ENVIRONMENT } from '../../../core/deployment/lease.ts';
import { brokenOffBy, brokenOffEnd, isMissed, untoldEnds } from '../../../core/deployment/sweep.ts';
import type { EnvironmentItem, TargetItem } from '../../../core/ledger/environment-items.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';

const COMMIT = '1'.repeat(40);
const OTHER = '2'.repeat(40);

const item = (progress: OutcomeItem['progress'], more: Partial<OutcomeItem> = {}): OutcomeItem => ({
  ...{ environment: 'dev', component: 'app', attempt: 1, affected: 'changed', reason: '' },
  progress,
  ...more,
});

test('how an execution ended, in words', () => {
  expect(['ABORTED', 'TIMED_OUT', 'FAILED', 'UNKNOWN'].map(brokenOffBy)).toEqual([
    'stopped',
    'timed out',
    'lost',
    'lost',
  ]);
});

const dirty: TargetItem['live'] = { commit: COMMIT, state: 'dirty' };
test.each([
  [undefined, undefined, 'skipped', 'not started: the release was stopped'],
  [item('waiting'), undefined, 'skipped', 'not started: the release was stopped'],
  [item('planning'), undefined, 'failed', 'stopped while planning; nothing was applied'],
  [item('approving'), undefined, 'failed', 'stopped while waiting for approval; nothing was applied'],
  [item('applying'), undefined, 'failed', 'stopped while its apply was to begin; nothing was applied'],
  [
    item('applying'),
    { commit: OTHER, state: 'dirty' } as const,
    'failed',
    'stopped while its apply was to begin; nothing was applied',
  ],
  [item('applying'), dirty, 'failed', 'stopped: between two commits; redrive or roll back'],
  [item('testing'), dirty, 'failed', 'stopped: between two commits; redrive or roll back'],
  [
    item('testing'),
    { ...dirty, contentKey: 'k' },
    'failed',
    'stopped: applied but not tested; redrive or roll back',
  ],
])('a target that was broken off: %#', (found, live, outcome, reason) => {
  const end = brokenOffEnd({ item: found, live, commit: COMMIT, why: 'stopped', cancelled: undefined });
  expect(end).toEqual({ outcome, reason });
});

test('a target that was half destroyed is told as that', () => {
  const destroys = { commit: COMMIT, document: 'last-good.json' };
  const facts = { live: dirty, commit: COMMIT, why: 'stopped', cancelled: undefined };
  expect(brokenOffEnd({ ...facts, item: item('applying', { destroys }) })).toEqual({
    outcome: 'failed',
    reason: 'stopped: half destroyed; redrive, or push to deploy it again',
  });
});

test('what a cancelled release never began is cancelled; what it began is told as it is', () => {
  const cancelled = { outcome: 'cancelled', reason: 'cancelled by mira' } as const;
  const facts = { commit: COMMIT, why: 'stopped', cancelled };
  expect(brokenOffEnd({ ...facts, item: item('waiting'), live: undefined })).toEqual({
    outcome: 'cancelled',
    reason: 'cancelled by mira',
  });
  expect(brokenOffEnd({ ...facts, item: item('applying'), live: dirty }).outcome).toBe('failed');
});

test('ends that somebody of the same attempt still waits for', () => {
  const outcomes = [
    item('ended', { component: 'network', outcome: 'applied' }),
    item('ended', { component: 'database', outcome: 'failed' }),
    item('ended', { component: 'earlier', outcome: 'applied', attempt: 0 }),
    item('planning', { component: 'queue' }),
  ];
  const waitingOn = new Set(['network', 'earlier', 'queue']);
  expect(untoldEnds(outcomes, [{ attempt: 1, waitingOn }, { attempt: 1 }])).toEqual([
    { component: 'network', outcome: 'applied' },
  ]);
});

test('a head is missed ten minutes after it was first seen alone', () => {
  const seen = '2026-11-20T10:00:00.000Z';
  expect(isMissed(seen, new Date('2026-11-20T10:09:59.999Z'))).toBe(false);
  expect(isMissed(seen, new Date('2026-11-20T10:10:00.000Z'))).toBe(true);
});

const waiter = (execution: string) => ({
  ...{ execution, tokens: [`${execution}-t`], release: `r-${execution}`, commit: COMMIT, branch: 'main' },
  startedAt: '2026-11-20T10:00:00.000Z',
  seq: 1,
});
const owned: EnvironmentItem = {
  ...NEW_ENVIRONMENT,
  owner: { execution: 'a', release: 'r-a', commit: COMMIT },
  fence: 1,
  queue: [waiter('b'), waiter('c')],
  writers: { app: 'job-1', web: 'job-2' },
};

test('a cancelled waiter leaves the queue and is told through all its tokens', () => {
  const left = cancelWaiting(owned, { execution: 'b', tokens: ['new'], reason: 'cancelled by mira' });
  expect(left.queue.map(({ execution }) => execution)).toEqual(['c']);
  expect(left.answers).toEqual([
    {
      execution: 'b',
      tokens: ['b-t', 'new'],
      grant: { decision: 'cancelled', reason: 'cancelled by mira' },
    },
  ]);
});

test('an owner is not told, and nobody is told twice', () => {
  expect(cancelWaiting(owned, { execution: 'a', tokens: ['t'], reason: 'r' })).toBe(owned);
  expect(cancelWaiting(owned, { execution: 'gone', tokens: [], reason: 'r' })).toBe(owned);
  const once = cancelWaiting(owned, { execution: 'b', tokens: [], reason: 'r' });
  expect(cancelWaiting(once, { execution: 'b', tokens: ['b-t'], reason: 'r' })).toBe(once);
});

test('only writers whose jobs have ended go', () => {
  expect(dropWriters(owned, new Set(['job-2', 'job-9'])).writers).toEqual({ app: 'job-1' });
  expect(dropWriters(owned, new Set(['job-9']))).toBe(owned);
});

test('a state is back in place when its lineage is the same and its serial not lower', () => {
  const errored = stateVersion('{"version":4,"lineage":"l","serial":5,"resources":[]}');
  expect(errored).toEqual({ lineage: 'l', serial: 5 });
  expect(notPushedProblem(errored, { lineage: 'l', serial: 5 })).toBeUndefined();
  expect(notPushedProblem(errored, { lineage: 'l', serial: 6 })).toBeUndefined();
  expect(notPushedProblem(errored, { lineage: 'l', serial: 4 })).toBe(
    'the state in place has serial 4, the one that could not be written 5: push that one first',
  );
  expect(notPushedProblem(errored, { lineage: 'other', serial: 9 })).toBe(
    'the state in place has another lineage than the one that could not be written: push that one first',
  );
  expect(stateVersion('not a state')).toBeUndefined();
  expect(notPushedProblem(undefined, { lineage: 'l', serial: 4 })).toBeUndefined();
});

test('a state after an apply: same lineage, no lower serial', () => {
  const before = { lineage: 'l', serial: 4 };
  expect(stateMoveProblem(before, { lineage: 'l', serial: 6 })).toBeUndefined();
  // Drift was taken back.
  expect(stateMoveProblem(before, before)).toBeUndefined();
  expect(stateMoveProblem(undefined, undefined)).toBeUndefined();
  expect(stateMoveProblem(undefined, before)).toBeUndefined();
  expect(stateMoveProblem(before, undefined)).toBe('its state is gone');
  expect(stateMoveProblem(before, { lineage: 'l', serial: 3 })).toBe(
    'its state has serial 3, and had 4 before',
  );
  expect(stateMoveProblem(before, { lineage: 'new', serial: 9 })).toBe(
    'its state has another lineage than before',
  );
});
