/** The environments of one function: reused while warm, another started when one has been waited for, at most two; the rest waits its turn. */
import { randomUUID } from 'node:crypto';
import type { FunctionDefinition } from '../assembly/model.ts';
import { Instance, type InstanceOptions, type InvocationEnd } from './instance.ts';
import type { ErrorDocument, InvokeMessage } from './protocol.ts';

/**
 * Two can meet each other, as they do in Lambda; more would only compete for the cores of one machine, and each makes every
 * start of a process slower: the twin's memory is mapped once more for it.
 */
const MAX_INSTANCES = 2;

/** How long an invocation waits for a busy environment before it gets one of its own: as long as starting one takes. Milliseconds. */
const PATIENCE_MS = 250;

export interface PoolOptions {
  readonly definition: FunctionDefinition;
  readonly compileCache: string;
  /** The environment for a new instance, with credentials that last as long as `maxAgeMs`. */
  readonly environment: (logStream: string) => Readonly<Record<string, string>>;
  readonly maxAgeMs: number;
  readonly print: (text: string) => void;
}

/** One function, ready to be invoked. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #instances = new Set<Instance>();
  readonly #idle: Instance[] = [];
  readonly #waiting: ((instance: Instance) => void)[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts one environment ahead of the first invocation; resolves when it is loaded. */
  async warm(): Promise<void> {
    if (this.#instances.size > 0) return;
    const instance = this.#start();
    this.#idle.push(instance);
    await instance.loaded();
  }

  /** Runs one invocation, when its turn comes. Never rejects. */
  async invoke({
    payload,
    requestId,
    traceHeader,
  }: Pick<InvokeMessage, 'payload' | 'requestId' | 'traceHeader'>): Promise<InvocationEnd> {
    const { definition } = this.#options;
    const instance = await this.#take();
    // As in Lambda, loading a new environment is not part of the function's own time.
    await instance.loaded();
    const limitMs = definition.timeoutSeconds * 1000;
    const timer = setTimeout(() => this.#discard(instance, timeout(definition, requestId)), limitMs);
    try {
      return await instance.invoke({
        requestId,
        payload,
        traceHeader,
        functionName: definition.name,
        functionArn: definition.arn,
        memoryMb: definition.memoryMb,
        logStream: instance.logStream,
        deadline: Date.now() + limitMs,
      });
    } finally {
      clearTimeout(timer);
      this.#giveBack(instance);
    }
  }

  /** Ends every environment. */
  async close(): Promise<void> {
    const error = { errorType: 'Runtime.ExitError', errorMessage: 'The local twin was stopped.', trace: [] };
    await Promise.all([...this.#instances].map((instance) => instance.close(error)));
  }

  #take(): Promise<Instance> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.usable && Date.now() - idle.startedAt < this.#options.maxAgeMs) return Promise.resolve(idle);
      this.#discard(idle, {
        errorType: 'Runtime.ExitError',
        errorMessage: 'Environment retired.',
        trace: [],
      });
    }
    if (this.#instances.size === 0) return Promise.resolve(this.#start());
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      setTimeout(() => this.#startFor(resolve), PATIENCE_MS).unref();
    });
  }

  /** Starts another environment for one that still waits. */
  #startFor(waiting: (instance: Instance) => void): void {
    const place = this.#waiting.indexOf(waiting);
    if (place < 0 || this.#instances.size >= MAX_INSTANCES) return;
    this.#waiting.splice(place, 1);
    waiting(this.#start());
  }

  #start(): Instance {
    const { definition, compileCache, print, environment } = this.#options;
    const logStream = `[$LATEST]${randomUUID().replaceAll('-', '')}`;
    const options: InstanceOptions = { definition, compileCache, print, environment: environment(logStream) };
    const instance = new Instance(options, logStream);
    this.#instances.add(instance);
    return instance;
  }

  #giveBack(instance: Instance): void {
    if (!instance.usable) this.#instances.delete(instance);
    const next = this.#waiting.shift();
    if (next === undefined) {
      if (instance.usable) this.#idle.push(instance);
    } else next(instance.usable ? instance : this.#start());
  }

  #discard(instance: Instance, error: ErrorDocument): void {
    this.#instances.delete(instance);
    void instance.close(error);
  }
}

/** The words in which Lambda reports a timeout; Step Functions shows them as the task's error. */
function timeout({ timeoutSeconds }: FunctionDefinition, requestId: string): ErrorDocument {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
    trace: [],
  };
}
