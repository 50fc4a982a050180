/** A job's process: it outlives the twin, and leaves behind what the next twin needs to know about it. Used by `jobs.ts`. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, watch } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

/**
 * `pid` is the job's own process (a signal must not reach the tools behind its back), `exit` its exit status, written when it
 * has ended. dash and bash put PWD and a few more into the environment; the job must not see them.
 */
const inner = 'echo $$ >"$0/pid"; unset PWD OLDPWD SHLVL _; exec "$@"';
const outer = `/bin/sh -c '${inner}' "$0" "$@"; echo $? >"$0/exit.new"; mv "$0/exit.new" "$0/exit"`;

export interface StartOptions {
  /** The job's folder, also for `log.txt`, `pid` and `exit`. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** How often a process that is not a child of this twin is looked at. */
const LOOK_EVERY_MS = 200;

/** Starts a job's process; resolves with its exit status (128 + signal where a signal ended it). */
export function startProcess({ folder, command, environment, cwd }: StartOptions): Promise<number> {
  const log = openSync(join(folder, 'log.txt'), 'a');
  const child = spawn('/bin/sh', ['-c', outer, folder, ...command], {
    cwd,
    env: environment,
    // A session of its own: Ctrl-C in the user's terminal must not reach a running apply.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', () => resolve(exitStatus(folder) ?? 137));
  });
}

/** Waits for the process of a job that an earlier twin started. */
export async function adoptProcess(folder: string, startedAt: number): Promise<number> {
  while (exitStatus(folder) === undefined && isAlive(folder, startedAt)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return exitStatus(folder) ?? 137;
}

/** The exit status the process left, or undefined while it has not ended (or was killed together with its shell). */
function exitStatus(folder: string): number | undefined {
  const file = join(folder, 'exit');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}

function isAlive(folder: string, startedAt: number): boolean {
  // After a restart of the machine the number belongs to somebody else.
  if (Date.now() - startedAt > uptime() * 1000) return false;
  return signalProcess(folder, 0);
}

/** Signals the job's own process; false when there is none. */
export function signalProcess(folder: string, signal: NodeJS.Signals | 0): boolean {
  const file = join(folder, 'pid');
  if (!existsSync(file)) return false;
  try {
    return process.kill(Number(readFileSync(file, 'utf8')), signal);
  } catch {
    return false;
  }
}

/** Kills the job's process and everything it started, as the end of a container does. */
export function killContainer(folder: string): void {
  const file = join(folder, 'pid');
  if (!existsSync(file)) return;
  const parents = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const doomed = new Set([Number(readFileSync(file, 'utf8'))]);
  // Parents are listed before or after their children; every round finds the next generation.
  for (let known = 0; known !== doomed.size; ) {
    known = doomed.size;
    for (const [pid, parent] of parents) {
      if (pid !== undefined && parent !== undefined && doomed.has(parent)) doomed.add(pid);
    }
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** Calls `changed` whenever the job's log grew; the answer ends it. */
export function watchLog(folder: string, changed: () => void): () => void {
  const watcher = watch(join(folder, 'log.txt'), changed);
  return () => watcher.close();
}
