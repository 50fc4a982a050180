/** What the benchmarks share: the median of runs, rows of the table, and small repositories to push. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pushWith } from '../local/cli/commands/push.ts';
import { commitAll, initRepository } from '../local/cli/demo/shop.ts';
import type { ReleaseReport } from '../local/cli/report.ts';
import type { Twin } from '../local/cli/twin.ts';

/** One line of the table. `limit` is what the number must stay under. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | '×' | '';
  readonly limit?: number;
  readonly note?: string;
}

/** What every benchmark is given: an open twin, a folder of its own and how often to measure. */
export interface Bench {
  readonly twin: Twin;
  readonly folder: string;
  readonly runs: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  if (low === undefined || high === undefined) throw new Error('the median of nothing');
  return (low + high) / 2;
}

/** Makes a repository of these files (path → content; an executable's begins with `#!`) and commits them. */
export function makeRepository(directory: string, files: Readonly<Record<string, string>>): void {
  initRepository(directory);
  changeFiles(directory, files);
}

/** Writes these files and commits. */
export function changeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
  commitAll(directory, 'A change');
}

/**
 * Pushes HEAD and waits for the end.
 * @throws Error when it does not succeed: what failed is not worth measuring.
 */
export async function timedPush(
  twin: Twin,
  directory: string,
): Promise<{ report: ReleaseReport; milliseconds: number }> {
  const start = performance.now();
  const { report } = await pushWith(twin, { directory, screen: undefined });
  const milliseconds = performance.now() - start;
  if (report.verdict === 'succeeded' || report.verdict === 'nothing-to-do') return { report, milliseconds };
  const failed = report.environments
    .flatMap(({ targets }) => targets)
    .filter(({ outcome }) => outcome === 'failed');
  const reasons = failed.map(({ target, reason }) => `${target}: ${reason}`).join('; ');
  throw new Error(`pushing ${directory}: ${report.verdict} (${reasons || report.reason})`);
}
