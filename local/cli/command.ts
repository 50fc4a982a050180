/** What may be asked of the local command line: what `arguments.ts` makes of the words, and every command takes. */
interface Common {
  readonly json: boolean;
  /** Absolute path. */
  readonly stateDir: string;
  /** `--state-dir` as it was given, for commands that are suggested; empty when it was not. */
  readonly stateOption: string;
}

export interface PushCommand extends Common {
  readonly name: 'push';
  /** Absolute path of the working copy. */
  readonly repo: string;
  readonly ref?: string;
  readonly passEnv: readonly string[];
  readonly slots?: number;
  /** False: it ends when all that is left waits for a person. */
  readonly wait: boolean;
}

export interface PlanCommand extends Common {
  readonly name: 'plan';
  /** Absolute path of the working copy. */
  readonly repo: string;
  /** The branch that is to be merged. */
  readonly ref: string;
  /** What it is to be merged into; absent: the default branch. */
  readonly base?: string;
}

export interface StatusCommand extends Common {
  readonly name: 'status';
  readonly release?: string;
  /** Absolute path; tells apart releases of two repositories that have the same commit. */
  readonly repo?: string;
}

export interface HistoryCommand extends Common {
  readonly name: 'history';
  readonly repo?: string;
}

export interface LogCommand extends Common {
  readonly name: 'log';
  readonly release: string;
  /** As for `status`. */
  readonly repo?: string;
  readonly target?: { readonly environment: string; readonly component: string };
}

export interface TraceCommand extends Common {
  readonly name: 'trace';
  readonly release: string;
  /** As for `status`. */
  readonly repo?: string;
}

export interface SecretCommand extends Common {
  readonly name: 'secret';
  readonly secret: string;
  readonly repo: string;
  /** Environment variable that holds the value; standard input when absent. */
  readonly fromEnv?: string;
}

interface ReleaseCommand extends Common {
  readonly release: string;
  /** As for `status`. */
  readonly repo?: string;
  /** Who asks: a GitHub login. */
  readonly by: string;
}

export interface RedriveCommand extends ReleaseCommand {
  readonly name: 'redrive';
  /** Also when a newer commit was attempted since. */
  readonly older: boolean;
}

export interface CancelCommand extends ReleaseCommand {
  readonly name: 'cancel';
}

export interface DecideCommand extends ReleaseCommand {
  readonly name: 'approve' | 'reject';
  readonly target: { readonly environment: string; readonly component: string };
}

export interface UnlockCommand extends ReleaseCommand {
  readonly name: 'unlock';
  readonly target: { readonly environment: string; readonly component: string };
}

interface EnvironmentCommand extends Common {
  readonly environment: string;
  /** As for `status`. */
  readonly repo?: string;
  /** Who asks: a GitHub login. */
  readonly by: string;
  /** As for `push`. */
  readonly wait: boolean;
}

export interface DestroyCommand extends EnvironmentCommand {
  readonly name: 'destroy';
  /** Absent: everything that is deployed there. */
  readonly components?: readonly string[];
}

export interface RollbackCommand extends EnvironmentCommand {
  readonly name: 'rollback';
  /** A commit, or how its id begins; absent: what is dirty goes back to last good. */
  readonly to?: string;
}

export interface CommentCommand extends Common {
  readonly name: 'comment';
  readonly repo: string;
  /** Number of the pull request; absent: the one that HEAD came by. */
  readonly pull?: number;
  /** GitHub login. */
  readonly by: string;
  readonly body: string;
}

export interface ServeCommand extends Common {
  readonly name: 'serve';
  /** 0: any free one. */
  readonly port: number;
  readonly passEnv: readonly string[];
  readonly slots?: number;
}

export interface SweepCommand extends Common {
  readonly name: 'sweep';
}

export interface MetricsCommand extends Common {
  readonly name: 'metrics';
}

export type Command =
  | DecideCommand
  | CommentCommand
  | DestroyCommand
  | RollbackCommand
  | RedriveCommand
  | CancelCommand
  | UnlockCommand
  | ServeCommand
  | SweepCommand
  | MetricsCommand
  | PushCommand
  | PlanCommand
  | StatusCommand
  | HistoryCommand
  | LogCommand
  | TraceCommand
  | SecretCommand
  | { readonly name: 'help' };
