/**
 * The entry of a function's worker thread: does what Lambda's Node.js runtime does around a handler. Started by `instance.ts`,
 * with `process.env` being exactly what the function would find in Lambda. Messages: `protocol.ts`.
 * Plain JavaScript, because every thread that has to strip types first starts some 30 ms later.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const answer = (message) => parentPort.postMessage(message);

/** An error in the shape of Lambda's Node.js runtime. */
function errorDocument(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(message) {
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

async function load() {
  enableCompileCache(workerData.compileCache);
  const bundle = await import(workerData.module);
  const handler = bundle[workerData.export];
  if (typeof handler === 'function') return handler;
  const error = new Error(`${workerData.module} exports no function "${workerData.export}"`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

async function invoke(handler, message) {
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
  parentPort.on('message', (message) => invoke(handler, message));
  answer({ kind: 'loaded' });
  // Worker threads are terminated, never ended: the cache would not be written by itself.
  flushCompileCache();
} catch (error) {
  answer({ kind: 'load-failed', error: errorDocument(error) });
}
