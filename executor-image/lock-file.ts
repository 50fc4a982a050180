/** The lock file of a plan that works on last good: its own, or where that is too old for the state, the failed release's. Called by `stages.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSpec } from '../core/contracts/job.ts';
import { readPacked } from './archive.ts';
import { failed, JobFailure } from './failure.ts';
import { TREE, type Workspace } from './workspace.ts';

const LOCK_FILE = '.terraform.lock.hcl';

/** Heading in docs/runbook.md that says what to do. */
export const NEWER_PROVIDER = 'Provider newer than last good';

/**
 * How both tools refuse a state that a newer provider has written:
 * https://github.com/opentofu/opentofu/blob/main/internal/tofu/upgrade_resource_state.go
 */
const REFUSAL = 'Resource instance managed by newer provider version';

/** Archives by artifact name, as far as they are stored. */
export type LockArchives = Readonly<Record<'lock' | 'current-bundle' | 'current-source', string | undefined>>;

/**
 * Does `work` with last good's lock file, and once more with the failed release's when last good's provider is too old for the state.
 * Without locks in the spec it is simply done.
 * @throws JobFailure under the runbook's heading when that did not help either.
 */
export async function withLockFile<T>(
  {
    spec,
    workspace,
    archives,
    say,
  }: {
    readonly spec: JobSpec;
    readonly workspace: Workspace;
    readonly archives: LockArchives;
    readonly say: (text: string) => void;
  },
  work: () => Promise<T>,
): Promise<T> {
  if (spec.locks === undefined) return work();
  const { path } = spec.target;
  await layLockFile(workspace, [[archives.lock, join(TREE, path)]]);
  try {
    return await work();
  } catch (error) {
    if (!isTooOld(error)) throw error;
    const { current } = spec.locks;
    const found =
      current !== undefined &&
      (await layLockFile(workspace, [
        [archives['current-bundle'], join(TREE, current.path)],
        [archives['current-source'], current.path],
      ]));
    if (!found) throw underHeading(error);
    say('the state was written by a newer provider: once more with the lock file of the failed release');
    return await work().catch((again: unknown) => {
      throw isTooOld(again) ? underHeading(again) : again;
    });
  }
}

const isTooOld = (error: unknown): error is JobFailure =>
  error instanceof JobFailure && error.diagnostics.some(({ summary }) => summary === REFUSAL);

const underHeading = ({ message, diagnostics }: JobFailure) =>
  failed(`${NEWER_PROVIDER}: ${message}`, diagnostics);

/** Puts the lock file of the first archive that has one into the component's directory. Without any, what is there stays. */
async function layLockFile(
  { component }: Workspace,
  archives: readonly (readonly [archive: string | undefined, folder: string])[],
): Promise<boolean> {
  for (const [archive, folder] of archives) {
    const content = archive && (await readPacked(archive, join(folder, LOCK_FILE)));
    if (!content) continue;
    await writeFile(join(component, LOCK_FILE), content);
    return true;
  }
  return false;
}
