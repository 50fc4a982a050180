/** Is OpenTofu or Terraform installed? Tests of the real tool are skipped, with a printed reason, where neither is. */
import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

const installed = ['tofu', 'terraform'].some((tool) => spawnSync(tool, ['version']).status === 0);
if (!installed) process.stderr.write('skipped: neither tofu nor terraform is on PATH\n');

export const withTool = installed ? test : test.skip;
