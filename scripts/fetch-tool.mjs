// fetch-tool.mjs FOLDER: fetches the pinned OpenTofu into FOLDER as the executor would, or finds it there, and prints where
// it lies; started by tool.mjs on the project's own Node, which reads TypeScript.
import { dirname } from 'node:path';
import { findTool } from '../executor-image/tools/toolchain.ts';

const [cache] = process.argv.slice(2);
try {
  const { binary } = await findTool({ tool: 'opentofu', path: '', cache, env: process.env });
  process.stdout.write(dirname(binary));
} catch (error) {
  process.stderr.write(`belay: ${error.message}\n`);
  process.exitCode = 1;
}
