/** How the images of components with `build` are named: where they are pushed, and by which tag an unchanged context is known. */
import { createHash } from 'node:crypto';
import type { BuildSettings } from './manifest/resolved.ts';
import type { Architecture } from './words.ts';

/** All repositories that Belay makes begin with it; what may push and make them is limited to it. */
export const APP_REPOSITORIES = 'belay-app/';

/** By GitHub's numeric id, which survives renames. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
export const appRepository = (repository: number, component: string) =>
  `${APP_REPOSITORIES}${repository}/${component}`;

/** One project for each architecture. */
export const appProject = (architecture: Architecture) => `belay-app-${architecture}`;

/**
 * `<git tree of the context>-<hash of the Dockerfile's path>-<architecture>`: equal contexts have equal tags, whatever commit they are
 * in. What the local twin runs in a builder's place is no part of it.
 */
export function appTag(
  contextTree: string,
  { dockerfile }: Pick<BuildSettings, 'dockerfile'>,
  architecture: Architecture,
): string {
  const hash = createHash('sha256').update(dockerfile).digest('hex').slice(0, 12);
  return `${contextTree}-${hash}-${architecture}`;
}
