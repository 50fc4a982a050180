/** What GitHub refuses for good: asked by whatever writes what nobody must wait for. */
import { GitHubError, NotGranted } from '../github-error.ts';

/** It does not get better by trying: no permission, what it is about is gone or locked, an empty repository, a rule of the repository. */
export const isFinal = (error: unknown): error is Error =>
  error instanceof NotGranted ||
  (error instanceof GitHubError &&
    error.retryAt === undefined &&
    [403, 404, 409, 410, 422].includes(error.status));
