/** Bundles TypeScript entries to the files that run in AWS: one `.mjs` each, for the images and for the one zip function. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const PROJECT = join(import.meta.dirname, '..');
const nodeHttp = join(import.meta.dirname, 'node-http.cjs');

/** Writes `<name>.mjs` into `output` for each bundle name → entry file, relative to the project. */
export function bundle(entries: Readonly<Record<string, string>>, output: string): void {
  mkdirSync(output, { recursive: true });
  buildSync({
    absWorkingDir: PROJECT,
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([name, file]) => [name, join(PROJECT, file)]),
    ),
    outdir: output,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    alias: { http: nodeHttp, 'node:http': nodeHttp },
    minify: true,
    keepNames: true,
    legalComments: 'none',
    // Some CommonJS dependencies call `require` for Node's own modules. The name must not meet a minified one.
    banner: {
      js: "import{createRequire as belayCreateRequire}from'node:module';const require=belayCreateRequire(import.meta.url);",
    },
  });
}
