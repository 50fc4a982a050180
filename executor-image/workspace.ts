/** Where one target's files lie. The same absolute path in every job of the target: saved plans remember paths. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSpec } from '../core/contracts/job.ts';
import { badInput } from './failure.ts';

/** Names of files and folders under {@link Workspace.root}; `tree` and `bundleFiles` are what a plan bundle holds. */
export const TREE = 'tree';
export const BUNDLE_FILES = ['meta.json', 'plan.bin'] as const;

export interface Workspace {
  /** `<workspace>/<repository id>/<environment>/<component>` */
  readonly root: string;
  /** The unpacked snapshot. */
  readonly tree: string;
  /** The component's directory in the tree: where the tool runs. */
  readonly component: string;
  /** The executor's own files (identity, log, downloads): outside the tree, never in a bundle. */
  readonly own: string;
}

/**
 * Makes the target's place, emptied of whatever an earlier job left.
 * @throws JobFailure when a name would leave the workspace.
 */
export async function openWorkspace(workspace: string, spec: JobSpec): Promise<Workspace> {
  const { environment, component, path } = spec.target;
  for (const name of [environment, component]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw badInput(
        `opening the workspace: "${name}" cannot be the name of a folder; rename it in belay.yaml`,
      );
    }
  }
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw badInput(`opening the workspace: the component's path "${path}" leaves the repository`);
  }
  const root = join(workspace, String(spec.repository.id), environment, component);
  await rm(root, { recursive: true, force: true });
  const place = { root, tree: join(root, TREE), component: join(root, TREE, path), own: join(root, 'own') };
  await mkdir(place.tree, { recursive: true });
  await mkdir(place.own, { recursive: true, mode: 0o700 });
  return place;
}

/** @throws JobFailure when the snapshot has no directory at the component's path. */
export async function requireComponent(workspace: Workspace, spec: JobSpec): Promise<void> {
  const found = await stat(workspace.component).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw badInput(
      `the commit ${spec.source.commit.slice(0, 7)} has no directory ${spec.target.path}, the path of ${spec.target.component} in belay.yaml`,
    );
  }
}
