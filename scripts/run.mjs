// What the npm scripts of this project call (`npm run demo`, `npm test`, …; all are in `commands` below): makes a fresh clone ready, then
// runs the command on the project's own Node. Plain JavaScript without dependencies, because it runs before anything is installed.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { memoryFolder } from './memory.mjs';
import { ensureSynth } from './synth.mjs';
import { findTool } from './tool.mjs';

const root = dirname(import.meta.dirname);
const binaries = join(root, 'node_modules', '.bin');
const node = join(binaries, 'node');

/** Commands of `local` that begin no job. All others may go on with what waits, and that may need the tool. */
const WITHOUT_JOBS = [undefined, '--help', '-h', 'status', 'history', 'log', 'trace', 'secret', 'metrics'];

const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

/** The tests of which `npm test` tries a sample, or which take too long for it. */
const SAMPLED = [
  'test/browser',
  'test/e2e/shop',
  'test/lambdas/crash-retry',
  'test/lambdas/interleavings',
  'test/lambdas/rollback/any-failure',
  'test/lambdas/webhook/fuzz',
];

/** What each command runs, and whether it needs OpenTofu or Terraform, and the synthesized stacks. */
const commands = {
  demo: { argv: ['local/cli/demo.ts'], needsTool: () => true },
  local: { argv: ['local/cli.ts'], needsTool: ([subcommand]) => !WITHOUT_JOBS.includes(subcommand) },
  bench: { argv: ['bench/main.ts'], needsTool: () => true },
  faults: { argv: ['test/faults/main.ts'], needsTool: () => false },
  grants: { argv: ['test/grants/main.ts'], needsTool: () => true, temporary: memoryFolder },
  doctor: { argv: ['doctor/main.ts'], needsTool: () => false, needsSynth: false },
  load: { argv: ['bench/load/main.ts'], needsTool: () => false, temporary: memoryFolder },
  images: { argv: ['scripts/images.mjs'], needsTool: () => false },
  screenshots: { argv: ['test/browser/screenshots.ts'], needsTool: () => true },
  'verify:independent': { argv: ['test/independent/main.ts'], needsTool: () => false },
  test: { argv: jest, needsTool: () => true, temporary: memoryFolder },
  thorough: {
    argv: [...jest, ...SAMPLED],
    needsTool: () => true,
    temporary: memoryFolder,
    environment: { BELAY_THOROUGH: '1' },
  },
};

async function main([name, ...args]) {
  if (!Object.hasOwn(commands, name ?? '')) {
    console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join('|')} [argument…]`);
    return 2;
  }
  const { argv, needsTool, needsSynth = true, temporary, environment } = commands[name];
  // Types are not stripped, nor code compiled, a second time: a third of what a short command takes.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
  await ensureInstalled(root);
  const path = [binaries, process.env.PATH];
  if (needsTool(args)) {
    const fetched = await findTool(root, node);
    if (fetched !== undefined) path.push(fetched);
  }
  if (needsSynth) await ensureSynth(root, node);
  return runToEnd(
    ['--no-warnings', ...argv.map((one) => (one.includes('/') ? join(root, one) : one)), ...args],
    {
      TMPDIR: temporary?.(),
      ...process.env,
      ...environment,
      PATH: path.join(delimiter),
    },
  );
}

/** Runs the project's Node and answers with its exit code, as a shell would for one that a signal ended. */
function runToEnd(argv, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, argv, { stdio: 'inherit', env });
    // The terminal sends Ctrl-C to both: the child decides how to end, and this process waits for it.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`belay: ${error.message}`);
    process.exitCode = 1;
  },
);
