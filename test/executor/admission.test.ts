/** Being let in: refused, waiting for another writer, bad specs, and services that fail. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readExecutorEnv } from '../../core/contracts/executor.ts';
import type { JobResult } from '../../core/contracts/job.ts';
import { type Wish, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const wish: Wish = {
  stage: 'apply',
  files: { 'components/network/a': '' },
  target: { tool: 'shell', commands: { apply: 'true' } },
  spec: { planDigest: 'x' },
};

test('a refused job touches nothing and writes nothing', async () => {
  const { code, log, uploaded } = await world.run({
    ...wish,
    admit: async () => ({ decision: 'refused', reason: 'the fence 1 is stale, 2 is the newest' }),
  });
  expect(code).toBe(20);
  expect(log).toContain('the fence 1 is stale, 2 is the newest');
  expect(uploaded).toEqual([]);
  expect(world.requests).toEqual([]);
  expect(world.admissions).toEqual(['begin']);
});

test('an admission that is not answered is asked for again, six times in all', async () => {
  const admit = (answerAt: number) => {
    let asked = 0;
    return async () => {
      asked += 1;
      if (asked < answerAt) throw new Error('the ledger is busy');
      return { decision: 'refused', reason: 'answered at last' } as const;
    };
  };
  const answered = await world.run({ ...wish, admit: admit(6) });
  expect(answered.code).toBe(20);
  const given = await world.run({ ...wish, admit: admit(7) });
  expect(given.code).not.toBe(20);
  expect(given.log).toContain('the ledger is busy');
  expect(world.admissions).toEqual(Array(12).fill('begin'));
});

const otherResult = (status: JobResult['status']): JobResult => ({
  version: 1,
  round: 0,
  stage: 'apply',
  status,
  reason: 'as it was',
  diagnostics: [],
  architecture: 'arm64',
  startedAt: '2026-11-21T08:00:00Z',
  endedAt: '2026-11-21T08:01:00Z',
});

test.each([
  ['succeeded', otherResult('succeeded'), 0, 'job other did this work and succeeded: as it was'],
  ['failed', otherResult('failed'), 10, 'job other did this work and failed: as it was'],
  ['left nothing', undefined, 40, 'job other ended without a result'],
])('a duplicate waits for the writer that %s, and ends like it', async (_, result, code, says) => {
  if (result) world.artifacts.set('result', Buffer.from(JSON.stringify(result)));
  let looks = 0;
  const ended = await world.run({
    ...wish,
    admit: async ({ action }) => {
      if (action === 'begin') return { decision: 'wait', writer: 'other' };
      looks += 1;
      return looks < 4 ? { decision: 'running', writer: 'other' } : { decision: 'ended' };
    },
  });
  expect(ended.code).toBe(code);
  expect(ended.log).toContain(says);
  expect(world.admissions).toEqual(['begin', 'has-ended', 'has-ended', 'has-ended', 'has-ended']);
  expect(world.requests.map(({ url }) => url)).toEqual(result ? ['/artifacts/result'] : []);
});

test('a duplicate that is stopped while it waits ends', async () => {
  const { code, log } = await world.run({
    ...wish,
    admit: async ({ action }) =>
      action === 'begin' ? { decision: 'wait', writer: 'other' } : { decision: 'running', writer: 'other' },
    onLine: (_, stop) => stop.request(),
  });
  expect(code).toBe(143);
  expect(log).toContain('stopped by SIGTERM before the other writer had ended');
});

test('an unusable spec is said with all its problems', async () => {
  const { code, log } = await world.run({ ...wish, spec: { fence: 'one' as never, nonce: 'short' } });
  expect(code).toBe(30);
  expect(log).toContain('at fence');
  expect(log).toContain('at nonce');
  expect(world.admissions).toEqual([]);
});

test('a commit without the component, and a snapshot that is not stored', async () => {
  const plan = { ...wish, stage: 'plan' } as const;
  const nowhere = await world.run({ ...plan, files: { 'other/a': '' } });
  expect(nowhere.code).toBe(30);
  expect(nowhere.result?.reason).toBe(
    'the commit abcdef0 has no directory components/network, the path of network in belay.yaml',
  );
  const elsewhere = await world.run({ ...plan, target: { ...wish.target, path: '../outside' } });
  expect(elsewhere.code).toBe(30);
});

test('a sign-off that fails does not change how the job ended', async () => {
  const { code, log } = await world.run({
    ...wish,
    stage: 'plan',
    admit: async ({ action }) => {
      if (action === 'begin') return { decision: 'admitted' };
      throw new Error('the function is gone');
    },
  });
  expect(code).toBe(0);
  expect(log).toContain('signing off: the function is gone; the sweep will do it');
});

test('the environment is read at once: all missing names in one message', () => {
  const { BELAY_JOB: _, AWS_CONTAINER_CREDENTIALS_FULL_URI: __, ...rest } = world.environment();
  expect(() => readExecutorEnv({ ...rest, ADMIT_FUNCTION: '' })).toThrow(
    "reading the job's environment: ADMIT_FUNCTION, BELAY_JOB, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI not set",
  );
  const settings = readExecutorEnv({
    ...world.environment(),
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1',
    BELAY_PASS_ENV: 'A, B,,',
  });
  expect(settings.credentialSource.uri).toBe('http://169.254.170.2/v2/credentials/1');
  expect(settings.passEnv).toEqual(['A', 'B']);
});
