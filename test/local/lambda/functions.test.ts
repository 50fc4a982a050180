import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { Functions } from '../../../local/lambda/functions.ts';
import { systemClock } from '../../../local/wire/clock.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder, writeStack } from '../world/small-stack.ts';

const open: Functions[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((functions) => functions.close()));
});

function functionsOf(
  modules: Record<string, string>,
  options: { timeout?: number; environment?: object } = {},
) {
  const cdkOut = writeStack({ functions: modules, ...options, environment: { ...options.environment } });
  const { functions: definitions } = loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:4566' });
  const folder = temporaryFolder('functions');
  const segments: unknown[] = [];
  const functions = new Functions({
    xray: { daemonAddress: '127.0.0.1:2000', traces: { put: (document) => void segments.push(document) } },
    definitions,
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:4566',
    principals: createPrincipals(systemClock),
    folder,
    compileCache: join(folder, 'compiled'),
    path: '/usr/bin:/bin',
    replacements: { GITHUB_URL: 'http://127.0.0.1:3000', NOT_ASKED: 'x' },
  });
  open.push(functions);
  const invoke = async (name: string, event: unknown = {}) => {
    const { payload, failed } = await functions.invoke(name, JSON.stringify(event));
    return { value: JSON.parse(payload), failed };
  };
  return { functions, invoke, folder, segments };
}

test('the handler gets the event and the context, and its answer comes back', async () => {
  const { invoke, folder } = functionsOf({
    greet: `export const handler = async (event, context) => {
      console.log('greeting', event.name);
      return { text: 'hello ' + event.name, fn: context.functionName, left: context.getRemainingTimeInMillis() > 9000 };
    };`,
  });
  expect(await invoke('greet', { name: 'Ada' })).toEqual({
    value: { text: 'hello Ada', fn: 'greet', left: true },
    failed: false,
  });
  expect((await invoke('arn:aws:lambda:eu-west-1:123456789012:function:greet')).failed).toBe(false);
  const log = join(folder, 'logs', 'greet.log');
  // What a function prints comes on a stream of its own, perhaps after its answer.
  await until(() => / greeting Ada\n/.test(readFileSync(log, 'utf8')));
});

test('the environment is the synthesized one and what Lambda adds, nothing of this process', async () => {
  process.env.OF_THIS_PROCESS = 'secret';
  const { invoke } = functionsOf(
    { env: `export const handler = async () => process.env;` },
    { environment: { GITHUB_URL: 'https://github.com', OTHER_URL: 'https://example.com' } },
  );
  const { value } = await invoke('env');
  expect(Object.keys(value).toSorted()).toEqual([
    'ARTIFACTS_BUCKET',
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_EXECUTION_ENV',
    'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_LAMBDA_FUNCTION_VERSION',
    'AWS_LAMBDA_INITIALIZATION_TYPE',
    'AWS_LAMBDA_LOG_GROUP_NAME',
    'AWS_LAMBDA_LOG_STREAM_NAME',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_XRAY_DAEMON_ADDRESS',
    'GITHUB_TOKEN_SECRET',
    'GITHUB_URL',
    'LAMBDA_TASK_ROOT',
    'LANG',
    'LEDGER_TABLE',
    'OTHER_URL',
    'PATH',
    'TMPDIR',
    'WEBHOOK_SECRET',
    '_HANDLER',
    '_X_AMZN_TRACE_ID',
  ]);
  expect(value).toMatchObject({ GITHUB_URL: 'http://127.0.0.1:3000', OTHER_URL: 'https://example.com' });
});

test('an error is answered with its name, as Catch will see it', async () => {
  const { invoke } = functionsOf({
    fail: `class Refused extends Error { name = 'Refused'; }
      export const handler = async () => { throw new Refused('not today'); };`,
  });
  expect(await invoke('fail')).toEqual({
    failed: true,
    value: { errorType: 'Refused', errorMessage: 'not today', trace: expect.any(Array) },
  });
});

test('one invocation at a time in each environment, at most two environments, the others wait', async () => {
  const { invoke } = functionsOf({
    slow: `let running = 0; let served = 0;
      export const handler = async () => {
        const together = ++running; served++;
        await new Promise((resolve) => setTimeout(resolve, 60));
        running--;
        return { together, environment: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
      };`,
  });
  const answers = await Promise.all(Array.from({ length: 10 }, () => invoke('slow')));
  expect(answers.map(({ value }) => value.together)).toEqual(Array(10).fill(1));
  expect(new Set(answers.map(({ value }) => value.environment)).size).toBe(2);
});

