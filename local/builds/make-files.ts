/** Makes the files of an image out of a context: by the command a component declares, or by a container engine of this machine. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export interface Making {
  /** The unpacked context. */
  readonly context: string;
  readonly dockerfile: string;
  readonly architecture: string;
  /** The command the component declares for the twin. */
  readonly localRun: string | undefined;
  /** Empty folder that the image's files belong into. */
  readonly output: string;
  readonly log: string;
  readonly shell: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** @throws Error saying what went wrong and what to do. */
export async function makeFiles(making: Making): Promise<void> {
  const { localRun, context, dockerfile, architecture, output } = making;
  if (localRun !== undefined) {
    await run(['/bin/sh', '-c', localRun], making);
    return;
  }
  const engine = ['docker', 'podman'].find((one) => answers(one, making));
  if (engine === undefined) {
    throw new Error(
      'no container engine answers on this machine, and the component declares no command in its place; add "build: { local: { run: … } }", see docs/builds.md',
    );
  }
  const build = engine === 'docker' ? ['docker', 'buildx', 'build'] : ['podman', 'build'];
  const file = ['--file', join(context, dockerfile)];
  const to = ['--output', `type=local,dest=${output}`];
  await run([...build, '--platform', `linux/${architecture}`, ...file, ...to, context], making);
}

/** A client without its engine is none. */
const answers = (engine: string, making: Making) =>
  spawnSync(engine, ['info'], { env: environmentOf(making), timeout: 20_000 }).status === 0;

function environmentOf({ shell, output }: Making): Record<string, string> {
  const passed = ['HOME', 'TMPDIR', 'DOCKER_HOST'].flatMap((name) => {
    const value = shell[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const PATH = [dirname(process.execPath), shell.PATH].filter(Boolean).join(delimiter);
  return { ...Object.fromEntries(passed), PATH, BELAY_IMAGE: output };
}

function run([program = '', ...args]: readonly string[], making: Making): Promise<void> {
  making.signal.throwIfAborted();
  const log = openSync(making.log, 'a');
  const child = spawn(program, args, {
    cwd: making.context,
    env: environmentOf(making),
    stdio: ['ignore', log, log],
    // A group of its own: what it has started ends with it.
    detached: true,
  });
  closeSync(log);
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  making.signal.addEventListener('abort', stop);
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`Error while executing command: ${program}. Reason: exit status ${code ?? signal}`));
    });
  }).finally(() => making.signal.removeEventListener('abort', stop));
}
