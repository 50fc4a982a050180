/** The budget of writes while several functions spend it, each of which remembers what it wrote last. */
import { expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { OverBudget } from '../../../lambdas/git-status/later.ts';
import { spending } from '../../../lambdas/git-status/spending.ts';
import type { Ledger } from '../../../lambdas/ports.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';

const START = new Date('2026-11-21T08:00:00.000Z');
const KEY = ledgerKeys.budget('acme');

/** Functions that see the same ledger. 15 an hour are two at once. */
function functions() {
  const ledger = ledgerMemory();
  const measured: number[] = [];
  let reads = 0;
  const another = () => {
    const own: Ledger = {
      ...ledger,
      get: (key) => {
        reads++;
        return ledger.get(key);
      },
    };
    const ports = {
      ledger: own,
      clock: { now: () => START },
      writesPerHour: 15,
      measure: ({ value }: { readonly value: number }) => void measured.push(value),
    };
    return (kind: 'end' | 'progress' = 'end') =>
      spending('acme/shop', kind, { write: async () => 'written', ports });
  };
  return { ledger, another, measured, reads: () => reads };
}

test('a function that writes alone reads the budget once', async () => {
  const { another, reads } = functions();
  const write = another();
  await write();
  await write();
  expect(reads()).toBe(1);
  // Before it refuses, it looks.
  await expect(write()).rejects.toThrow(OverBudget);
  expect(reads()).toBe(2);
});

test('what another function has spent meanwhile is spent', async () => {
  const { another, measured } = functions();
  const [one, other] = [another(), another()];
  await one();
  await other();
  await expect(one()).rejects.toThrow(OverBudget);
  expect(measured).toEqual([1, 1, 0]);
});

test('what is remembered is no reason to refuse when there is more by now', async () => {
  const { ledger, another, measured } = functions();
  const write = another();
  await write();
  await write();
  await ledger.put(KEY, { version: 9, level: 2, at: START.toISOString() });
  expect(await write()).toBe('written');
  expect(measured).not.toContain(0);
});
