import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BudgetItem, pause, spend } from '../../../core/checks/budget.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');
const at = (seconds: number) => new Date(START + seconds * 1000);
const perHour = 450;

/** Spends as often as it may at one moment; how often that was, and what came of it. */
function spendAll(before: BudgetItem | undefined, now: Date, kind: 'end' | 'progress' = 'end') {
  let budget = before;
  for (let count = 0; ; count++) {
    const spent = spend(budget, { now, perHour, kind });
    if (!spent.allowed) return { count, until: spent.until, budget };
    budget = spent.budget;
  }
}

test('sixty at once, then one in nine seconds', () => {
  const first = spendAll(undefined, at(0));
  expect([first.count, first.until.toISOString()]).toEqual([60, '2026-11-21T10:00:09.231Z']);
  expect(spendAll(first.budget, at(9)).count).toBe(0);
  expect(spendAll(first.budget, at(10)).count).toBe(1);
  expect(spendAll(first.budget, at(3600)).count).toBe(60);
});

test('what only shows progress leaves half for ends', () => {
  const first = spendAll(undefined, at(0), 'progress');
  expect(first.count).toBe(31);
  expect(spendAll(first.budget, at(0)).count).toBe(29);
});

test('a pause of GitHub’s own holds, and a shorter one does not end it', () => {
  const spent = spend(undefined, { now: at(0), perHour, kind: 'end' });
  const budget = pause(spent.allowed ? spent.budget : undefined, { now: at(1), until: at(90) });
  const again = pause(budget, { now: at(2), until: at(30) });
  expect(again).toMatchObject({ version: 3, pausedUntil: '2026-11-21T10:01:30.000Z' });
  expect(spend(again, { now: at(89), perHour, kind: 'end' })).toEqual({ allowed: false, until: at(90) });
  expect(spend(again, { now: at(90), perHour, kind: 'end' })).toMatchObject({ allowed: true });
});

test('never more than 80 in a minute or 500 in an hour, however it is asked', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 700, maxLength: 900 });
  fc.assert(
    fc.property(waits, (pauses) => {
      let budget: BudgetItem | undefined;
      let now = START;
      const writes: number[] = [];
      for (const wait of pauses) {
        now += wait;
        const spent = spend(budget, { now: new Date(now), perHour, kind: 'end' });
        if (!spent.allowed) continue;
        budget = spent.budget;
        writes.push(now);
      }
      const within = (span: number) =>
        Math.max(...writes.map((from) => writes.filter((one) => one >= from && one < from + span).length));
      expect(within(60_000)).toBeLessThanOrEqual(67);
      expect(within(3600_000)).toBeLessThanOrEqual(450);
    }),
    { numRuns: 20 },
  );
});
