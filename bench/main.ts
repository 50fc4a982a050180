/** `npm run bench [-- --runs N] [--only NAME]…`: measures the pipeline on this machine and prints a small table. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openTwin } from '../local/cli/open-twin.ts';
import { table } from '../local/cli/table.ts';
import { chain } from './chain.ts';
import { manyTargets } from './many-targets.ts';
import type { Bench, Row } from './measure.ts';
import { startUp } from './start-up.ts';

const benchmarks: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  'start-up': startUp,
  chain,
  'many-targets': manyTargets,
};

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, only: { type: 'string', multiple: true } },
});
const chosen = values.only ?? Object.keys(benchmarks);
const unknown = chosen.filter((name) => !Object.hasOwn(benchmarks, name));
const runs = Number(values.runs);
if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
  process.stderr.write(`usage: npm run bench -- [--runs N] [--only ${Object.keys(benchmarks).join('|')}]…\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'belay-bench-'));
const twin = await openTwin({ stateDir: join(folder, 'twin') });
const rows: Row[] = [];
try {
  for (const name of chosen) {
    process.stderr.write(`measuring ${name} …\n`);
    rows.push(...((await benchmarks[name]?.({ twin, folder, runs })) ?? []));
  }
} finally {
  await twin.close();
  rmSync(folder, { recursive: true, force: true });
}

const shown = ({ value, unit }: Pick<Row, 'value' | 'unit'>) =>
  unit === 'ms' ? `${Math.round(value)} ms` : `${value.toFixed(2)} ${unit}`.trimEnd();
const lines = rows.map(({ what, value, unit, limit, note = '' }) => {
  const verdict = limit === undefined ? '' : `${value < limit ? 'under' : 'NOT UNDER'} ${limit} ${unit}`;
  return [what, shown({ value, unit }), verdict, note];
});
process.stdout.write(
  `${table([['', `median of ${runs}`, 'limit', ''], ...lines], [1]).join('\n')}\n` +
    `on ${availableParallelism()} cores, Node ${process.versions.node}\n`,
);
process.exitCode = rows.some(({ value, limit = Number.POSITIVE_INFINITY }) => value >= limit) ? 1 : 0;
