/** One execution environment of a function: a worker thread that handles one invocation at a time. Used by `pool.ts`. */
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FunctionDefinition } from '../assembly/model.ts';
import type { ErrorDocument, InvokeMessage, WorkerAnswer, WorkerSetup } from './protocol.ts';

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
  readonly #worker: Worker;
  readonly #loaded: Promise<void>;
  #running: ((end: InvocationEnd) => void) | undefined;
  /** Set once the worker can serve no more; every invocation then ends with it. */
  #gone: ErrorDocument | undefined;

  constructor({ definition, environment, compileCache, print }: InstanceOptions, logStream: string) {
    this.logStream = logStream;
    this.startedAt = Date.now();
    const [module = '', exported = 'handler'] = definition.handler.split('.');
    const setup: WorkerSetup = {
      module: pathToFileURL(`${definition.asset}/${module}.mjs`).href,
      export: exported,
      compileCache,
    };
    this.#worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      env: { ...environment },
      workerData: setup,
      // The flags this process was started with are no business of the function.
      execArgv: ['--no-warnings'],
      stdout: true,
      stderr: true,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.setEncoding('utf8').on('data', print);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#loaded = promise;
    this.#worker.on('message', (message: WorkerAnswer) => {
      if (message.kind === 'load-failed') this.#leave(message.error);
      if (message.kind === 'loaded' || message.kind === 'load-failed') resolve();
      else if (message.kind === 'succeeded') this.#end({ kind: 'succeeded', payload: message.payload });
      else this.#end({ kind: 'failed', error: message.error });
    });
    this.#worker.on('error', (error) => {
      const trace = (error.stack ?? '').split('\n');
      this.#leave({ errorType: error.name, errorMessage: error.message, trace });
    });
    this.#worker.on('exit', (code) => {
      const errorMessage = `Runtime exited with error: exit status ${code}`;
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
    this.#worker.postMessage(message);
    return promise;
  }

  /** Ends the environment, whatever it is doing: a running invocation fails with `error`. */
  async close(error: ErrorDocument): Promise<void> {
    this.#leave(error);
    await this.#worker.terminate();
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
