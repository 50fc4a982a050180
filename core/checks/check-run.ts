/** A check run as GitHub takes it, and its limits: https://docs.github.com/en/rest/checks/runs . Built here, written by `git-status`. */

export type CheckConclusion =
  | 'action_required'
  | 'cancelled'
  | 'failure'
  | 'neutral'
  | 'skipped'
  | 'success'
  | 'timed_out';

/** A button. GitHub shows it only once the run has completed. */
export interface CheckAction {
  /** At most 20 characters. */
  readonly label: string;
  /** At most 40 characters. */
  readonly description: string;
  /** At most 20 characters. */
  readonly identifier: string;
}

/** A place in the code that a run points at. */
export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: 'notice' | 'warning' | 'failure';
  /** At most 255 characters. */
  readonly title: string;
  /** At most 64 KB. */
  readonly message: string;
}

export interface CheckRun {
  readonly name: string;
  readonly external_id: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: CheckConclusion;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output: {
    readonly title: string;
    readonly summary: string;
    readonly text?: string;
    /** Added to those the run has already. */
    readonly annotations?: readonly CheckAnnotation[];
  };
  readonly actions: readonly CheckAction[];
}

/** Longest `summary` and longest `text`. Characters. */
export const MAX_TEXT = 65_535;

/** Most annotations in one request. */
export const MAX_ANNOTATIONS = 50;
