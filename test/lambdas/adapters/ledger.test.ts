import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dynamoLedger } from '../../../lambdas/adapters/ledger.ts';
import type { Ledger } from '../../../lambdas/ports.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { type LedgerTable, startLedgerTable } from '../../support/ledger-table.ts';

let table: LedgerTable;

beforeAll(async () => {
  table = await startLedgerTable();
});
afterAll(() => table.stop());

const ledgers: [string, () => Ledger][] = [
  ['DynamoDB', () => dynamoLedger(table.name, table.client)],
  ['memory', ledgerMemory],
];

describe.each(ledgers)('the ledger in %s', (name, open) => {
  let ledger: Ledger;
  let count = 0;
  beforeAll(() => {
    ledger = open();
  });
  const freshKey = () => ({ pk: `${name}/${++count}`, sk: 'item' });

  test('an item is deleted only under its condition; deleting what is not there is no error', async () => {
    const key = freshKey();
    await ledger.put(key, { run: 'one' });
    expect(await ledger.remove(key, { equals: { run: 'other' } })).toBe(false);
    expect(await ledger.get(key)).toMatchObject({ run: 'one' });
    expect(await ledger.remove(key, { equals: { run: 'one' } })).toBe(true);
    expect(await ledger.get(key)).toBeUndefined();
    expect(await ledger.remove(key)).toBe(true);
  });

  test('an item comes back as it was put, with its key and without absent members', async () => {
    const key = freshKey();
    const item = {
      text: 'a',
      n: 7,
      yes: false,
      list: [{ commit: 'c' }, 2],
      map: { 'strange key/1': 'x' },
      names: new Set(['b', 'a']),
      gone: undefined,
      inside: { gone: undefined, kept: null },
    };
    expect(await ledger.put(key, item)).toBe(true);
    expect(await ledger.get(key)).toEqual({
      ...key,
      text: 'a',
      n: 7,
      yes: false,
      list: [{ commit: 'c' }, 2],
      map: { 'strange key/1': 'x' },
      names: new Set(['a', 'b']),
      inside: { kept: null },
    });
    expect(await ledger.get({ ...key, sk: 'other' })).toBeUndefined();
  });

  test('put absent: only the first one wins', async () => {
    const key = freshKey();
    expect(await ledger.put(key, { by: 1 }, { absent: true })).toBe(true);
    expect(await ledger.put(key, { by: 2 }, { absent: true })).toBe(false);
    expect(await ledger.get(key)).toEqual({ ...key, by: 1 });
  });

  test('put present: nothing is created', async () => {
    const key = freshKey();
    expect(await ledger.put(key, { by: 1 }, { present: true })).toBe(false);
    expect(await ledger.get(key)).toBeUndefined();
  });

  test('put equals: compare-and-set on numbers and nested values', async () => {
    const key = freshKey();
    await ledger.put(key, { version: 1, owner: { execution: 'e1', commit: 'c' } });
    expect(await ledger.put(key, { version: 3 }, { equals: { version: 2 } })).toBe(false);
    expect(await ledger.put(key, { version: 3 }, { equals: { 'owner.execution': 'e2' } })).toBe(false);
    expect(
      await ledger.put(
        key,
        { version: 2, owner: { execution: 'e2' } },
        { equals: { version: 1, 'owner.execution': 'e1', 'owner.commit': 'c' } },
      ),
    ).toBe(true);
    expect(await ledger.get(key)).toEqual({ ...key, version: 2, owner: { execution: 'e2' } });
    expect(await ledger.put(freshKey(), { version: 1 }, { equals: { version: 0 } })).toBe(false);
  });

  test('all parts of a condition must hold', async () => {
    const key = freshKey();
    await ledger.put(key, { attempt: 3, outcome: 'applied' });
    const condition = { present: true, equals: { attempt: 3 }, missing: ['outcome'] } as const;
    expect(await ledger.update(key, { set: { outcome: 'failed' } }, condition)).toBeUndefined();
    await ledger.update(key, { remove: ['outcome'] });
    expect(await ledger.update(key, { set: { outcome: 'failed' } }, condition)).toEqual({
      ...key,
      attempt: 3,
      outcome: 'failed',
    });
  });

  test('update creates an item unless it must be present', async () => {
    const key = freshKey();
    expect(await ledger.update(key, { set: { a: 1 } }, { present: true })).toBeUndefined();
    expect(await ledger.get(key)).toBeUndefined();
    expect(await ledger.update(key, { set: { a: 1 } })).toEqual({ ...key, a: 1 });
  });

  test('update changes single attributes, nested ones by their path', async () => {
    const key = freshKey();
    await ledger.put(key, { writers: { app: 'job-1' }, 'a-b': 1, size: 2, progress: 'waiting' });
    const changed = await ledger.update(key, {
      set: { 'writers.database': 'job-2', size: { now: 3 }, 'a-b': 2 },
      remove: ['writers.app', 'progress', 'never-there'],
    });
    expect(changed).toEqual({ ...key, writers: { database: 'job-2' }, 'a-b': 2, size: { now: 3 } });
    await expect(ledger.update(key, { set: { 'nowhere.app': 'job-1' } })).rejects.toThrow();
  });

  test('a string set grows, shrinks and disappears when it is empty', async () => {
    const key = freshKey();
    await ledger.put(key, { attempt: 1 });
    await ledger.update(key, { addTo: { waitingOn: new Set(['a', 'b']) } });
    expect(await ledger.update(key, { addTo: { waitingOn: new Set(['b', 'c']) } })).toEqual({
      ...key,
      attempt: 1,
      waitingOn: new Set(['a', 'b', 'c']),
    });
    const change = {
      deleteFrom: { waitingOn: new Set(['a', 'b', 'x']) },
      addTo: { blockedBy: new Set(['a']) },
    };
    expect((await ledger.update(key, change))?.waitingOn).toEqual(new Set(['c']));
    expect(await ledger.update(key, { deleteFrom: { waitingOn: new Set(['c']) } })).toEqual({
      ...key,
      attempt: 1,
      blockedBy: new Set(['a']),
    });
    expect(await ledger.update(key, { deleteFrom: { waitingOn: new Set(['c']) } })).toEqual({
      ...key,
      attempt: 1,
      blockedBy: new Set(['a']),
    });
    await expect(ledger.put(freshKey(), { waitingOn: new Set() })).rejects.toThrow();
  });

  test('of many concurrent compare-and-sets on one version exactly one wins', async () => {
    const key = freshKey();
    await ledger.put(key, { version: 0 });
    const tries = Array.from({ length: 10 }, (_, by) =>
      ledger.put(key, { version: 1, by }, { equals: { version: 0 } }),
    );
    expect((await Promise.all(tries)).filter((won) => won)).toHaveLength(1);
  });

  test('a query returns the prefix in sort-key order, beyond one page of 1 MB', async () => {
    const { pk } = freshKey();
    const bulk = 'x'.repeat(300_000);
    for (const sk of ['outcome/dev/c', 'outcome/dev/a', 'outcome/dev-2/a', 'outcome/dev/b', 'turn/dev/a']) {
      await ledger.put({ pk, sk }, { bulk, at: sk });
    }
    const found = await ledger.query(pk, 'outcome/');
    expect(found.map(({ sk, at }) => [sk, at])).toEqual([
      ['outcome/dev-2/a', 'outcome/dev-2/a'],
      ['outcome/dev/a', 'outcome/dev/a'],
      ['outcome/dev/b', 'outcome/dev/b'],
      ['outcome/dev/c', 'outcome/dev/c'],
    ]);
    expect(await ledger.query(pk, 'outcome/dev/')).toHaveLength(3);
    expect((await ledger.query(pk)).map(({ sk }) => sk)).toEqual([
      'outcome/dev-2/a',
      'outcome/dev/a',
      'outcome/dev/b',
      'outcome/dev/c',
      'turn/dev/a',
    ]);
    expect(await ledger.query(pk, 'nothing/')).toEqual([]);
  });
});
