/** The errors of the interpreter: those a state machine sees, those an API caller sees, and being aborted. */

/**
 * An error as a state machine sees it: what Retry and Catch match and what a failed execution reports.
 * A task handler rejects with it.
 */
export class StatesError extends Error {
  readonly error: string | undefined;
  readonly errorCause: string | undefined;

  constructor(error: string | undefined, cause?: string) {
    super([error, cause].filter((part) => part !== undefined).join(': '));
    this.name = 'StatesError';
    this.error = error;
    this.errorCause = cause;
  }
}

/** An error of the Step Functions API: `name` is what the caller gets as its type (`TaskTimedOut` …). */
export class StatesServiceError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Thrown inside what is stopped: a whole execution, or the siblings of a failed branch or iteration. */
export class Aborted extends Error {
  readonly by: 'execution' | 'sibling';

  constructor(by: 'execution' | 'sibling') {
    super(`aborted by its ${by}`);
    this.name = 'Aborted';
    this.by = by;
  }
}

/** Errors no wildcard catches; States.Runtime cannot be caught at all. */
const TERMINAL = ['States.Runtime', 'States.DataLimitExceeded'];
const TIMEOUTS = ['States.Timeout', 'States.HeartbeatTimeout'];

/**
 * Whether an `ErrorEquals` list names `error`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function errorEquals(names: readonly string[], error: StatesError): boolean {
  const raised = error.error ?? '';
  if (raised === 'States.Runtime') return false;
  return names.some((name) => {
    if (name === raised) return true;
    if (TERMINAL.includes(raised)) return false;
    if (name === 'States.ALL') return true;
    if (name === 'States.Timeout') return raised === 'States.HeartbeatTimeout';
    return name === 'States.TaskFailed' && !TIMEOUTS.includes(raised);
  });
}
