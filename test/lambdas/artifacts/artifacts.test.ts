import { expect, test } from '@jest/globals';
import type { JobSpec } from '../../../core/contracts/job.ts';
import { artifacts as contract } from '../../../core/contracts/job-services.ts';
import type { Stage } from '../../../core/words.ts';
import { artifacts } from '../../../lambdas/artifacts/artifacts.ts';
import { jobWorld, NONCE, specOf } from '../../support/job-world.ts';

const COMMIT = 'c0ffee1234567890abcdef1234567890abcdef12';
const TARGET = '7/releases/20261121-c0ffee1-1/dev/app';

const EXISTING = [
  `7/sources/${COMMIT}.tar.gz`,
  `${TARGET}/plan/inputs.json`,
  `${TARGET}/plan/bundle.tar.gz`,
  '7/outputs/dev/app.json',
];

async function ask(
  stage: Stage,
  get: string[],
  put: string[],
  { existing = EXISTING, proof = {}, spec = {} as Partial<JobSpec> } = {},
) {
  const job = await jobWorld({ ...specOf(stage), ...spec });
  for (const key of existing) await job.objects.put(key, 'x');
  return contract.handle((request) => artifacts(request, job))({ ...job.proof, get, put, ...proof });
}

const getUrl = (key: string) => `https://bucket.test/get/${key}?seconds=900`;
const putUrl = (key: string) => `https://bucket.test/put/${key}?seconds=900`;

test.each<[Stage, string[], string[], object]>([
  [
    'validate',
    ['source'],
    ['result.json', 'log.txt'],
    {
      get: { source: getUrl(`7/sources/${COMMIT}.tar.gz`) },
      put: {
        'result.json': putUrl(`${TARGET}/validate/result.json`),
        'log.txt': putUrl(`${TARGET}/validate/log.txt`),
      },
    },
  ],
  [
    'plan',
    ['source', 'inputs'],
    ['bundle.tar.gz', 'plan.json'],
    {
      get: {
        source: getUrl(`7/sources/${COMMIT}.tar.gz`),
        inputs: getUrl(`${TARGET}/plan/inputs.json`),
      },
      put: {
        'bundle.tar.gz': putUrl(`${TARGET}/plan/bundle.tar.gz`),
        'plan.json': putUrl(`${TARGET}/plan/plan.json`),
      },
    },
  ],
  [
    'apply',
    ['inputs', 'bundle'],
    ['outputs.json', 'errored.tfstate'],
    {
      get: {
        inputs: getUrl(`${TARGET}/plan/inputs.json`),
        bundle: getUrl(`${TARGET}/plan/bundle.tar.gz`),
      },
      put: {
        'outputs.json': putUrl(`${TARGET}/apply/outputs.json`),
        'errored.tfstate': putUrl(`${TARGET}/apply/errored.tfstate`),
      },
    },
  ],
  [
    'destroy',
    ['bundle'],
    ['errored.tfstate'],
    {
      get: { bundle: getUrl(`${TARGET}/plan/bundle.tar.gz`) },
      put: { 'errored.tfstate': putUrl(`${TARGET}/destroy/errored.tfstate`) },
    },
  ],
  [
    'test',
    ['outputs'],
    ['reports/junit/app results.xml'],
    {
      get: { outputs: getUrl('7/outputs/dev/app.json') },
      put: { 'reports/junit/app results.xml': putUrl(`${TARGET}/test/reports/junit/app results.xml`) },
    },
  ],
])('a %s job gets URLs for its artifacts', async (stage, get, put, expected) => {
  const answer = await ask(stage, get, put);
  expect(answer).toEqual(expected);
});

test('what does not exist has no entry', async () => {
  const existing = EXISTING.filter((key) => !key.includes('inputs') && !key.includes('outputs'));
  expect(await ask('test', ['source', 'inputs', 'outputs'], [], { existing })).toEqual({
    get: { source: getUrl(`7/sources/${COMMIT}.tar.gz`) },
    put: {},
  });
});

