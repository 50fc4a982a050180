/**
 * The entry of a function's process: does what Lambda's Node.js runtime does around a handler. Started by `instance.ts`, with
 * `process.env` being exactly what the function would find in Lambda. Messages: `protocol.ts`.
 * Plain JavaScript, because every process that has to strip types first starts some 30 ms later.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const setup = JSON.parse(process.argv[2]);
const answer = (message) => process.send(message);

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
  enableCompileCache(setup.compileCache);
  const bundle = await import(setup.module);
  const handler = bundle[setup.export];
  if (typeof handler === 'function') return handler;
  const error = new Error(`${setup.module} exports no function "${setup.export}"`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

async function invoke(handler, message) {
  const { requestId } = message;
  process.env._X_AMZN_TRACE_ID = message.traceHeader;
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    answer({ kind: 'succeeded', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    answer({ kind: 'failed', requestId, error: errorDocument(error) });
  }
}

/** Tells that this process can serve no more, then ends it. */
const leave = (error) => process.send({ kind: 'broken', error: errorDocument(error) }, () => process.exit(1));

process.on('uncaughtException', leave);
// The twin is gone.
process.on('disconnect', () => process.exit());
try {
  const handler = await load();
  process.on('message', (message) => invoke(handler, message));
  answer({ kind: 'loaded' });
  // The process is killed, never ended: the cache would not be written by itself.
  flushCompileCache();
} catch (error) {
  leave(error);
}
