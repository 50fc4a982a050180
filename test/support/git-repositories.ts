/** Real bare repositories in a temporary folder, as `GITHUB_URL` finds them; for tests that run the real git. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file's text, or its bytes, or a script, or a link. */
export type RepositoryFile = string | Buffer | { readonly executable: string } | { readonly linkTo: string };

export interface GitRepositories {
  /** For `GITHUB_URL`. */
  readonly url: string;
  /** Adds a commit with exactly these files to a repository's main branch and returns its id. */
  commit(repository: string, files: Record<string, RepositoryFile>): string;
  /** Runs git in the repository's work tree. */
  git(repository: string, ...args: string[]): string;
  remove(): void;
}

export function gitRepositories(): GitRepositories {
  const root = mkdtempSync(join(tmpdir(), 'belay-test-git-'));
  const bare = (repository: string) => join(root, 'bare', `${repository}.git`);
  const tree = (repository: string) => join(root, 'work', repository);

  const environment = {
    PATH: process.env.PATH,
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Mira',
    GIT_AUTHOR_EMAIL: 'mira@acme.example',
    GIT_AUTHOR_DATE: '2026-11-20T14:00:00Z',
    GIT_COMMITTER_NAME: 'Mira',
    GIT_COMMITTER_EMAIL: 'mira@acme.example',
    GIT_COMMITTER_DATE: '2026-11-20T14:00:00Z',
  };
  const git = (repository: string, ...args: string[]) => {
    mkdirSync(tree(repository), { recursive: true });
    return execFileSync('git', args, {
      cwd: tree(repository),
      env: environment,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  };

  return {
    url: `file://${join(root, 'bare')}`,
    git,
    commit(repository, files) {
      mkdirSync(bare(repository), { recursive: true });
      git(repository, 'init', '--quiet', '--bare', bare(repository));
      git(repository, 'init', '--quiet', '--initial-branch=main');
      git(repository, 'rm', '-r', '-q', '--ignore-unmatch', '.');
      for (const [path, file] of Object.entries(files)) put(join(tree(repository), path), file);
      git(repository, 'add', '--all', '--force');
      git(repository, 'commit', '--quiet', '--allow-empty', '--message=change');
      git(repository, 'push', '--quiet', '--force', bare(repository), 'HEAD:main');
      return git(repository, 'rev-parse', 'HEAD');
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function put(path: string, file: RepositoryFile) {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof file === 'string' || Buffer.isBuffer(file)) writeFileSync(path, file);
  else if ('linkTo' in file) symlinkSync(file.linkTo, path);
  else {
    writeFileSync(path, file.executable);
    chmodSync(path, 0o755);
  }
}
