/** Why a message is put off, and for how long: thrown while GitHub is told, caught by `git-status`. */
import { GitHubError } from '../github-error.ts';

/** The budget is used up. */
export class OverBudget extends Error {
  readonly until: Date;
  /** Whether only progress waits: then nobody misses anything. */
  readonly isProgress: boolean;

  constructor(until: Date, isProgress: boolean) {
    super(`GitHub takes no more for now: going on at ${until.toISOString()}`);
    this.name = 'OverBudget';
    this.until = until;
    this.isProgress = isProgress;
  }
}

const SHORTEST = 5;
const LONGEST = 600;
/** What waits behind progress may be an end: that must not wait long. */
const LONGEST_FOR_PROGRESS = 20;

/** Seconds until a message is looked at again, by what went wrong and how often it was tried. */
export function pauseAfter(error: unknown, tries: number, now: Date): number {
  const at =
    error instanceof OverBudget ? error.until : error instanceof GitHubError ? error.retryAt : undefined;
  const longest = error instanceof OverBudget && error.isProgress ? LONGEST_FOR_PROGRESS : LONGEST;
  const seconds =
    at === undefined ? SHORTEST * 2 ** Math.min(tries - 1, 10) : (at.getTime() - now.getTime()) / 1000;
  return Math.min(longest, Math.max(1, Math.ceil(seconds)));
}
