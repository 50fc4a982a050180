/** An answer of GitHub's REST API that is not a success: thrown by the GitHub adapter, told apart by `git-status`. */
export class GitHubError extends Error {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'GitHubError';
    this.status = status;
  }
}
