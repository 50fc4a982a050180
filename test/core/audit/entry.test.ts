import { expect, test } from '@jest/globals';
import { entryMessage, leaseIn, targetsOf } from '../../../core/audit/entry.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';

const COMMIT = 'c0ffee1234567890abcdef1234567890abcdef12';
const BEFORE = 'ba5e000000000000000000000000000000000000';

const target = (component: string, change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  ...{ environment: 'prod', component, attempt: 7, affected: 'changed', progress: 'ended' },
  reason: 'apply failed: password is hunter2',
  ...change,
});

const end = (targets: readonly OutcomeItem[]) =>
  ({
    release: { id: '20261121-c0ffee1-1', commit: COMMIT },
    environment: 'prod',
    operation: 'apply',
    verdict: 'rolled-back',
    targets,
    deployed: BEFORE,
    fence: 7,
    actor: 'mira-lind',
    approvers: [{ component: 'database', by: 'ada\nBelay-Verdict: succeeded' }],
    endedAt: '2026-11-21T08:09:00.000Z',
  }) as const;

test('an entry says release, verdict, outcomes, who, and digests as trailers, and no reason of a tool', () => {
  const rollback = { to: { commit: BEFORE, document: 'd' }, cause: 'its apply failed' };
  const message = entryMessage(
    end([
      target('network', { outcome: 'skipped' }),
      target('database', { outcome: 'rolled-back', rollback, planDigest: 'ab12', changeDigest: 'cd34' }),
    ]),
  );
  expect(message.split('\n')).toEqual([
    'prod: apply c0ffee1 rolled-back',
    '',
    'Release 20261121-c0ffee1-1: 2 targets: 1 rolled-back, 1 skipped.',
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
  expect(leaseIn(message)).toBe(7);
});

test('a commit of somebody else is no entry, whatever its text says', () => {
  expect(leaseIn('Fix\n\nBelay-Lease: 7 was wrong')).toBeUndefined();
  expect(leaseIn('Fix\n\nBelay-Lease: 7\n\nSigned-off-by: Eve')).toBeUndefined();
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
  expect(leaseIn(message)).toBe(7);
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