test('what is over before another environment could start is done by one', async () => {
  const { invoke } = functionsOf({ count: `let n = 0; export const handler = async () => ++n;` });
  await invoke('count');
  const answers = await Promise.all(Array.from({ length: 10 }, () => invoke('count')));
  expect(answers.map(({ value }) => value)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('an environment stays warm', async () => {
  const { invoke } = functionsOf({ count: `let n = 0; export const handler = async () => ++n;` });
  expect((await invoke('count')).value).toBe(1);
  expect((await invoke('count')).value).toBe(2);
});

test('a function that takes too long is ended, and the next invocation finds a fresh environment', async () => {
  const { invoke } = functionsOf(
    {
      hang: `export const handler = async (event) => event.hang ? new Promise(() => setInterval(() => {}, 1000)) : 'ok';`,
    },
    { timeout: 1 },
  );
  expect(await invoke('hang', { hang: true })).toEqual({
    failed: true,
    value: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringContaining('Task timed out after 1.00 seconds'),
      trace: [],
    },
  });
  expect(await invoke('hang')).toEqual({ failed: false, value: 'ok' });
});

test.each([
  ['exits', `export const handler = async () => process.exit(3);`, 'Runtime.ExitError'],
  ['cannot be loaded', `throw new TypeError('no table');`, 'TypeError'],
  ['has no handler', `export const other = 1;`, 'Runtime.HandlerNotFound'],
  [
    'throws outside of the handler',
    `export const handler = () => new Promise(() => setTimeout(() => { throw new RangeError('late'); }));`,
    'RangeError',
  ],
  [
    'answers too much',
    `export const handler = async () => 'x'.repeat(6 * 1024 * 1024);`,
    'Function.ResponseSizeTooLarge',
  ],
])('a function that %s fails', async (_, module, errorType) => {
  const { invoke } = functionsOf({ bad: module });
  expect(await invoke('bad')).toMatchObject({ failed: true, value: { errorType } });
});

test('what is no answer of a function is an error of the call', async () => {
  const { functions } = functionsOf({ any: `export const handler = async () => 1;` });
  await expect(functions.invoke('other', '{}')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  await expect(functions.invoke('any', '{')).rejects.toMatchObject({
    code: 'InvalidRequestContentException',
  });
  await expect(functions.invoke('any', `"${'x'.repeat(6 * 1024 * 1024)}"`)).rejects.toMatchObject({
    code: 'RequestTooLargeException',
    status: 413,
  });
});

test('closing ends what still runs', async () => {
  const { functions, invoke } = functionsOf({
    hang: `export const handler = () => new Promise(() => setInterval(() => {}, 1000));`,
  });
  const running = invoke('hang');
  await functions.warm(['hang']);
  await functions.close();
  expect(await running).toMatchObject({ failed: true, value: { errorType: 'Runtime.ExitError' } });
});

const HANDED_ON = 'Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

test('the trace that a caller hands on goes on in the function, below its own two segments', async () => {
  const { functions, segments } = functionsOf({
    tell: 'export const handler = async ({ fails }) => { if (fails) throw new Error("no"); return process.env._X_AMZN_TRACE_ID; };',
  });
  const told = JSON.parse((await functions.invoke('tell', '{}', HANDED_ON)).payload);
  expect(segments).toMatchObject([
    {
      ...{ name: 'tell', origin: 'AWS::Lambda', parent_id: '53995c3f42cd8ad8' },
      trace_id: '1-6b014f80-bd862e3fe1be46a994272793',
    },
    { name: 'tell', origin: 'AWS::Lambda::Function', trace_id: '1-6b014f80-bd862e3fe1be46a994272793' },
  ]);
  const [service, own] = segments as { id: string; parent_id: string }[];
  expect(own?.parent_id).toBe(service?.id);
  expect(told).toBe(`Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=${own?.id};Sampled=1`);
  await functions.invoke('tell', '{"fails":true}', HANDED_ON);
  expect(segments[3]).toMatchObject({ origin: 'AWS::Lambda::Function', fault: true });
});

test('where nothing is handed on, every invocation has a trace of its own', async () => {
  const { invoke, segments } = functionsOf({
    tell: 'export const handler = async () => process.env._X_AMZN_TRACE_ID;',
  });
  const [one, other] = [(await invoke('tell')).value, (await invoke('tell')).value];
  expect(one).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1$/);
  expect(other).not.toBe(one);
  expect(segments).toEqual([]);
});
