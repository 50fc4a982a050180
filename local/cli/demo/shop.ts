/** A working copy of the example shop in a fresh git repository; used by the demo and the benchmarks. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const example = join(import.meta.dirname, '../../../examples/shop');

/**
 * Copies the shop to `directory` (which must not exist) and makes a repository of it, without a commit. It is to be deployed below `root`;
 * prod asks a person before anything is deleted or replaced.
 */
export function copyShop(directory: string, root: string): void {
  cpSync(example, directory, { recursive: true });
  const manifest = join(directory, 'belay.yaml');
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(
    manifest,
    text
      .replace(/(?<=environment: \w+)(?= })/g, () => `, root: ${JSON.stringify(root)}`)
      .replace(/(?<=after: dev\n +approval: )never/, 'on-destroy'),
  );
  initRepository(directory);
}

/** Makes `directory` an empty repository on the branch `main`. */
export function initRepository(directory: string): void {
  mkdirSync(directory, { recursive: true });
  git(directory, 'init', '--quiet', '--initial-branch=main');
}

/** Commits everything that is in the working copy, and answers with the commit's id. Mira wrote it. */
export function commitAll(directory: string, message: string): string {
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--allow-empty', `--message=${message}`);
  return git(directory, 'rev-parse', 'HEAD');
}

/** Begins a branch at HEAD. */
export function startBranch(directory: string, branch: string): void {
  git(directory, 'switch', '--quiet', '--create', branch);
}

/** Merges a branch into `main`, as Mira pressing the button of a pull request does, and answers with the commit's id. */
export function mergeBranch(directory: string, branch: string, message: string): string {
  git(directory, 'switch', '--quiet', 'main');
  git(directory, 'merge', '--quiet', '--no-ff', `--message=${message}`, branch);
  return git(directory, 'rev-parse', 'HEAD');
}

/** Nothing that whoever runs it has configured. */
const environment = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Mira',
  GIT_AUTHOR_EMAIL: 'mira@example.org',
  GIT_COMMITTER_NAME: 'Mira',
  GIT_COMMITTER_EMAIL: 'mira@example.org',
};

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, ...args], {
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}