test.each<[Stage, string[], string[]]>([
  ['plan', ['bundle'], []],
  ['validate', ['inputs'], []],
  ['apply', ['outputs'], []],
  ['plan', ['toString'], []],
  ['plan', ['../../prod/app/plan/bundle.tar.gz'], []],
  ['plan', [], ['outputs.json']],
  ['plan', [], ['job-1-0.json']],
  ['apply', [], ['bundle.tar.gz']],
  ['plan', [], ['reports/x.xml']],
  ['test', [], ['reports/']],
  ['test', [], ['reports/../job-1-0.json']],
  ['test', [], ['reports/a/../../job-1-0.json']],
  ['test', [], ['reports//x']],
  ['test', [], ['reports/./x']],
  ['test', [], ['reports/a\\..\\x']],
  ['test', [], ['reports/a\nb']],
  ['test', [], [`reports/${'x'.repeat(600)}`]],
  ['test', [], ['/reports/x']],
])('a %s job may not read %j or write %j', async (stage, get, put) => {
  await expect(ask(stage, get, put)).rejects.toThrow(
    new RegExp(`a ${stage} job may not (read|write) the artifact .*, only `),
  );
});

test('without the proof there are no URLs, and the nonce is not in the error', async () => {
  const failure = await ask('plan', ['source'], [], { proof: { jobId: 'batch-2' } }).catch(
    (error: Error) => error.message,
  );
  expect(failure).toContain('its nonce belongs to another Batch job');
  expect(failure).not.toContain(NONCE);
});

test.each<[string, string, Record<string, number>, string]>([
  [
    'another deployment holds the lease',
    '7/environment/dev environment',
    { fence: 2 },
    'its deployment does not hold the lease any more',
  ],
  [
    'its target was opened anew',
    '7/release/20261121-c0ffee1-1 outcome/dev/app',
    { attempt: 2 },
    'its target was opened anew since: another job does its work',
  ],
  [
    'its target was planned again',
    '7/release/20261121-c0ffee1-1 outcome/dev/app',
    { round: 1 },
    'its target was planned again since: another job does its work',
  ],
])('a plan leaves nothing once %s; an apply always may', async (_, item, set, reason) => {
  const [pk = '', sk = ''] = item.split(' ');
  const put = ['log.txt', 'result.json'];
  const plan = await jobWorld(specOf('plan'));
  const apply = await jobWorld(specOf('apply'));
  for (const { ledger } of [plan, apply]) await ledger.update({ pk, sk }, { set });
  await expect(artifacts({ ...plan.proof, get: [], put }, plan)).rejects.toThrow(
    `handing out artifacts: ${reason}`,
  );
  expect(Object.keys((await artifacts({ ...apply.proof, get: [], put }, apply)).put)).toEqual(put);
});

test('a state that could not be written blocks its target from the moment its place is asked for', async () => {
  const job = await jobWorld(specOf('apply'));
  const uploading = (put: string[]) =>
    contract.handle((request) => artifacts(request, job))({ ...job.proof, get: [], put });
  const target = () => job.ledger.get({ pk: '7/environment/dev', sk: 'target/app' });
  await uploading(['result.json']);
  expect(await target()).toBeUndefined();
  await uploading(['errored.tfstate', 'result.json']);
  expect(await target()).toMatchObject({
    blocked: { release: '20261121-c0ffee1-1', key: `${TARGET}/apply/errored.tfstate` },
  });
});

test('the plan of a rollback: the source and the lock files it names, and a place of its own', async () => {
  const spec: Partial<JobSpec> = {
    pass: 'reverse',
    source: { commit: COMMIT, key: '7/last-good/sources/x.tar.gz' },
    locks: {
      lastGood: '7/last-good/dev/app/r/bundle.tar.gz',
      current: { bundle: `${TARGET}/plan/bundle.tar.gz`, source: `7/sources/${COMMIT}.tar.gz`, path: 'app' },
    },
  };
  const existing = [...EXISTING, '7/last-good/sources/x.tar.gz', '7/last-good/dev/app/r/bundle.tar.gz'];
  const names = ['source', 'inputs', 'lock', 'current-bundle', 'current-source'];
  expect(await ask('plan', names, ['bundle.tar.gz'], { existing, spec })).toEqual({
    get: {
      source: getUrl('7/last-good/sources/x.tar.gz'),
      lock: getUrl('7/last-good/dev/app/r/bundle.tar.gz'),
      'current-bundle': getUrl(`${TARGET}/plan/bundle.tar.gz`),
      'current-source': getUrl(`7/sources/${COMMIT}.tar.gz`),
    },
    put: { 'bundle.tar.gz': putUrl(`${TARGET}/reverse/plan/bundle.tar.gz`) },
  });
  // A deployment has one lock file: its own.
  expect(await ask('plan', ['source', 'lock', 'current-bundle', 'current-source'], [])).toEqual({
    get: { source: getUrl(`7/sources/${COMMIT}.tar.gz`) },
    put: {},
  });
});
