/** A repository of 300 independent targets: everything, one of them, none of them. Run by `main.ts`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, changeFiles, makeRepository, type Row, timedPush } from './measure.ts';

const COUNT = 300;
const names = Array.from({ length: COUNT }, (_, index) => `part-${String(index + 1).padStart(3, '0')}`);

/** `deployed` is where the parts are copied to. */
const manifest = (deployed: string) =>
  [
    'version: 1',
    'environments:',
    '  dev: { account: "111122223333", region: eu-west-1 }',
    'defaults:',
    '  tool: shell',
    `  env: { DEPLOYED: ${JSON.stringify(deployed)} }`,
    'components:',
    ...names.map(
      (name) =>
        `  ${name}: { path: ${name}, commands: { plan: "cmp -s value $DEPLOYED/${name} || exit 2", apply: "cp value $DEPLOYED/${name}" } }`,
    ),
    '',
  ].join('\n');

export async function manyTargets({ twin, folder }: Bench): Promise<Row[]> {
  const directory = join(folder, 'many-targets');
  const deployed = join(folder, 'deployed');
  mkdirSync(deployed);
  const parts = Object.fromEntries(names.map((name) => [`${name}/value`, `${name}\n`]));
  makeRepository(directory, { ...parts, 'belay.yaml': manifest(deployed) });
  const push = async (expected: number) => {
    const { report, milliseconds } = await timedPush(twin, directory);
    const outcomes = report.environments.flatMap(({ targets }) => targets.map(({ outcome }) => outcome));
    const applied = outcomes.filter((outcome) => outcome === 'applied').length;
    const rest = outcomes.filter((outcome) => outcome === 'unchanged').length;
    if (applied !== expected || applied + rest !== COUNT)
      throw new Error(
        `pushing ${COUNT} targets: ${applied} applied, expected ${expected}; ${rest} unchanged`,
      );
    return milliseconds / 1000;
  };
  const jobsBefore = (await twin.jobs()).length;
  const all = await push(COUNT);
  const jobs = (await twin.jobs()).length - jobsBefore;
  changeFiles(directory, { 'part-150/value': 'another\n' });
  const one = await push(1);
  changeFiles(directory, { 'README.md': 'none of them\n' });
  const none = await push(0);
  return [
    {
      what: `${COUNT} targets, all new`,
      value: all,
      unit: 's',
      note: `${jobs} jobs, ${(all / COUNT).toFixed(2)} s for each target`,
    },
    { what: `${COUNT} targets, one changed`, value: one, unit: 's' },
    { what: `${COUNT} targets, none changed`, value: none, unit: 's' },
  ];
}
