import { expect, test } from '@jest/globals';
import { type EndedInEnvironment, entryMessage, nameIn, targetsOf } from '../../../core/audit/entry.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';

const COMMIT = 'c0ffee1234567890abcdef1234567890abcdef12';
const BEFORE = 'ba5e000000000000000000000000000000000000';

const target = (component: string, change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  ...{ environment: 'prod', component, attempt: 7, affected: 'changed', progress: 'ended' },
  reason: 'apply failed: password is hunter2',
  ...change,
});

const end = (
  targets: readonly OutcomeItem[],
  change: Partial<EndedInEnvironment> = {},
): EndedInEnvironment => ({
  release: { id: '20261121-c0ffee1-1', commit: COMMIT },
  environment: 'prod',
  operation: 'apply',
  verdict: 'rolled-back',
  targets,
  dirty: [],
  deployed: BEFORE,
  isEmpty: false,
  fence: 7,
  actor: 'mira-lind',
  approvers: [{ component: 'database', by: 'ada\nBelay-Verdict: succeeded' }],
  endedAt: '2026-11-21T08:09:00.000Z',
  ...change,
});

test('an entry says release, verdict, outcomes, who, and digests as trailers, and no reason of a tool', () => {
  const rollback = { to: { commit: BEFORE, document: 'd' }, cause: 'its apply failed' };
  const message = entryMessage(
    end([
      target('network', { outcome: 'skipped' }),
      target('database', { outcome: 'rolled-back', rollback, planDigest: 'ab12', changeDigest: 'cd34' }),
    ]),
  );
  expect(message.split('\n')).toEqual([
    'prod: apply c0ffee1 rolled back to ba5e000',
    '',
    'Release 20261121-c0ffee1-1: 2 targets: 1 rolled-back, 1 skipped.',
    'The tree is that of ba5e000, the last commit prod succeeded with.',
    '',
    '- database: rolled-back to ba5e000',
    '- network: skipped',
    '',
    'Belay-Release: 20261121-c0ffee1-1',
    'Belay-Operation: apply',
    'Belay-Environment: prod',
    'Belay-Verdict: rolled-back',
    'Belay-Commit: c0ffee1234567890abcdef1234567890abcdef12',
    'Belay-Deployed: ba5e000000000000000000000000000000000000',
    'Belay-Lease: 7',
    'Belay-Actor: mira-lind',
    'Belay-Approver: database ada Belay-Verdict: succeeded',
    'Belay-Plan: database ab12',
    'Belay-Change: database cd34',
    'Belay-Ended: 2026-11-21T08:09:00.000Z',
  ]);
  expect(nameIn(message)?.lease).toBe(7);
});

const told = (change: Partial<EndedInEnvironment>, ...targets: OutcomeItem[]) => {
  const [subject, , tally, next] = entryMessage(end(targets, change)).split('\n');
  return [subject, tally?.replace('Release 20261121-c0ffee1-1: ', ''), next];
};

test('the first line says what was done and how it ended, whoever asked for it', () => {
  const subject = (change: Partial<EndedInEnvironment>, ...targets: OutcomeItem[]) =>
    told(change, ...targets)[0];
  const back = (commit: string) =>
    target(commit, { outcome: 'rolled-back', rollback: { cause: 'no', to: { commit, document: 'd' } } });
  expect(subject({ verdict: 'succeeded' })).toBe('prod: apply c0ffee1 succeeded');
  expect(subject({ verdict: 'succeeded', operation: 'rollback' })).toBe(
    'prod: rollback to c0ffee1 succeeded',
  );
  expect(subject({ verdict: 'succeeded', operation: 'restore' })).toBe(
    'prod: restore of last good succeeded',
  );
  expect(subject({ verdict: 'succeeded', operation: 'destroy' })).toBe('prod: destroy succeeded');
  expect(subject({ verdict: 'cancelled' })).toBe('prod: apply c0ffee1 cancelled');
  expect(subject({}, back(BEFORE), back(COMMIT))).toBe('prod: apply c0ffee1 rolled back');
  expect(subject({ verdict: 'broken', dirty: ['a', 'b', 'c', 'd'] })).toBe(
    'prod: apply c0ffee1 broken, between two commits: a, b, c and 1 more',
  );
});

test('where the tree is not simply what is deployed, the entry says so', () => {
  const applied = target('app', { outcome: 'applied' });
  expect(told({ verdict: 'succeeded' }, applied)[2]).toBe('');
  expect(told({ verdict: 'succeeded', operation: 'rollback' }, applied)[2]).toBe('');
  const moved = 'The tree is that of ba5e000, the last commit prod succeeded with.';
  expect(told({ verdict: 'cancelled' }, applied)[2]).toBe(moved);
  const destroyed = target('app', { outcome: 'destroyed' });
  expect(told({ verdict: 'succeeded', operation: 'destroy' }, destroyed)[2]).toBe(moved);
  expect(told({ verdict: 'succeeded', operation: 'restore' })[2]).toBe(moved);
  const never = 'prod has not succeeded with any commit yet; the tree is that of c0ffee1.';
  expect(told({ verdict: 'failed', deployed: undefined }, applied)[2]).toBe(never);
  const gone = entryMessage(end([destroyed], { verdict: 'succeeded', operation: 'destroy', isEmpty: true }));
  expect(gone).toContain('\nNothing is deployed in prod any more; the tree is what was.\n');
  expect(gone).toContain('\nBelay-Deployed: none\n');
  const broken = entryMessage(
    end([target('app', { outcome: 'rollback-failed' }), target('web', { outcome: 'applied' })], {
      verdict: 'broken',
      dirty: ['app'],
    }),
  );
  expect(broken).toContain(`\n${moved}\n\n- app: rollback-failed, between two commits\n- web: applied\n\n`);
  expect(broken).toContain('\nBelay-Dirty: app\n');
});

test('a commit of somebody else is no entry, whatever its text says', () => {
  expect(nameIn('Fix\n\nBelay-Release: r\nBelay-Lease: 7 was wrong')).toBeUndefined();
  expect(nameIn('Fix\n\nBelay-Release: r\nBelay-Lease: 7\n\nSigned-off-by: Eve')).toBeUndefined();
});

test('two thousand targets stay far below what an item of the ledger holds', () => {
  const digests = { planDigest: 'a'.repeat(64), changeDigest: 'b'.repeat(64) };
  const many = Array.from({ length: 2000 }, (_, n) =>
    target(`${'c'.repeat(34)}-${String(n).padStart(4, '0')}`, { outcome: 'applied', ...digests }),
  );
  const message = entryMessage(end(many));
  expect(message.length).toBeLessThan(200_000);
  expect(message).toContain('Release 20261121-c0ffee1-1: 2000 targets: 2000 applied.');
  expect(message).toContain('\n- and 1500 more\n');
  expect(nameIn(message)?.lease).toBe(7);
});

test('a deployment was about what it opened, and what it took back; one that came to nothing, about nothing', () => {
  const names = (fence: number, ...targets: OutcomeItem[]) =>
    targetsOf(targets, fence).map(({ component }) => component);
  const rollback = { cause: 'app failed' };
  const opened = target('app');
  const untouched = target('other', { affected: 'unaffected' });
  const takenBack = target('network', { attempt: 6, rollback });
  const never = target('late', { attempt: 0 });
  expect(names(7, opened, untouched, takenBack, never)).toEqual(['app', 'network']);
  expect(names(7, untouched, takenBack, never)).toEqual([]);
});
