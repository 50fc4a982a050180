/** What the person typed, as a command that is complete and plausible; called by `local/cli.ts`. */
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs, types } from 'node:util';
import { UsageError } from './usage.ts';
import { branchName, commit, component, required, slots, target, variableName } from './values.ts';

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

export interface SweepCommand extends Common {
  readonly name: 'sweep';
}

export type Command =
  | DecideCommand
  | DestroyCommand
  | RollbackCommand
  | RedriveCommand
  | CancelCommand
  | UnlockCommand
  | SweepCommand
  | PushCommand
  | PlanCommand
  | StatusCommand
  | HistoryCommand
  | LogCommand
  | SecretCommand
  | { readonly name: 'help' };

const names = [
  'push',
  'plan',
  'status',
  'history',
  'log',
  'secret',
  'approve',
  'reject',
  'redrive',
  'cancel',
  'unlock',
  'destroy',
  'rollback',
  'sweep',
] as const;
const common = ['json', 'state-dir', 'help'];
const own: Record<(typeof names)[number], readonly string[]> = {
  push: ['repo', 'ref', 'pass-env', 'slots', 'no-wait'],
  plan: ['repo', 'ref', 'base'],
  status: ['release', 'repo'],
  history: ['repo'],
  log: ['release', 'repo', 'target'],
  secret: ['repo', 'from-env'],
  approve: ['release', 'repo', 'target', 'as'],
  reject: ['release', 'repo', 'target', 'as'],
  redrive: ['release', 'repo', 'older', 'as'],
  cancel: ['release', 'repo', 'as'],
  unlock: ['release', 'repo', 'target', 'as'],
  destroy: ['env', 'target', 'repo', 'as', 'no-wait'],
  rollback: ['env', 'to', 'repo', 'as', 'no-wait'],
  sweep: [],
};

/**
 * Reads the arguments after `npm run local --`. Relative paths are taken from `directory`.
 * @throws UsageError saying what is wrong with them.
 */
export function parseCommand(argv: readonly string[], directory: string): Command {
  const { values, positionals } = parsed(argv);
  if (values.help) return { name: 'help' };
  const [word, ...rest] = positionals;
  if (word === undefined) throw new UsageError('name a command');
  const name = names.find((one) => one === word);
  if (name === undefined) throw new UsageError(`there is no command \`${word}\``);
  for (const option of Object.keys(values)) {
    if (!common.includes(option) && !own[name].includes(option))
      throw new UsageError(`\`${name}\` has no option \`--${option}\``);
  }
  if (name !== 'secret' && rest[0] !== undefined)
    throw new UsageError(`\`${name}\` takes options only, not \`${rest[0]}\``);
  const path = (text: string) => resolve(directory, text);
  const stateDir = values['state-dir'];
  const base = {
    json: values.json ?? false,
    stateDir: path(stateDir ?? '.belay'),
    stateOption: stateDir === undefined ? '' : ` --state-dir ${stateDir}`,
  };
  const { repo, ref, release } = values;
  const by = () => values.as ?? userInfo().username;
  const onRelease = () => ({
    ...base,
    ...atRepo,
    release: required(release, '--release ID', name),
    by: by(),
  });
  const onEnvironment = () => ({
    ...base,
    ...atRepo,
    environment: required(values.env, '--env ENV', name),
    by: by(),
    wait: values['no-wait'] !== true,
  });
  const atRepo = repo === undefined ? {} : { repo: path(repo) };
  switch (name) {
    case 'push':
      return {
        name,
        ...base,
        repo: path(required(repo, '--repo DIR', name)),
        ...(ref !== undefined && { ref: branchName(ref) }),
        passEnv: (values['pass-env'] ?? []).map(variableName),
        ...(values.slots !== undefined && { slots: slots(values.slots) }),
        wait: values['no-wait'] !== true,
      };
    case 'plan':
      return {
        name,
        ...base,
        repo: path(required(repo, '--repo DIR', name)),
        ref: branchName(required(ref, '--ref BRANCH', name)),
        ...(values.base !== undefined && { base: branchName(values.base) }),
      };
    case 'status':
      return { name, ...base, ...atRepo, ...(release !== undefined && { release }) };
    case 'history':
      return { name, ...base, ...atRepo };
    case 'log':
      return {
        name,
        ...base,
        ...atRepo,
        release: required(release, '--release ID', name),
        ...(values.target !== undefined && { target: target(values.target, name) }),
      };
    case 'redrive':
      return { name, ...onRelease(), older: values.older ?? false };
    case 'cancel':
      return { name, ...onRelease() };
    case 'approve':
    case 'reject':
    case 'unlock':
      return {
        name,
        ...onRelease(),
        target: target(values.target ?? [], name),
      };
    case 'destroy':
      return {
        name,
        ...onEnvironment(),
        ...(values.target !== undefined && { components: values.target.map(component) }),
      };
    case 'rollback':
      return { name, ...onEnvironment(), ...(values.to !== undefined && { to: commit(values.to) }) };
    case 'sweep':
      return { name, ...base };
    case 'secret': {
      if (rest.length > 1)
        throw new UsageError('`secret` takes one name; its value never stands on the command line');
      const fromEnv = values['from-env'];
      return {
        name,
        ...base,
        secret: required(rest[0], 'NAME', name),
        repo: path(required(repo, '--repo DIR', name)),
        ...(fromEnv !== undefined && { fromEnv: variableName(fromEnv) }),
      };
    }
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        'state-dir': { type: 'string' },
        repo: { type: 'string' },
        ref: { type: 'string' },
        base: { type: 'string' },
        'pass-env': { type: 'string', multiple: true },
        slots: { type: 'string' },
        'no-wait': { type: 'boolean' },
        release: { type: 'string' },
        target: { type: 'string', multiple: true },
        env: { type: 'string' },
        to: { type: 'string' },
        'from-env': { type: 'string' },
        older: { type: 'boolean' },
        as: { type: 'string' },
      },
    });
  } catch (error) {
    // The library's messages are sentences for people; what follows the first is advice about its own API.
    const message = types.isNativeError(error) ? error.message : String(error);
    throw new UsageError((message.split('. ')[0] ?? message).replaceAll("'", '`'));
  }
}
