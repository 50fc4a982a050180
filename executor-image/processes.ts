/** Runs the tools' processes: own process group, no input, output to the log, one forwarded signal. Called by the tools. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, messageOf } from './failure.ts';
import type { Log } from './log.ts';
import type { Steps } from './steps.ts';
import type { Stop } from './stop.ts';

/** Of stderr so much is kept for reading diagnostics. */
const KEPT_ERROR_CHARACTERS = 1024 * 1024;
/** After the process has ended its output may still be held open by processes it left behind: no longer than this. */
const OUTPUT_GRACE_MS = 1000;

export interface Command {
  /** What the job is doing with it, one word. */
  readonly step: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where standard output goes besides being waited for: the log (default), the answer, or a file. Errors go to the log. */
  readonly output?: 'log' | 'capture' | { readonly file: string };
  /**
   * Who gets a forwarded SIGTERM. `process` (default): the tool alone, which ends its plugins in order. `group`: a shell does not
   * pass signals on, so everything it started gets one, and is waited for.
   */
  readonly signal?: 'process' | 'group';
  /** Quiet commands keep their errors out of the log as well. */
  readonly quiet?: boolean;
}

export interface Finished {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly output: string;
  /** The end of standard error, not masked. */
  readonly errors: string;
}

/** Runs a command to its end. Never throws for an exit code, only when the program cannot be started. */
export type Run = (command: Command) => Promise<Finished>;

export function createRun(log: Log, stop: Stop, steps: Steps): Run {
  return (command) => steps.during(command.step, () => run(command, log, stop));
}

async function run(command: Command, log: Log, stop: Stop): Promise<Finished> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    // An own group: Ctrl-C in a terminal would otherwise reach the tool a second time.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const signalled = command.signal === 'group' && child.pid !== undefined ? -child.pid : child.pid;
  const release = stop.forwardTo(() => {
    if (signalled === undefined) return;
    log.say(`SIGTERM: forwarded once to ${command.file}, waiting for it to end`);
    signal(signalled, 'SIGTERM');
  });
  let output = '';
  let errors = '';
  const errorText = new StringDecoder('utf8');
  const logged = [log.stream(), log.stream()] as const;
  const file = typeof command.output === 'object' ? createWriteStream(command.output.file) : undefined;
  if (file) child.stdout.pipe(file);
  else if (command.output === 'capture') {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  } else child.stdout.on('data', (piece: Buffer) => logged[0].write(piece));
  child.stderr.on('data', (piece: Buffer) => {
    errors = (errors + errorText.write(piece)).slice(-KEPT_ERROR_CHARACTERS);
    if (!command.quiet) logged[1].write(piece);
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).catch((error: unknown) => {
    throw failed(`starting ${command.file}: ${messageOf(error)}`);
  });
  if (stop.requested && command.signal === 'group' && signalled !== undefined) await ended(signalled);
  release();
  await Promise.race([closed, sleep(OUTPUT_GRACE_MS)]);
  child.stdout.destroy();
  child.stderr.destroy();
  if (file && !file.closed) await new Promise<void>((resolve) => file.end(resolve));
  for (const stream of logged) stream.end();
  return { code, output, errors };
}

/** False when there is no such process (or, for a negative id, process group). */
function signal(id: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, name);
  } catch {
    return false;
  }
}

/** Waits until no process of a signalled group is left. */
async function ended(group: number): Promise<void> {
  while (signal(group, 0)) await sleep(50);
}
