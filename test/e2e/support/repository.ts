/** A user's repository in a folder of its own, changed and committed with the real git; used by the end-to-end tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Path → text; `null` removes the file. */
export type Files = Readonly<Record<string, string | null>>;

export interface Repository {
  readonly directory: string;
  /** Writes the files, commits everything, and answers the new commit's id. */
  commit(files: Files): string;
  /** Runs git in the repository and answers what it printed. */
  git(...args: string[]): string;
}

/** No configuration of whoever runs the tests. */
const environment = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Mira',
  GIT_AUTHOR_EMAIL: 'mira@acme.example',
  GIT_COMMITTER_NAME: 'Mira',
  GIT_COMMITTER_EMAIL: 'mira@acme.example',
};

/** Makes an empty repository with the branch `main`. */
export function makeRepository(directory: string): Repository {
  mkdirSync(directory, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: directory, env: environment, encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  return {
    directory,
    git,
    commit(files) {
      for (const [path, text] of Object.entries(files)) put(join(directory, path), text);
      git('add', '--all', '--force');
      git('commit', '--quiet', '--allow-empty', '--message=change');
      return git('rev-parse', 'HEAD');
    },
  };
}

function put(path: string, text: string | null) {
  if (text === null) return rmSync(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
