/** The ways a job can end badly, as one error class every part of the executor throws. */
import { type Diagnostic, EXIT_CODE, type JobResult } from '../core/contracts/job.ts';

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

/** A job's bad end: the reason is one line for people, the code is the process's exit code. */
export class JobFailure extends Error {
  readonly exitCode: ExitCode;
  readonly diagnostics: readonly Diagnostic[];
  /** What the machines do something about. */
  readonly kind: JobResult['failure'];

  constructor(
    exitCode: ExitCode,
    reason: string,
    diagnostics: readonly Diagnostic[] = [],
    kind?: JobResult['failure'],
  ) {
    super(reason);
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
    this.kind = kind;
  }
}

/** The tool or the test said no. */
export const failed = (reason: string, diagnostics?: readonly Diagnostic[]) =>
  new JobFailure(EXIT_CODE.failed, reason, diagnostics);

/** The tool would not apply a saved plan: the state has moved since. Nothing was touched. */
export const stalePlan = (diagnostics: readonly Diagnostic[]) =>
  new JobFailure(
    EXIT_CODE.failed,
    'the state moved since the plan, nothing was applied',
    diagnostics,
    'stale-plan',
  );

/** Spec, snapshot or bundle cannot be used; nothing was touched. */
export const badInput = (reason: string) => new JobFailure(EXIT_CODE.badInput, reason);

/** A service of Belay's own did not answer. */
export const infrastructure = (reason: string) => new JobFailure(EXIT_CODE.infrastructure, reason);

/** Stopped by SIGTERM. */
export const terminated = (reason: string) => new JobFailure(EXIT_CODE.terminated, reason);

/** The one-line message of anything thrown. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${message}${cause}`;
}
