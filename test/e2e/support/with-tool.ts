/** Tests of the real tool, side by side with the others of their file; skipped, with a printed reason, where none is installed. */
import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

const installed = ['tofu', 'terraform'].some((tool) => spawnSync(tool, ['version']).status === 0);
if (!installed) process.stderr.write('skipped: neither tofu nor terraform is on PATH\n');

export const withTool = installed ? test.concurrent : test.concurrent.skip;
