/** `npm run demo [-- --state-dir DIR]`: walks the example shop through several pushes and shows what becomes of them. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pushWith } from './commands/push.ts';
import { commitAll, copyShop } from './demo/shop.ts';
import { type Step, steps } from './demo/steps.ts';
import { closeOnInterrupt } from './interrupt.ts';
import { openTwin as openPlainTwin } from './open-twin.ts';
import type { ReleaseReport } from './report.ts';
import { screenFor } from './screen.ts';
import { table } from './table.ts';
import type { Twin } from './twin.ts';
import { EXIT } from './usage.ts';
import { duration } from './words-for-people.ts';

const { values } = parseArgs({
  options: { 'state-dir': { type: 'string', default: join(import.meta.dirname, '../../.belay/demo') } },
});
const stateDir = resolve(values['state-dir']);
const shop = join(stateDir, 'shop');
const deployed = join(stateDir, 'deployed');
const marker = join(stateDir, 'made-by-the-demo');

const say = (...lines: string[]) => process.stdout.write(lines.map((line) => `${line}\n`).join(''));
const strong = (text: string) =>
  process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[1m${text}\x1b[0m` : text;

/** What one push came to. */
interface Walked {
  readonly step: Step;
  readonly report: ReleaseReport;
  readonly milliseconds: number;
}

async function walk(twin: Twin, step: Step, number: number): Promise<Walked> {
  say('', strong(`${number}. ${step.title}`), step.narration, '');
  step.change(shop);
  commitAll(shop, step.title);
  const start = performance.now();
  const screen = screenFor(process.stdout, process.env);
  const { report } = await pushWith(twin, { directory: shop, screen });
  const milliseconds = performance.now() - start;
  if (report.verdict === 'nothing-to-do') say('', `Nothing to do: ${report.reason}.`);
  if (report.verdict === 'failed') say('', 'The commit on GitHub now shows:', ...statusLines(report));
  return { step, report, milliseconds };
}

/** Those of skipped targets are counted only. */
function statusLines({ statuses }: ReleaseReport): string[] {
  const isSkipped = (description: string) => description.startsWith('skipped');
  const shown = statuses.filter(({ state, description }) => state !== 'success' && !isSkipped(description));
  const skipped = statuses.filter(({ description }) => isSkipped(description)).length;
  return [
    ...table(shown.map(({ context, state, description }) => ['', context, state, description])),
    `  and ${skipped} more for the targets that were skipped`,
  ];
}

function summary(walks: readonly Walked[]): string[] {
  const rows = walks.map(({ step, report, milliseconds }, index) => {
    const outcomes = report.environments.flatMap(({ targets }) => targets.map(({ outcome }) => outcome));
    const count = (wanted: string) => String(outcomes.filter((outcome) => outcome === wanted).length);
    return [
      `${index + 1}`,
      step.title,
      report.verdict ?? '',
      count('applied'),
      count('unchanged'),
      count('failed'),
      count('rolled-back'),
      count('skipped'),
      duration(milliseconds),
    ];
  });
  const head = ['', 'push', 'verdict', 'applied', 'unchanged', 'failed', 'rolled back', 'skipped', 'took'];
  return table([head, ...rows], [3, 4, 5, 6, 7, 8]);
}

function whereToLook(walks: readonly Walked[]): string[] {
  const here = (path: string) => relative(process.cwd(), path) || '.';
  const local = (command: string) => `  npm run local -- ${command} --state-dir ${here(stateDir)}`;
  const failed = walks.find(({ report }) => report.verdict === 'failed')?.report.release;
  const gateway = join(deployed, 'prod', 'gateway');
  return [
    'Where to look:',
    local('history'),
    ...(failed ? [local(`log --release ${failed} --target dev/database`)] : []),
    `  git -C ${here(shop)} log --oneline`,
    'Open the shop:',
    `  npx node ${here(join(gateway, 'current/server.mjs'))} ${here(join(gateway, 'routes.json'))} 8080`,
    'Push a repository of your own:',
    '  npm run local -- push --repo DIR',
  ];
}

// The demo begins with nothing. Only what an earlier demo left is removed.
if (existsSync(stateDir) && !existsSync(marker)) {
  process.stderr.write(
    `belay: ${stateDir} is not an earlier demo's; name a directory that does not exist yet\n`,
  );
  process.exit(EXIT.badInput);
}
rmSync(stateDir, { recursive: true, force: true });
copyShop(shop);
writeFileSync(marker, '');
say(strong('Belay: five pushes to a small shop, deployed by the real tool on this machine.'));
// The shop's manifest names no place to deploy to: `host` takes it from here.
process.env.TF_VAR_root = deployed;
const { openTwin, spared } = closeOnInterrupt(
  openPlainTwin,
  (line) => void process.stderr.write(`${line}\n`),
);
const twin = await openTwin({ stateDir, passEnv: ['TF_VAR_root'] });
try {
  await twin.putSecret({
    directory: shop,
    name: 'shop/admin-password',
    value: 'correct horse battery staple',
  });
  const walks: Walked[] = [];
  for (const [index, step] of steps.entries()) walks.push(await walk(twin, step, index + 1));
  say('', strong('What happened'), ...summary(walks), '', ...whereToLook(walks));
  const surprising = walks.filter(({ step, report }) => !step.verdicts.some((one) => one === report.verdict));
  for (const { step, report } of surprising)
    say(
      '',
      `belay: "${step.title}" should have ended ${step.verdicts[0]}, it ended ${report.verdict}: ${report.reason}`,
    );
  process.exitCode = surprising.length === 0 ? 0 : 1;
} finally {
  await spared();
  await twin.close();
}
