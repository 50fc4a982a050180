import { expect, test } from '@jest/globals';
import { unreviewedChanges } from '../../../core/deployment/unreviewed.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';

const counts = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };
const planned = (component: string, changeDigest: string | undefined, more: Partial<OutcomeItem> = {}) =>
  ({
    ...{ environment: 'dev', component, attempt: 1, affected: 'changed', progress: 'ended' },
    ...{ outcome: 'planned', reason: '', changes: { ...counts, add: 1 } },
    ...(changeDigest !== undefined && { changeDigest }),
    ...more,
  }) as OutcomeItem;
const plan = (number: number, ...outcomes: OutcomeItem[]) => ({ number, outcomes });
const whyOf = (...asked: Parameters<typeof unreviewedChanges>) =>
  unreviewedChanges(...asked).map(({ environment, component, why }) => `${environment}/${component}: ${why}`);

test('a change that was read in any plan of the queue is none, in whatever order', () => {
  const group = [planned('app', 'a'), planned('network', 'n')];
  expect(unreviewedChanges(group, [plan(8, planned('network', 'n')), plan(7, planned('app', 'a'))])).toEqual(
    [],
  );
});

test('the same change of another target, or of another environment, was not read', () => {
  const reviewed = [plan(7, planned('network', 'a'), planned('app', 'a', { environment: 'prod' }))];
  expect(whyOf([planned('app', 'a')], reviewed)).toEqual(['dev/app: 1 to add; in no plan of a pull request']);
});

test.each<[string, OutcomeItem]>([
  [
    'that changes nothing any more',
    planned('app', 'a', { outcome: 'unchanged', reason: 'the plan is empty' }),
  ],
  [
    'that is not affected any more',
    planned('app', undefined, { outcome: 'unchanged', affected: 'unaffected' }),
  ],
  ['that cannot be planned before the merge', planned('app', undefined, { reason: 'deferred: network' })],
  ['whose plan failed, which fails the check by itself', planned('app', undefined, { outcome: 'failed' })],
])('a target %s is no difference', (_, target) => {
  expect(unreviewedChanges([target], [plan(7, planned('app', 'other'))])).toEqual([]);
});

test('how it differs is told against the plan that comes nearest', () => {
  const two = { changes: { ...counts, add: 2, destroy: 1 } };
  const own = planned('app', 'old');
  expect(whyOf([planned('app', 'new', two)], [plan(7, own)])).toEqual([
    'dev/app: 2 to add, 1 to destroy; in the plan of #7: 1 to add',
  ]);
  expect(whyOf([planned('app', 'new')], [plan(7, own), plan(6, planned('app', 'older'))])).toEqual([
    'dev/app: 1 to add; in the plan of #7: 1 to add, but not the same',
  ]);
  expect(whyOf([planned('app', 'new')], [plan(7), plan(6, planned('app', 'older'))])).toEqual([
    'dev/app: 1 to add; in the plan of #6: 1 to add, but not the same',
  ]);
});

test.each<[OutcomeItem, string]>([
  [planned('app', undefined, { reason: 'deferred: network' }), 'planned (deferred: network)'],
  [
    planned('app', 'x', { outcome: 'unchanged', reason: 'the plan is empty' }),
    'unchanged (the plan is empty)',
  ],
  [planned('app', undefined, { outcome: 'failed', reason: 'plan failed: no' }), 'failed (plan failed: no)'],
])('where nobody has read a change, what the plan said instead is told', (before, told) => {
  expect(whyOf([planned('app', 'new')], [plan(7, before)])).toEqual([
    `dev/app: 1 to add; in the plan of #7: ${told}`,
  ]);
});

test('a digest of a plan that failed afterwards was not read', () => {
  const failed = planned('app', 'a', { outcome: 'superseded', reason: 'superseded by its being closed' });
  expect(unreviewedChanges([planned('app', 'a')], [plan(7, failed)])).toHaveLength(1);
});

test('a tool that counts nothing changes something all the same', () => {
  const uncounted = { changes: undefined };
  const before = planned('app', 'old', uncounted);
  expect(whyOf([planned('app', 'new', uncounted)], [plan(7, before)])).toEqual([
    'dev/app: a change; in the plan of #7: a change, but not the same',
  ]);
});
