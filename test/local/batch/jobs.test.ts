import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { capitalized, type Job, jobDetail, recased } from '../../../local/batch/job.ts';
import { Jobs } from '../../../local/batch/jobs.ts';
import { readSubmission } from '../../../local/batch/submission.ts';
import { metadataPath, metadataRoute } from '../../../local/batch/task-metadata.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder, writeStack } from '../world/small-stack.ts';

const open: Jobs[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((jobs) => jobs.close()));
});

function openJobs(job: string, { slots = 2, folder = temporaryFolder('jobs') } = {}) {
  const cdkOut = writeStack({ functions: {}, job });
  const assembly = loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:4566' });
  const statuses: string[] = [];
  const withdrawn: string[] = [];
  const jobs = new Jobs({
    definitions: assembly.jobDefinitions,
    queues: assembly.jobQueues,
    place: assembly.place,
    machine: {
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:4566',
      workspace: '/tmp/workspace',
      images: '/state/images',
      compileCache: join(folder, 'compiled'),
      shell: {
        PATH: process.env.PATH,
        HOME: '/home/user',
        SECRET_OF_THE_SHELL: 'x',
        PASSED: 'yes',
        BELAY_PROVIDER_MIRROR: '/home/user/providers',
      },
      passEnv: ['PASSED', 'NOT_SET'],
    },
    issueCredentials: (roleArn) => ({
      path: '/belay-credentials/abc',
      current: () => {
        throw new Error('not asked for');
      },
      withdraw: () => void withdrawn.push(roleArn),
    }),
    folder: join(folder, 'jobs'),
    slots,
    changed: ({ jobName, status }) => void statuses.push(`${jobName} ${status}`),
    printed: () => {},
  });
  open.push(jobs);
  const submit = (jobName: string, input: object = {}) =>
    jobs.submit(readSubmission({ jobName, jobQueue: 'jobs', jobDefinition: 'job', ...input }));
  const run = (jobName: string, input: object = {}) => jobs.ended(submit(jobName, input));
  const logOf = (ended: Job) => readFileSync(jobs.logOf(ended), 'utf8');
  return { jobs, submit, run, logOf, statuses, withdrawn, folder };
}

test('a job goes through its states, and its output is kept', async () => {
  const { run, logOf, statuses, withdrawn } = openJobs(`console.log('out'); console.error('err');`);
  const job = await run('plan');
  expect(statuses).toEqual([
    'plan SUBMITTED',
    'plan RUNNABLE',
    'plan STARTING',
    'plan RUNNING',
    'plan SUCCEEDED',
  ]);
  expect(job).toMatchObject({ status: 'SUCCEEDED', exitCode: 0 });
  expect(logOf(job)).toBe('out\nerr\n');
  expect(withdrawn).toEqual(['arn:aws:iam::123456789012:role/Belay-Role']);
});

