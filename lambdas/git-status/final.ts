/** What GitHub refuses for good: asked by `show-deployments` and `show-history`. */
import { GitHubError, NotGranted } from '../github-error.ts';

/** It does not get better by trying: no permission, no such repository or commit, an empty repository, a rule of the repository. */
export const isFinal = (error: unknown): error is Error =>
  error instanceof NotGranted ||
  (error instanceof GitHubError &&
    error.retryAt === undefined &&
    [403, 404, 409, 422].includes(error.status));
