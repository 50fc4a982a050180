import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { layerProblems } from './layers.ts';

const root = join(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

describe('imports point one way', () => {
  const folders = ['core', 'lib', 'lambdas', 'executor-image', 'local', 'bin', 'bench', 'doctor'];

  test.each(folders)('%s', (folder) => {
    const files = sources(folder);
    expect(files.flatMap((file) => layerProblems(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  test('there is something to check', () => {
    expect(folders.flatMap(sources).length).toBeGreaterThan(50);
  });
});

describe('the rules catch', () => {
  test.each([
    ['lib reaching into a handler', 'lib/x.ts', "import { handler } from '../lambdas/webhook/handler.ts';"],
    ['the twin reading the stack instead of cdk.out', 'local/a/x.ts', "import '../../lib/belay-stack.ts';"],
    ['the CDK in a function', 'lambdas/x/x.ts', "import { App } from 'aws-cdk-lib/core';"],
    ['the CDK in the executor', 'executor-image/x.ts', "const c = await import('aws-cdk-lib');"],
    ['an AWS client in core', 'core/x.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['the file system in core', 'core/x.ts', "import { readFileSync } from 'node:fs';"],
    ['the clock in core', 'core/x.ts', 'export const now = () => Date.now();'],
    [
      'an AWS client in the logic of a function',
      'lambdas/x/x.ts',
      "import {\n  S3Client,\n} from '@aws-sdk/client-s3';",
    ],
    ['core reaching up', 'core/a/x.ts', "export { x } from '../../local/x.ts';"],
  ])('%s', (_, path, text) => {
    expect(layerProblems(path, text)).toHaveLength(1);
  });

  test('and let through what is allowed', () => {
    const text =
      "import * as z from 'zod';\nimport { x } from '../keys.ts';\nimport { createHash } from 'node:crypto';";
    expect(layerProblems('core/contracts/x.ts', text)).toEqual([]);
  });
});
