/** What a person sees on a commit of the twin's GitHub, whatever Belay was when it wrote there. Called by `local/world.ts`. */
import type { Checks } from './checks.ts';
import type { Status, Statuses } from './statuses.ts';

/** A commit of a repository. */
export interface CommitAt {
  readonly repository: number;
  readonly sha: string;
}

/** The newest status of its context. */
export type ShownStatus = Pick<Status, 'sha' | 'context' | 'state'> & { readonly description: string };

/** A line of the list on a commit. */
export interface ShownCheck {
  readonly name: string;
  /** The conclusion of a run that has completed, else how far it is (`queued`, `in_progress`); of a status, its state. */
  readonly state: string;
  readonly title: string;
  /** What its page says, in Markdown: the summary, then the details. Both are empty for a status. */
  readonly summary: string;
  readonly details: string;
  /** Labels of its buttons. */
  readonly buttons: readonly string[];
}

/**
 * The newest run of each name, in the order of the names. A commit that was first shown with statuses, by a Belay that had a token,
 * keeps those (docs/decisions/0012-checks-or-statuses.md).
 */
export function shownChecks(
  { checks, statuses }: { readonly checks: Checks; readonly statuses: Statuses },
  at: CommitAt,
): ShownCheck[] {
  const runs = checks
    .of(at)
    .map(({ name, status, conclusion, output, actions }) => ({
      ...{ name, state: conclusion ?? status, title: output?.title ?? '' },
      ...{ summary: output?.summary ?? '', details: output?.text ?? '' },
      buttons: actions.map(({ label }) => label),
    }))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  if (runs.length > 0) return runs;
  return shownStatuses({ statuses }, at).map(({ context: name, state, description: title }) => ({
    ...{ name, state, title },
    ...{ summary: '', details: '', buttons: [] },
  }));
}

/** The newest of each context. */
export function shownStatuses({ statuses }: { readonly statuses: Statuses }, at: CommitAt): ShownStatus[] {
  return statuses
    .newest(at)
    .map(({ sha, context, state, description }) => ({ sha, context, state, description: description ?? '' }));
}
