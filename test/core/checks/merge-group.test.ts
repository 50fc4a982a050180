/** What the merge queue's one check, or its one status, says. */
import { expect, test } from '@jest/globals';
import { desiredChecks } from '../../../core/checks/desired.ts';
import type { ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import { changedStatuses } from '../../../core/statuses.ts';

const counts = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };
const target = (component: string, change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  ...{ environment: 'dev', component, attempt: 1, affected: 'changed', progress: 'ended' },
  ...{ outcome: 'planned', reason: '', changes: { ...counts, replace: 1 } },
  ...{ planDigest: `plan of ${component}`, changeDigest: `change of ${component}` },
  ...change,
});

const record = (change: Partial<ReleaseItem>, outcomes: OutcomeItem[] = []) => ({
  release: {
    id: '20261121-c0ffee1-1',
    repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
    commit: 'c0ffee1234567890abcdef1234567890abcdef12',
    ...{ branch: 'main', sender: 'mira-lind', execution: 'arn:1', environments: ['dev'] },
    ...{ operation: 'plan', reason: 'planning dev', startedAt: '2026-11-21T08:00:00.000Z' },
    mergeGroup: { number: 7, base: 'main', onto: '0'.repeat(40) },
    ...change,
  } as ReleaseItem,
  deployments: [{ environment: 'dev', execution: 'arn:2', progress: 'planning', reason: '' }],
  outcomes,
});
const two = [target('app'), target('network')];
const unreviewed = [
  { environment: 'dev', component: 'app', why: '1 to replace; in the plan of #7: 1 to change' },
];
const all = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ environment: 'dev', component: `c${n}`, why: 'a change' }));

test.each<[string, Partial<ReleaseItem>, OutcomeItem[], string]>([
  [
    'going',
    {},
    [target('app'), target('b', { outcome: undefined })],
    'in_progress plan of the merge group of #7: 1 of 2 targets done',
  ],
  [
    'reviewed',
    { verdict: 'succeeded', unreviewed: [] },
    two,
    'success plan of the merge group of #7: 2 targets: 2 planned',
  ],
  [
    'not reviewed',
    { verdict: 'failed', unreviewed },
    two,
    'failure plan of the merge group of #7: dev/app would change as nobody has reviewed; 2 targets: 2 planned',
  ],
  [
    'much',
    { verdict: 'failed', unreviewed: all(4) },
    two,
    'failure plan of the merge group of #7: 4 targets would change as nobody has reviewed; 2 targets: 2 planned',
  ],
  [
    'nothing',
    { verdict: 'nothing-to-do', reason: 'nothing is affected in dev' },
    [],
    'neutral plan of the merge group of #7: nothing to do: nothing is affected in dev',
  ],
  [
    'given up',
    { verdict: 'superseded', reason: 'its merge group was dequeued' },
    [],
    'cancelled plan of the merge group of #7: superseded: its merge group was dequeued',
  ],
  [
    'unnamed',
    { verdict: 'failed', reason: 'no', mergeGroup: { base: 'main', onto: '0'.repeat(40) } },
    [],
    'failure plan of a merge group: failed: no',
  ],
])('one check, whatever there is to plan: %s', (_, change, outcomes, expected) => {
  const checks = desiredChecks(record(change, outcomes), new Map());
  expect(checks.map(({ run }) => [run.name, `${run.conclusion ?? run.status} ${run.output.title}`])).toEqual([
    ['belay', expected],
  ]);
  expect(checks[0]?.run.actions).toEqual([]);
});

test('the check of a difference says how it differs and what to do, and has the plans that nobody has read', () => {
  const [check] = desiredChecks(record({ verdict: 'failed', unreviewed }, two), new Map());
  const summary = check?.run.output.summary ?? '';
  expect(summary).toContain(
    '**In no reviewed plan:**\n\n- `dev/app`: 1 to replace; in the plan of \\#7: 1 to change\n',
  );
  expect(summary).toContain('comment `/belay plan` on #7');
  expect(check?.plans).toEqual([{ targets: ['dev/app'], of: two[0] }]);
  const [good] = desiredChecks(record({ verdict: 'succeeded', unreviewed: [] }, two), new Map());
  expect(good?.plans).toEqual([]);
  expect(good?.run.output.summary).not.toContain('reviewed');
});

test('however many differ, GitHub takes the check', () => {
  const many = Array.from({ length: 900 }, (_, n) => target(`c${n}`));
  const [check] = desiredChecks(record({ verdict: 'failed', unreviewed: all(900) }, many), new Map());
  expect(check?.run.output.summary.length).toBeLessThan(65_535);
  expect(check?.run.output.summary).toMatch(/_…and \d+ more targets_/);
});

test('a token says the same in one status', () => {
  expect(changedStatuses(record({ verdict: 'failed', unreviewed }, two), [])).toEqual([
    {
      context: 'belay',
      state: 'failure',
      description:
        'plan of the merge group of #7: dev/app would change as nobody has reviewed; 2 targets: 2 planned',
    },
  ]);
});
