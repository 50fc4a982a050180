/**
 * `npm run faults`: every fault at every point of every scenario, counted by kind. `-- --every 10` tries every tenth,
 * `-- --scenario NAME` one scenario, `-- --only "NAME/POINT/KIND"` one fault, and prints what happened.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { faultsOf, type Result, type Share } from './every-fault.ts';
import type { Kind } from './points.ts';
import { run } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

const { values } = parseArgs({
  options: { every: { type: 'string' }, scenario: { type: 'string' }, only: { type: 'string' } },
});

process.exitCode = values.only === undefined ? await tryAll() : await tryOne(values.only);

async function tryAll(): Promise<number> {
  const every = Number(values.every ?? 1);
  const scenarios = SCENARIOS.filter(({ name }) => name === (values.scenario ?? name));
  const columns = new Map<string, Result[]>();
  for (const { name } of scenarios) {
    const begun = performance.now();
    const of = availableParallelism();
    const results = await Promise.all(
      Array.from({ length: of }, (_, share) => inThread({ name, every, share, of })),
    );
    columns.set(name, results);
    console.log(`${name}: ${sumOf(results)} faults in ${Math.round((performance.now() - begun) / 1000)} s`);
    for (const { fault, problems } of results.flatMap(({ failures }) => failures)) {
      console.log(`  ✗ --only "${name}/${fault.n}/${fault.kind}" (${fault.name})`);
      for (const problem of problems) console.log(`      ${problem}`);
    }
  }
  printTable(columns);
  return [...columns.values()].flat().some(({ failures }) => failures.length > 0) ? 1 : 0;
}

function inThread(share: Share): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function sumOf(results: readonly Result[], kind?: Kind, what: 'tried' | 'redriven' = 'tried'): number {
  const counts = results.flatMap((result) => [...result.counts]);
  return counts.reduce((sum, [one, count]) => (one === (kind ?? one) ? sum + count[what] : sum), 0);
}

/** Kinds by scenarios: how many were tried, and after how many of all people had to redrive. */
function printTable(columns: ReadonlyMap<string, readonly Result[]>): void {
  const all = [...columns.values()].flat();
  const kinds = [...new Set(all.flatMap(({ counts }) => [...counts.keys()]))].sort();
  const line = (cells: readonly (string | number)[]) =>
    console.log(
      cells
        .map((cell, index) => (index === 0 ? String(cell).padEnd(30) : String(cell).padStart(18)))
        .join(''),
    );
  line(['', ...columns.keys(), 'all', 'redriven', 'not well']);
  for (const kind of [...kinds, undefined]) {
    const failed = all
      .flatMap(({ failures }) => failures)
      .filter(({ fault }) => fault.kind === (kind ?? fault.kind));
    line([
      kind ?? 'all',
      ...[...columns.values()].map((results) => sumOf(results, kind)),
      ...[sumOf(all, kind), sumOf(all, kind, 'redriven'), failed.length],
    ]);
  }
}

/** Prints the trail of one run. */
async function tryOne(only: string): Promise<number> {
  const [name, n, kind] = only.split('/');
  const scenario = SCENARIOS.find((one) => one.name === name);
  const faults = scenario === undefined ? [] : await faultsOf(scenario);
  const fault = faults.find((one) => one.n === Number(n) && one.kind === (kind ?? one.kind));
  if (scenario === undefined || fault === undefined) {
    console.error(
      `there is no fault "${only}": it is "SCENARIO/NUMBER/KIND", as it is printed when it is not well`,
    );
    return 2;
  }
  const { trail, problems, rounds } = await run(scenario, fault);
  console.log(trail.join('\n'));
  console.log(
    `${fault.kind} at ${fault.name}: ${problems.join('; ') || 'all is well'}, redriven ${rounds} times`,
  );
  return problems.length > 0 ? 1 : 0;
}
