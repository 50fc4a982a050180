// Synthesizes the stacks into cdk.out when their sources have changed since; called by run.mjs. The local twin and the tests
// run what is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const sources = [
  'belay.config.ts',
  'bin',
  'core',
  'executor-image',
  'lambdas',
  'lib',
  'cdk.json',
  'package-lock.json',
];
const stampFile = '.belay-sources';

/** Brings `cdk.out` up to date, or leaves it alone when it is. `node` is the project's own. */
export async function ensureSynth(root, node) {
  const digest = digestOf(root);
  const assembly = join(root, 'cdk.out');
  if (stampOf(assembly) === digest) return;
  process.stderr.write('belay: synthesizing the stacks (cdk synth) …\n');
  mkdirSync(join(root, '.belay'), { recursive: true });
  const work = mkdtempSync(join(root, '.belay', 'synth-'));
  try {
    synthesize(root, node, join(work, 'new'));
    writeFileSync(join(work, 'new', stampFile), digest);
    // Another command may have been faster, and may be reading its assembly already.
    if (stampOf(assembly) !== digest) swap(assembly, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function synthesize(root, node, output) {
  const { status } = spawnSync(
    node,
    [join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk'), 'synth', '--quiet', '--output', output],
    {
      cwd: root,
      env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' },
      stdio: ['ignore', process.stderr, process.stderr],
    },
  );
  if (status !== 0) throw new Error('synthesizing the stacks: cdk synth failed, see above');
}

function swap(assembly, work) {
  try {
    renameSync(assembly, join(work, 'old'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(join(work, 'new'), assembly);
}

function stampOf(assembly) {
  try {
    return readFileSync(join(assembly, stampFile), 'utf8');
  } catch {
    return undefined;
  }
}

/** One hash over names and contents of everything the assembly is made of. */
function digestOf(root) {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesUnder(root, source))) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesUnder(root, path) {
  let entries;
  try {
    entries = readdirSync(join(root, path), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => filesUnder(root, join(path, name)));
}
