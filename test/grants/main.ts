/** `npm run grants`: runs the end-to-end and the fault suite and writes docs/grants.md from what they have used. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAssembly } from '../../local/assembly/load.ts';
import { unexplained, writeDocument } from './document.ts';
import { grantsOf } from './grants.ts';
import { RECORD_VARIABLE } from './recorder.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'belay-grants-'));
try {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const { status } = spawnSync(
    process.execPath,
    ['--no-warnings', '--experimental-vm-modules', jest, 'test/e2e', 'test/faults'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, [RECORD_VARIABLE]: folder } },
  );
  if (status !== 0) throw new Error('recording what roles use: a suite has failed, see above');
  const records = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const used = new Set(records.flatMap((record) => record.split('\n')));
  const assembly = loadAssembly({ cdkOut: join(root, 'cdk.out'), endpoint: 'http://127.0.0.1:1' });
  const grants = grantsOf(assembly);
  writeFileSync(join(root, 'docs/grants.md'), writeDocument(grants, used));
  const left = unexplained(grants, used).map((name) => `  ${name}\n`);
  if (left.length > 0)
    throw new Error(
      `docs/grants.md is written; these no suite uses and nobody explains:\n${left.join('')}Take them away in lib/, use them in an end-to-end test, or say in test/grants/explained.ts when they are needed.`,
    );
} catch (error) {
  process.stderr.write(`grants: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