test('the environment is the definition, the overrides, what the platform adds, and nothing else of the shell', async () => {
  const { run, logOf } = openJobs('console.log(JSON.stringify(process.env));');
  const job = await run('plan', {
    containerOverrides: {
      environment: [
        { name: 'BELAY_JOB', value: '1/job.json' },
        { name: 'COLOUR', value: 'blue' },
      ],
    },
  });
  const { NODE_COMPILE_CACHE, ...environment } = JSON.parse(logOf(job));
  expect(environment).toEqual({
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: '/home/user',
    PASSED: 'yes',
    BELAY_IMAGES: '/state/images',
    BELAY_PASS_ENV: 'PASSED,NOT_SET,BELAY_IMAGES',
    ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:4566/belay-task/${job.jobId}`,
    BELAY_WORKSPACE: '/tmp/workspace',
    BELAY_JOB: '1/job.json',
    COLOUR: 'blue',
    AWS_BATCH_JOB_ID: job.jobId,
    AWS_BATCH_JOB_ATTEMPT: '1',
    AWS_BATCH_JQ_NAME: 'jobs',
    AWS_BATCH_CE_NAME: 'Belay-Compute',
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:4566/belay-credentials/abc',
  });
});

test('a folder of this machine stands for the providers of the image, in jobs that take theirs from there', async () => {
  const { run, logOf } = openJobs('console.log(process.env.BELAY_PROVIDER_MIRROR);');
  const environment = [{ name: 'BELAY_PROVIDER_MIRROR', value: '/belay/providers' }];
  expect(logOf(await run('plan', { containerOverrides: { environment } }))).toBe('/home/user/providers\n');
  expect(logOf(await run('apply'))).toBe('undefined\n');
});

test('a job that exits otherwise has failed, in the words of DescribeJobs', async () => {
  const { run } = openJobs('process.exit(10);');
  const job = await run('apply');
  expect(jobDetail(job)).toMatchObject({
    jobName: 'apply',
    status: 'FAILED',
    statusReason: 'Essential container in task exited',
    container: { exitCode: 10 },
    attempts: [{ container: { exitCode: 10 }, statusReason: 'Essential container in task exited' }],
  });
  expect(recased(jobDetail(job), capitalized)).toMatchObject({
    JobName: 'apply',
    Status: 'FAILED',
    Container: { ExitCode: 10, Environment: expect.arrayContaining([{ Name: 'COLOUR', Value: 'green' }]) },
    Attempts: [{ Container: { ExitCode: 10 } }],
  });
});

test('no more jobs run at once than there are slots, and they start in order', async () => {
  const { jobs, submit, statuses } = openJobs('setTimeout(() => {}, 100);', { slots: 2 });
  const submitted = ['a', 'b', 'c', 'd', 'e'].map((name) => submit(name));
  await Promise.all(submitted.map((job) => jobs.ended(job)));
  expect(statuses.filter((status) => status.endsWith('RUNNING'))).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name) => `${name} RUNNING`),
  );
  let running = 0;
  let most = 0;
  for (const status of statuses) {
    if (status.endsWith(' RUNNING')) running += 1;
    if (status.endsWith(' SUCCEEDED')) running -= 1;
    most = Math.max(most, running);
  }
  expect(most).toBe(2);
});

test('terminating sends SIGTERM to the job alone, which may end in order; it has failed all the same', async () => {
  const { jobs, submit, logOf } = openJobs(`
    import { spawn } from 'node:child_process';
    const tool = spawn('/bin/sh', ['-c', 'trap "echo tool signalled" TERM; sleep 0.3 & wait'], { stdio: 'inherit' });
    process.on('SIGTERM', () => { console.log('told to end'); });
    tool.on('exit', () => process.exit(0));
    console.log('up');
  `);
  const job = submit('plan');
  await until(() => existsSync(jobs.logOf(job)) && logOf(job).includes('up'));
  jobs.terminate(job, 'nobody needs it');
  const ended = await jobs.ended(job);
  expect(ended).toMatchObject({
    status: 'FAILED',
    statusReason: 'nobody needs it',
    isTerminated: true,
    exitCode: 0,
  });
  expect(logOf(ended)).toBe('up\ntold to end\n');
});

test('terminating a job that waits ends it before it starts', async () => {
  const { jobs, submit } = openJobs('setTimeout(() => {}, 200);', { slots: 1 });
  submit('first');
  const second = submit('second');
  jobs.terminate(second, 'no');
  expect(await jobs.ended(second)).toMatchObject({ status: 'FAILED', statusReason: 'no' });
  expect(jobDetail(second)).toMatchObject({ isCancelled: true, attempts: [] });
});

test.each([
  [
    { containerOverrides: { environment: [{ name: 'A', value: 'x'.repeat(7700) }] } },
    'Container Overrides length must be at most 8192',
  ],
  [
    { containerOverrides: { environment: [{ name: 'AWS_BATCH_X', value: '1' }] } },
    'must not start with "AWS_BATCH"',
  ],
  [{ retryStrategy: { attempts: 3 } }, 'cannot submit this job'],
  [{ arrayProperties: { size: 2 } }, 'cannot submit this job'],
  [{ jobDefinition: 'other' }, 'JobDefinition other does not exist'],
  [{ jobQueue: 'other' }, 'JobQueue other not found'],
])('a submission Batch would refuse is refused: %j', (input, message) => {
  const { submit } = openJobs('');
  expect(() => submit('job', input)).toThrow(message);
});

test('overrides just below the limit are taken', async () => {
  const { run } = openJobs('process.exit(process.env.A.length === 7500 ? 0 : 1);');
  const environment = [{ name: 'A', value: 'x'.repeat(7500) }];
  expect(await run('job', { containerOverrides: { environment } })).toMatchObject({ status: 'SUCCEEDED' });
});

test('jobs outlive a killed twin: the next one tells how they ended', async () => {
  const folder = temporaryFolder('killed');
  const cdkOut = writeStack({
    functions: {},
    job: `setTimeout(() => process.exit(7), 900); console.log('up');`,
  });
  const twin = join(folder, 'twin.ts');
  const local = join(import.meta.dirname, '../../../local');
  writeFileSync(
    twin,
    `import { loadAssembly } from '${local}/assembly/load.ts';
     import { Jobs } from '${local}/batch/jobs.ts';
     const { jobDefinitions: definitions, jobQueues: queues, place } = loadAssembly({ cdkOut: '${cdkOut}', endpoint: 'http://127.0.0.1:1' });
     const machine = { region: 'eu-west-1', endpoint: '', workspace: '', images: '', compileCache: '${folder}', shell: process.env, passEnv: [] };
     const jobs = new Jobs({ definitions, queues, place, machine, folder: '${folder}/jobs', slots: 1, changed: () => {}, printed: () => {},
       issueCredentials: () => ({ path: '', current: () => undefined, withdraw: () => {} }) });
     const submission = { jobName: 'apply', jobQueue: 'jobs', jobDefinition: 'job', containerOverrides: { environment: [] }, tags: {} };
     jobs.submit(submission); jobs.submit(submission);
     setInterval(() => { if (jobs.all()[0].status === 'RUNNING') console.log('running'); }, 20);`,
  );
  const owner = spawn(process.execPath, ['--no-warnings', twin], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => owner.stdout.once('data', resolve));
  const ended = new Promise((resolve) => owner.once('exit', resolve));
  owner.kill('SIGKILL');
  await ended;

  const { jobs } = openJobs('', { folder });
  // Submitted in the same millisecond, either may be the one that got the slot.
  const [running, waiting] = ['RUNNING', 'FAILED'].map((wanted) =>
    jobs.all().find(({ status }) => status === wanted),
  );
  expect(jobs.inherited).toEqual([running]);
  expect(waiting).toMatchObject({ status: 'FAILED', statusReason: 'Host terminated before the job started' });
  if (running === undefined) throw new Error('no job');
  expect(await jobs.ended(running)).toMatchObject({ status: 'FAILED', exitCode: 7 });
});

test('a job is told of its task what Fargate tells: when its image was there, and what it was given', async () => {
  const job = {
    startedAt: Date.UTC(2026, 10, 21, 8, 0, 5),
    definition: { vcpus: 2, memoryMb: 4096, storageGiB: 30 },
  } as Job;
  const route = metadataRoute(() => ({ get: (id) => (id === 'job-1' ? job : undefined) }));
  const answer = await route.handle({} as never, `${metadataPath('job-1')}/task`);
  expect(JSON.parse(String(answer?.body))).toEqual({
    Limits: { CPU: 2, Memory: 4096 },
    EphemeralStorageMetrics: { Utilized: 0, Reserved: 30_720 },
    PullStartedAt: '2026-11-21T08:00:05.000Z',
    PullStoppedAt: '2026-11-21T08:00:05.000Z',
  });
  expect(await route.handle({} as never, `${metadataPath('job-2')}/task`)).toBeUndefined();
  expect(await route.handle({} as never, metadataPath('job-1'))).toBeUndefined();
});
