/**
 * The entry of a function's worker thread: does what Lambda's Node.js runtime does around a handler. Started by `instance.ts`,
 * with `process.env` being exactly what the function would find in Lambda.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorDocument, InvokeMessage, WorkerAnswer, WorkerSetup } from './protocol.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const setup = workerData as WorkerSetup;
const answer = (message: WorkerAnswer) => parentPort?.postMessage(message);

function errorDocument(error: unknown): ErrorDocument {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(message: InvokeMessage): object {
  return {
    functionName: message.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: String(message.memoryMb),
    awsRequestId: message.requestId,
    logGroupName: `/aws/lambda/${message.functionName}`,
    logStreamName: message.logStream,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => message.deadline - Date.now(),
  };
}

async function load(): Promise<Handler> {
  enableCompileCache(setup.compileCache);
  const bundle: Record<string, unknown> = await import(setup.module);
  const handler = bundle[setup.export];
  if (typeof handler === 'function') return handler as Handler;
  const error = new Error(`${setup.module} exports no function "${setup.export}"`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

async function invoke(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId } = message;
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    answer({ kind: 'succeeded', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    answer({ kind: 'failed', requestId, error: errorDocument(error) });
  }
}

try {
  const handler = await load();
  parentPort?.on('message', (message: InvokeMessage) => void invoke(handler, message));
  answer({ kind: 'loaded' });
  // Worker threads are terminated, never ended: the cache would not be written by itself.
  flushCompileCache();
} catch (error) {
  answer({ kind: 'load-failed', error: errorDocument(error) });
}
