/** The functions of the stack: invoked by the machines, the API, the bus, queues, and over Lambda's endpoint. */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionDefinition } from '../assembly/model.ts';
import { AwsError } from '../wire/errors.ts';
import type { Principals } from '../wire/principals.ts';
import { tracedInvocation } from '../xray/aws-segments.ts';
import type { Traces } from '../xray/traces.ts';
import { Pool } from './pool.ts';

/** Bytes of a synchronous payload, each way. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const SYNC_LIMIT = 6 * 1024 * 1024;
/** An environment's credentials last half a day, as the longest role session does; it is replaced before they end. */
const SESSION_SECONDS = 12 * 3600;

export interface FunctionsOptions {
  readonly definitions: readonly FunctionDefinition[];
  readonly region: string;
  /** URL of the twin's AWS endpoint. */
  readonly endpoint: string;
  readonly principals: Principals;
  /** Folder for the functions' logs and their /tmp. */
  readonly folder: string;
  /** Folder of compiled code: the second start of a bundle need not compile it again. */
  readonly compileCache: string;
  /** PATH of the functions: where `git` is found. */
  readonly path: string;
  /** Where X-Ray's daemon is, and where the segments that Lambda itself sends go. */
  readonly xray: { readonly daemonAddress: string; readonly traces: Pick<Traces, 'put'> };
  /** Values that stand for the outside world: they replace variables of the same name, and only those. */
  readonly replacements: Readonly<Record<string, string>>;
}

/** The answer of Invoke. */
export interface InvokeResult {
  /** JSON text: what the handler returned, or the error document. */
  readonly payload: string;
  readonly failed: boolean;
}

/** All functions. */
export class Functions {
  readonly #options: FunctionsOptions;
  readonly #pools = new Map<string, { readonly definition: FunctionDefinition; readonly pool: Pool }>();
  #running = 0;
  #closed = false;

  /** Folder of the logs: one file for each command, every line with its time in front. */
  readonly logs: string;

  constructor(options: FunctionsOptions) {
    this.#options = options;
    this.logs = join(options.folder, 'logs');
    mkdirSync(this.logs, { recursive: true });
    for (const definition of options.definitions) {
      const pool = new Pool({
        definition,
        compileCache: options.compileCache,
        environment: (logStream) => this.#environment(definition, logStream),
        maxAgeMs: (SESSION_SECONDS - 3600) * 1000,
        print: (text) => this.#print(definition, text),
      });
      this.#pools.set(definition.name, { definition, pool });
    }
  }

  /** True while any invocation runs or waits. */
  get busy(): boolean {
    return this.#running > 0;
  }

  /** The definition by name or ARN. Throws ResourceNotFoundException. */
  definition(nameOrArn: string): FunctionDefinition {
    return this.#find(nameOrArn).definition;
  }

  /** Starts one environment of each function ahead of need, one after another: other work needs cores too. */
  async warm(namesOrArns: readonly string[]): Promise<void> {
    for (const name of namesOrArns) if (!this.#closed) await this.#find(name).pool.warm();
  }

  /** Invokes and waits. `payload` is JSON text; `handedOn` the caller's tracing header. Throws AwsError as Invoke does; a failing function is an answer. */
  async invoke(nameOrArn: string, payload: string, handedOn?: string): Promise<InvokeResult> {
    const { definition, pool } = this.#find(nameOrArn);
    checkPayload(payload);
    const requestId = randomUUID();
    const trace = tracedInvocation(definition.name, handedOn);
    const invokedAt = Date.now();
    const startedAt = performance.now();
    this.#running++;
    try {
      const end = await pool.invoke({ payload, requestId, traceHeader: trace.header });
      const answer = end.kind === 'succeeded' ? end.payload : JSON.stringify(end.error);
      const tooLarge = Buffer.byteLength(answer) > SYNC_LIMIT;
      const ms = (performance.now() - startedAt).toFixed(1);
      const failed = tooLarge || end.kind === 'failed';
      for (const segment of trace.ended({ startedAt: invokedAt, endedAt: Date.now(), failed }))
        this.#options.xray.traces.put(segment);
      this.#print(
        definition,
        `REPORT RequestId: ${requestId} Duration: ${ms} ms${failed ? ' FAILED' : ''}\n`,
      );
      if (!tooLarge) {
        if (end.kind === 'failed') this.#print(definition, `${answer}\n`);
        return { payload: answer, failed };
      }
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${SYNC_LIMIT} bytes).`;
      return {
        payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
        failed,
      };
    } finally {
      this.#running--;
    }
  }

  /** Ends all environments. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.close()));
  }

  #find(nameOrArn: string) {
    const name = nameOrArn.replace(/^arn:[^:]*:lambda:[^:]*:\d+:function:/, '').replace(/:\$LATEST$/, '');
    const found = this.#pools.get(name);
    if (found !== undefined) return found;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
  }

  #print(definition: FunctionDefinition, text: string): void {
    const stamp = new Date().toISOString();
    const lines = text.split('\n').filter((line) => line !== '');
    const file = join(this.logs, `${definition.handler.split('.')[0]}.log`);
    appendFileSync(file, lines.map((line) => `${stamp} ${line}\n`).join(''));
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  #environment(definition: FunctionDefinition, logStream: string): Record<string, string> {
    const { principals, region, endpoint, folder, path, replacements, xray } = this.#options;
    const options = { sessionName: definition.name, durationSeconds: SESSION_SECONDS };
    const { credentials } = principals.openSession(definition.roleArn, options);
    const temporary = join(folder, 'tmp', definition.name);
    mkdirSync(temporary, { recursive: true });
    const synthesized = Object.entries(definition.environment).map(([name, value]) => [
      name,
      replacements[name] ?? value,
    ]);
    return {
      ...Object.fromEntries(synthesized),
      _HANDLER: definition.handler,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_DEFAULT_REGION: region,
      AWS_REGION: region,
      AWS_EXECUTION_ENV: 'AWS_Lambda_Image',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
      AWS_LAMBDA_FUNCTION_NAME: definition.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      AWS_ENDPOINT_URL: endpoint,
      AWS_XRAY_DAEMON_ADDRESS: xray.daemonAddress,
      LAMBDA_TASK_ROOT: definition.asset,
      LANG: 'en_US.UTF-8',
      PATH: path,
      TMPDIR: temporary,
    };
  }
}

function checkPayload(payload: string): void {
  const size = Buffer.byteLength(payload);
  if (size > SYNC_LIMIT) {
    const message = `${size} byte payload is too large for the RequestResponse invocation type (limit ${SYNC_LIMIT} bytes)`;
    throw new AwsError('RequestTooLargeException', message, 413);
  }
  try {
    JSON.parse(payload);
  } catch {
    const message = 'Could not parse request body into json: the payload is not valid JSON.';
    throw new AwsError('InvalidRequestContentException', message);
  }
}
