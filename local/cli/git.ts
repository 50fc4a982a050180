/** What the commands ask of a git repository before it is pushed. */
import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { BadInput } from './usage.ts';

const run = promisify(execFile);

/**
 * The repository at `directory`: its real path, its HEAD, and whether there are changes that no commit has.
 * @throws BadInput when it is not the root of one, or has no commit.
 */
export async function workingCopy(
  directory: string,
): Promise<{ directory: string; commit: string; isDirty: boolean }> {
  const git = async (...args: string[]) => (await run('git', ['-C', directory, ...args])).stdout.trim();
  const real = await realpath(directory).catch(() => {
    throw new BadInput(`there is no directory ${directory}`);
  });
  const bare = await git('rev-parse', '--is-bare-repository').catch(() => {
    throw new BadInput(`${directory} is not a git repository`);
  });
  const isBare = bare === 'true';
  const root = await git('rev-parse', isBare ? '--absolute-git-dir' : '--show-toplevel');
  if ((await realpath(root)) !== real)
    throw new BadInput(
      `${directory} lies inside the git repository ${root}; name its root, or make it a repository of its own`,
    );
  const commit = await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}').catch(() => {
    throw new BadInput(`${directory} has no commit yet`);
  });
  return { directory: real, commit, isDirty: !isBare && (await git('status', '--porcelain')) !== '' };
}
