/** An answer of GitHub's REST API that is not a success: thrown by the GitHub adapter, told apart by `git-status`. */
export class GitHubError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Set when a rate limit is used up: GitHub takes nothing before this moment. */
  readonly retryAt: Date | undefined;

  constructor(status: number, message: string, retryAt?: Date) {
    super(message);
    this.name = 'GitHubError';
    this.status = status;
    this.retryAt = retryAt;
  }
}

/** A permission that the App was not given on a repository: thrown when a token is asked for. Whoever can do without goes on. */
export class NotGranted extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotGranted';
  }
}
