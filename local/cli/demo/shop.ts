/** A working copy of the example shop in a fresh git repository; used by the demo and the benchmarks. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const example = join(import.meta.dirname, '../../../examples/shop');

/** Copies the shop to `directory` (which must not exist) and makes a repository of it, without a commit. */
export function copyShop(directory: string): void {
  cpSync(example, directory, { recursive: true });
  initRepository(directory);
}

/** Makes `directory` an empty repository on the branch `main`. */
export function initRepository(directory: string): void {
  mkdirSync(directory, { recursive: true });
  git(directory, 'init', '--quiet', '--initial-branch=main');
}

/** Commits everything that is in the working copy. */
export function commitAll(directory: string, message: string): void {
  git(directory, 'add', '--all');
  const identity = [
    '-c',
    'user.name=Demo',
    '-c',
    'user.email=demo@example.org',
    '-c',
    'commit.gpgsign=false',
  ];
  git(directory, ...identity, 'commit', '--quiet', '--allow-empty', `--message=${message}`);
}

function git(directory: string, ...args: string[]): void {
  execFileSync('git', ['-C', directory, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}
