/**
 * `npm run verify:independent [-- --endpoint URL]`: the synthesized templates under tools that others have written. Ends with 0 when what
 * could be run found nothing, with 1 when it found something, with 2 when nothing could be run.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployEverywhere } from './deployment.ts';
import { lint } from './lint.ts';
import type { Template } from './template.ts';
import type { Part } from './tools.ts';

const { values } = parseArgs({ options: { endpoint: { type: 'string' } } });

const cdkOut = join(import.meta.dirname, '../../cdk.out');
const templates = new Map(
  readdirSync(cdkOut)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => [name, JSON.parse(readFileSync(join(cdkOut, name), 'utf8')) as Template]),
);
const folder = mkdtempSync(join(tmpdir(), 'belay-independent-'));
const parts: Part[] = [];
try {
  for (const run of [() => lint(templates, folder), () => deployEverywhere(templates, values.endpoint)]) {
    const part = await run();
    parts.push(part);
    const verdict = part.ran
      ? part.problems.length === 0
        ? 'well'
        : `${part.problems.length} found`
      : 'NOT RUN';
    process.stdout.write(`${part.name}: ${verdict}\n`);
    for (const note of part.notes) process.stdout.write(`  ${note}\n`);
    for (const problem of part.problems) process.stdout.write(`  ✗ ${problem}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (parts.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
else if (!parts.some(({ ran }) => ran)) process.exitCode = 2;
