/** The demo walks all its pushes with the real tool, and ends in time with a shop that is really there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const run = join(import.meta.dirname, '../../scripts/run.mjs');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-demo-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function demo(stateDir: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [run, 'demo', '--state-dir', stateDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return { code, output };
}

test('five pushes to the shop', async () => {
  const { code, output } = await demo(join(folder, 'demo'));
  const rows = output
    .split('\n')
    .map((line) => line.split(/ {2,}/))
    .filter(([number]) => /^[1-5]$/.test(number ?? ''))
    .map(([, title, verdict, applied, unchanged, failed, back, skipped]) =>
      [title, verdict, applied, unchanged, failed, back, skipped].join(' | '),
    );
  expect(rows).toEqual([
    'The first push | succeeded | 18 | 0 | 0 | 0 | 0',
    'A new title for the shop | succeeded | 2 | 16 | 0 | 0 | 0',
    'A word in the README | nothing-to-do | 0 | 18 | 0 | 0 | 0',
    'A migration with a mistake in it | failed | 0 | 4 | 0 | 1 | 13',
    'The migration put right | succeeded | 6 | 12 | 0 | 0 | 0',
  ]);
  expect(output).toMatch(/belay\/dev\/database +failure +rolled back to [0-9a-f]{7} after: apply failed: /);
  expect(code).toBe(0);

  const deployed = (path: string) => join(folder, 'demo/deployed', path);
  for (const environment of ['dev', 'prod']) {
    expect(readFileSync(deployed(`${environment}/web/current/index.html`), 'utf8')).toContain(
      '<h1>The Belay Shop: ropes and more</h1>',
    );
    const database = new DatabaseSync(deployed(`${environment}/database/shop.sqlite`), { readOnly: true });
    const reviews = database.prepare('SELECT words FROM review').all();
    database.close();
    expect(reviews.map(({ words }) => words)).toEqual(['Held.']);
  }
  expect(existsSync(deployed('dev/monitoring/probes'))).toBe(true);
}, 240_000);

test('a directory that no demo made is left alone', async () => {
  const { code, output } = await demo(folder);
  expect(code).toBe(2);
  expect(output).toContain("is not an earlier demo's");
});
