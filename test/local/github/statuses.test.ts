/** Commit statuses of the recording GitHub. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Statuses } from '../../../local/github/statuses.ts';

const SHA = 'c'.repeat(40);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-statuses-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a commit that is in two repositories has statuses of its own in each, the newest of a context counts', () => {
  const statuses = new Statuses(join(folder, 'statuses.jsonl'));
  const set = (repository: number, context: string, state: 'pending' | 'failure' | 'success') =>
    statuses.create({ repository, sha: SHA }, { context, state });
  set(1, 'belay/dev/app', 'pending');
  set(1, 'belay', 'pending');
  set(2, 'belay', 'failure');
  set(1, 'belay', 'success');
  const shown = (repository: number) =>
    statuses.newest({ repository, sha: SHA }).map(({ context, state }) => `${context} ${state}`);
  expect(shown(1)).toEqual(['belay success', 'belay/dev/app pending']);
  expect(shown(2)).toEqual(['belay failure']);
});
