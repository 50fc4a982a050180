/**
 * One execution environment of a function: a process that handles one invocation at a time. Used by `pool.ts`. Not a thread: a dozen
 * functions would make the twin's own process so big that every job and every git it starts took a tenth of a second to fork.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FunctionDefinition } from '../assembly/model.ts';
import type { Answer, ErrorDocument, InvokeMessage, Setup } from './protocol.ts';

const runtime = fileURLToPath(new URL('./runtime.mjs', import.meta.url));

/** What an environment is made of. */
export interface InstanceOptions {
  readonly definition: FunctionDefinition;
  /** The whole `process.env`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly compileCache: string;
  /** Hears what the function prints. */
  readonly print: (text: string) => void;
}

/** How one invocation ended inside the function. */
export type InvocationEnd =
  | { readonly kind: 'succeeded'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: ErrorDocument };

/** A started environment. */
export class Instance {
  readonly logStream: string;
  readonly startedAt: number;
  readonly #process: ChildProcess;
  readonly #loaded: Promise<void>;
  #running: ((end: InvocationEnd) => void) | undefined;
  /** Set once the process can serve no more; every invocation then ends with it. */
  #gone: ErrorDocument | undefined;

  constructor({ definition, environment, compileCache, print }: InstanceOptions, logStream: string) {
    this.logStream = logStream;
    this.startedAt = Date.now();
    const [module = '', exported = 'handler'] = definition.handler.split('.');
    const setup: Setup = {
      module: pathToFileURL(`${definition.asset}/${module}.mjs`).href,
      export: exported,
      compileCache,
    };
    this.#process = fork(runtime, [JSON.stringify(setup)], {
      env: { ...environment },
      // The flags this process was started with are no business of the function.
      execArgv: ['--no-warnings'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A session of its own: Ctrl-C in the user's terminal must not end it before what it serves.
      detached: true,
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', print);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#loaded = promise;
    this.#process.on('message', (answer: Answer) => {
      if (answer.kind === 'broken') this.#leave(answer.error);
      if (answer.kind === 'loaded' || answer.kind === 'broken') resolve();
      else if (answer.kind === 'succeeded') this.#end({ kind: 'succeeded', payload: answer.payload });
      else this.#end({ kind: 'failed', error: answer.error });
    });
    this.#process.on('exit', (code, signal) => {
      const errorMessage = `Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${signal}`}`;
      this.#leave({ errorType: 'Runtime.ExitError', errorMessage, trace: [] });
      resolve();
    });
  }

  /** False when the next invocation needs another environment. */
  get usable(): boolean {
    return this.#gone === undefined;
  }

  /** Resolves when the function's module is loaded (or cannot be). */
  loaded(): Promise<void> {
    return this.#loaded;
  }

  /** Runs one invocation; the caller keeps to one at a time. Never rejects. */
  async invoke(message: InvokeMessage): Promise<InvocationEnd> {
    if (this.#gone !== undefined) return { kind: 'failed', error: this.#gone };
    const { promise, resolve } = Promise.withResolvers<InvocationEnd>();
    this.#running = resolve;
    this.#process.send(message);
    return promise;
  }

  /** Ends the environment, whatever it is doing: a running invocation fails with `error`. */
  async close(error: ErrorDocument): Promise<void> {
    this.#leave(error);
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  #leave(error: ErrorDocument): void {
    this.#gone ??= error;
    this.#end({ kind: 'failed', error: this.#gone });
  }

  #end(end: InvocationEnd): void {
    this.#running?.(end);
    this.#running = undefined;
  }
}
