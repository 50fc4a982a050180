import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { realClock } from '../../../local/asl/clock.ts';
import type { ExecutionRecord } from '../../../local/asl/record.ts';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { Jobs } from '../../../local/batch/jobs.ts';
import { Builds } from '../../../local/builds/builds.ts';
import { createAuthorize } from '../../../local/iam/authorize.ts';
import { Functions } from '../../../local/lambda/functions.ts';
import { Images } from '../../../local/registry/images.ts';
import { Executions } from '../../../local/states/executions.ts';
import { createTasks, supportsTask } from '../../../local/states/tasks.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';
import { ObjectStore } from '../../../local/wire/s3/object-store.ts';
import { type SmallStack, temporaryFolder, writeStack } from '../world/small-stack.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function openExecutions(stack: Partial<SmallStack>, folder = temporaryFolder('executions')) {
  const assembly = loadAssembly({
    cdkOut: writeStack({ functions: {}, ...stack }),
    endpoint: 'http://127.0.0.1:1',
  });
  const { place } = assembly;
  const principals = createPrincipals(realClock);
  const common = { region: place.region, endpoint: place.endpoint, compileCache: join(folder, 'compiled') };
  const functions = new Functions({
    xray: { daemonAddress: '127.0.0.1:2000', traces: { put: () => {} } },
    ...common,
    definitions: assembly.functions,
    principals,
    folder: join(folder, 'functions'),
    path: '',
    replacements: {},
  });
  const jobs = new Jobs({
    definitions: assembly.jobDefinitions,
    queues: assembly.jobQueues,
    place,
    machine: { ...common, workspace: '', images: '', shell: process.env, passEnv: [] },
    issueCredentials: () => ({ path: '', current: () => principals.openSession(''), withdraw: () => {} }),
    folder: join(folder, 'jobs'),
    slots: 2,
    changed: () => {},
    printed: () => {},
  });
  const objects = new ObjectStore(join(folder, 's3'), assembly.buckets, realClock);
  const authorize = createAuthorize(assembly);
  const builds = new Builds({
    projects: assembly.buildProjects,
    ...{ place, objects, principals, authorize },
    images: new Images(join(folder, 'images')),
    folder: join(folder, 'builds'),
    shell: process.env,
  });
  const statuses: string[] = [];
  const executions: Executions = new Executions({
    definitions: assembly.stateMachines,
    folder: join(folder, 'executions'),
    supports: supportsTask,
    task: createTasks({
      place,
      functions,
      jobs,
      builds,
      objects,
      executions: () => executions,
      principals,
      authorize,
    }),
    statusChanged: ({ name, status }) => void statuses.push(`${name} ${status}`),
    changed: () => {},
  });
  open.push(async () => {
    await executions.close();
    await jobs.close();
    await functions.close();
  });
  const start = (machine: string, input: unknown = {}, name?: string) =>
    executions.start({
      stateMachineArn: `arn:aws:states:eu-west-1:123456789012:stateMachine:${machine}`,
      input: JSON.stringify(input),
      name,
    });
  const run = async (machine: string, input: unknown = {}): Promise<ExecutionRecord> => {
    const execution = start(machine, input);
    await execution.done;
    return execution.record;
  };
  return { executions, jobs, objects, start, run, statuses, folder };
}

const machine = (states: Record<string, object>) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
});
const call = (FunctionName: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: '{% $states.input %}' },
  End: true,
  ...more,
});
const job = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::batch:submitJob.sync',
  Arguments: {
    JobName: 'plan',
    JobQueue: 'jobs',
    JobDefinition: 'job',
    ContainerOverrides: { Environment: [{ Name: 'CODE', Value: '{% $string($states.input.code) %}' }] },
  },
  End: true,
  ...more,
});

test('a function is invoked with the payload; its answer is the result', async () => {
  const { run, statuses } = openExecutions({
    functions: { double: 'export const handler = async ({ n }) => ({ n: 2 * n });' },
    machines: { m: machine({ Double: call('double') }) },
  });
  const record = await run('m', { n: 21 });
  expect(record).toMatchObject({
    status: 'SUCCEEDED',
    output: { ExecutedVersion: '$LATEST', Payload: { n: 42 }, StatusCode: 200 },
  });
  expect(statuses).toEqual([`${record.name} RUNNING`, `${record.name} SUCCEEDED`]);
});

test('Catch sees the name of the error a function threw', async () => {
  const { run } = openExecutions({
    functions: {
      fail: `export const handler = async () => { throw Object.assign(new Error('no'), { name: 'Refused' }); };`,
    },
    machines: {
      m: machine({
        Fail: call('fail', {
          Catch: [{ ErrorEquals: ['Refused'], Next: 'Caught', Output: '{% $states.errorOutput.Cause %}' }],
        }),
        Caught: { Type: 'Pass', End: true },
      }),
    },
  });
  const { status, output } = await run('m');
  expect(status).toBe('SUCCEEDED');
  expect(JSON.parse(String(output))).toMatchObject({ errorType: 'Refused', errorMessage: 'no' });
});

test('a task with a token waits for SendTaskSuccess, and a token answers once', async () => {
  const { start, executions } = openExecutions({
    functions: { park: 'export const handler = async () => ({});' },
    machines: {
      m: machine({
        Park: call('park', {
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: { FunctionName: 'park', Payload: { token: '{% $states.context.Task.Token %}' } },
        }),
      }),
    },
  });
  const execution = start('m');
  const submitted = () => executions.history(execution.arn).find(({ type }) => type === 'TaskSubmitted');
  while (submitted() === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  const scheduled = executions.history(execution.arn).find(({ type }) => type === 'TaskScheduled');
  const { token } = JSON.parse(String(scheduled?.taskScheduledEventDetails?.parameters)).Payload;
  expect(executions.machineOfToken(token)).toBe('arn:aws:states:eu-west-1:123456789012:stateMachine:m');
  executions.tokens.sendSuccess(token, '{"granted":true}');
  expect(await execution.done).toMatchObject({ status: 'SUCCEEDED', output: { granted: true } });
  expect(() => executions.tokens.sendSuccess(token, '{}')).toThrow('Task Timed Out');
});

test('a job is waited for: its detail is the result, or the cause of the failure', async () => {
  const { run } = openExecutions({
    job: 'process.exit(Number(process.env.CODE));',
    machines: { m: machine({ Plan: job() }) },
  });
  expect(await run('m', { code: 0 })).toMatchObject({
    status: 'SUCCEEDED',
    output: { JobName: 'plan', Status: 'SUCCEEDED', Container: { ExitCode: 0 } },
  });
  const { status, error, cause } = await run('m', { code: 10 });
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.TaskFailed' });
  expect(JSON.parse(cause ?? '')).toMatchObject({
    Status: 'FAILED',
    StatusReason: 'Essential container in task exited',
    Attempts: [{ Container: { ExitCode: 10 } }],
  });
});

const everythingBut = (statement: object) => [
  { Effect: 'Allow', Action: '*', Resource: '*' },
  { Effect: 'Deny', Resource: '*', ...statement },
];

test.each([
  ['with the tag the policy asks for', { interruptible: 'true' }, 'FAILED'],
  ['without it', undefined, 'SUCCEEDED'],
])('stopping an execution ends a job %s', async (_, Tags, status) => {
  const { start, jobs } = openExecutions({
    job: `setTimeout(() => {}, 300); console.log('up');`,
    statements: everythingBut({
      Action: 'batch:TerminateJob',
      Condition: { StringNotEquals: { 'aws:ResourceTag/interruptible': 'true' } },
    }),
    machines: {
      m: machine({
        Plan: job({ Arguments: { JobName: 'p', JobQueue: 'jobs', JobDefinition: 'job', Tags } }),
      }),
    },
  });
  const execution = start('m', { code: 0 });
  const running = () => jobs.all().find((one) => one.status === 'RUNNING');
  while (running() === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  execution.stop();
  const [submitted] = jobs.all();
  if (submitted === undefined) throw new Error('no job');
  expect(await jobs.ended(submitted)).toMatchObject({ status });
});

test('a nested execution is waited for; its failure is the task’s', async () => {
  const { run } = openExecutions({
    machines: {
      child: machine({
        Good: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input.good %}', Next: 'Done' }],
          Default: 'Bad',
        },
        Done: { Type: 'Succeed', Output: { verdict: 'succeeded' } },
        Bad: { Type: 'Fail', Error: 'DeploymentFailed', Cause: 'dev failed' },
      }),
      parent: machine({
        Nested: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Arguments: {
            StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:child',
            Input: '{% $states.input %}',
          },
          Output: '{% $states.result.Output.verdict %}',
          End: true,
        },
      }),
    },
  });
  expect(await run('parent', { good: true })).toMatchObject({ status: 'SUCCEEDED', output: 'succeeded' });
  const { error, cause } = await run('parent', { good: false });
  expect(error).toBe('States.TaskFailed');
  expect(JSON.parse(cause ?? '')).toMatchObject({
    Status: 'FAILED',
    Error: 'DeploymentFailed',
    Cause: 'dev failed',
  });
});

test('a Distributed Map reads its items from the bucket', async () => {
  const { run, objects, executions } = openExecutions({
    machines: {
      m: machine({
        Each: {
          Type: 'Map',
          Label: 'Targets',
          ItemReader: {
            Resource: 'arn:aws:states:::s3:getObject',
            ReaderConfig: { InputType: 'JSON' },
            Arguments: { Bucket: 'belay-artifacts', Key: '{% $states.input.key %}' },
          },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'Keep',
            States: { Keep: { Type: 'Pass', End: true } },
          },
          End: true,
        },
      }),
    },
  });
  objects.put('belay-artifacts', 'targets.json', '[{"c":"a"},{"c":"b"}]');
  expect(await run('m', { key: 'targets.json' })).toMatchObject({
    status: 'SUCCEEDED',
    output: [{ c: 'a' }, { c: 'b' }],
  });
  expect(executions.entries().map(({ arn }) => arn.split(':')[6])).toEqual(['m', 'm/Targets', 'm/Targets']);
  expect(await run('m', { key: 'none.json' })).toMatchObject({
    status: 'FAILED',
    error: 'States.ItemReaderFailed',
  });
});

test.each([
  ['lambda:InvokeFunction', 'Double', 'Lambda.AccessDeniedException'],
  ['batch:SubmitJob', 'Plan', 'Batch.AccessDeniedException'],
  ['events:PutRule', 'Plan', 'Batch.AccessDeniedException'],
])('a machine whose role may not %s fails there', async (Action, StartAt, error) => {
  const { run } = openExecutions({
    functions: { double: 'export const handler = async () => 1;' },
    statements: everythingBut({ Action }),
    machines: { m: { ...machine({ Double: call('double'), Plan: job() }), StartAt } },
  });
  const record = await run('m', { code: 0 });
  expect(record).toMatchObject({ status: 'FAILED', error });
  expect(record.cause).toContain(`is not authorized to perform: ${Action} on resource: `);
});

test('a name is taken once; while it runs, the same input is the same execution', async () => {
  const wait = machine({ Wait: { Type: 'Wait', Seconds: 60, End: true } });
  const { start } = openExecutions({ machines: { m: wait } });
  const first = start('m', { a: 1 }, 'one');
  expect(start('m', { a: 1 }, 'one')).toBe(first);
  expect(() => start('m', { a: 2 }, 'one')).toThrow('Execution Already Exists');
  first.stop();
  await first.done;
  expect(() => start('m', { a: 1 }, 'one')).toThrow('Execution Already Exists');
  expect(() => start('m', {}, 'a b')).toThrow("Invalid Name: 'a b'");
  expect(() => start('other')).toThrow('State Machine Does Not Exist');
});

test('executions of a killed twin are ABORTED at the next start, keep their history, and can be redriven', async () => {
  const folder = temporaryFolder('killed');
  const stack = {
    functions: { ask: `export const handler = async () => { throw new Error('not yet'); };` },
    machines: {
      m: machine({
        Before: { Type: 'Pass', Assign: { seen: 'yes' }, Next: 'Wait' },
        Wait: { Type: 'Wait', Seconds: 1, Next: 'After' },
        After: { Type: 'Succeed', Output: '{% $seen %}' },
      }),
    },
  };
  const killed = openExecutions(stack, folder);
  const { arn } = killed.start('m', {}, 'one');
  while (!killed.executions.history(arn).some(({ type }) => type === 'WaitStateEntered')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // A killed process does nothing any more: the next one sees what is on disk now.
  const next = openExecutions(stack, folder);
  next.executions.recover();
  expect(next.statuses).toEqual(['one ABORTED']);
  expect(next.executions.find(arn)).toMatchObject({ status: 'ABORTED' });
  expect(next.executions.history(arn).at(-1)).toMatchObject({ type: 'ExecutionAborted' });
  next.executions.redrive(arn);
  while (next.executions.busy) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(next.executions.find(arn)).toMatchObject({ status: 'SUCCEEDED', output: 'yes', redriveCount: 1 });
});

/** Two children that wait for tokens, in a Distributed Map, in an execution that another one waits for. */
const waiting = {
  functions: { ask: 'export const handler = async () => ({});' },
  machines: {
    outer: machine({
      Inner: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: {
          StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:inner',
          Input: '{% $states.input %}',
        },
        Output: '{% $states.result.Output %}',
        End: true,
      },
    }),
    inner: machine({
      Each: {
        Type: 'Map',
        Items: ['a', 'b'],
        ItemSelector: { seconds: '{% $states.input.seconds %}' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Ask',
          States: {
            Ask: {
              Type: 'Task',
              Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
              Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
              TimeoutSeconds: '{% $states.input.seconds %}',
              Catch: [{ ErrorEquals: ['States.Timeout'], Output: 'too late', Next: 'Told' }],
              Output: '{% $states.result %}',
              Next: 'Told',
            },
            Told: { Type: 'Succeed' },
          },
        },
        End: true,
      },
    }),
  },
};

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const historiesOf = ({ executions }: ReturnType<typeof openExecutions>) =>
  executions.entries().map(({ arn }) => executions.history(arn).map(({ type }) => type));

async function asleep(seconds: number) {
  const folder = temporaryFolder('asleep');
  const first = openExecutions(waiting, folder);
  const { arn } = first.start('outer', { seconds }, 'one');
  await until(() => !first.executions.moving);
  const tokens = JSON.stringify(
    first.executions.entries().flatMap((one) => first.executions.history(one.arn)),
  ).match(/belay-task-[0-9a-f-]{36}/g);
  const before = historiesOf(first);
  await first.executions.close();
  return { folder, arn, before, tokens: [...new Set(tokens)] };
}

test('executions that only wait sleep while the twin is closed: nothing is done twice, tokens stay good', async () => {
  const { folder, arn, tokens, before } = await asleep(1000);
  const second = openExecutions(waiting, folder);
  second.executions.recover();
  await second.executions.close();
  const third = openExecutions(waiting, folder);
  third.executions.recover();
  expect(historiesOf(third)).toEqual(before);
  expect(third.statuses).toEqual([]);
  expect(tokens).toHaveLength(2);
  expect(third.executions.machineOfToken(tokens[0] ?? '')).toMatch(/stateMachine:inner\/Each$/);
  third.executions.tokens.sendSuccess(tokens[1] ?? '', '"yes"');
  await until(() => !third.executions.moving);
  await third.executions.close();

  const fourth = openExecutions(waiting, folder);
  fourth.executions.recover();
  fourth.executions.tokens.sendSuccess(tokens[0] ?? '', '"no"');
  await until(() => !fourth.executions.busy);
  expect(fourth.executions.find(arn)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 0 });
  expect(new Set(fourth.executions.find(arn).output as string[])).toEqual(new Set(['yes', 'no']));
  expect(() => fourth.executions.tokens.sendSuccess(tokens[0] ?? '', '"again"')).toThrow('Task Timed Out');
  const scheduled = historiesOf(fourth)
    .flat()
    .filter((type) => type === 'TaskScheduled');
  expect(scheduled).toHaveLength(3);
});

test('a deadline that passes while the twin is closed has passed', async () => {
  const { folder, arn } = await asleep(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const second = openExecutions(waiting, folder);
  second.executions.recover();
  await until(() => !second.executions.busy);
  expect(second.executions.find(arn)).toMatchObject({
    status: 'SUCCEEDED',
    output: ['too late', 'too late'],
  });
});

test('an execution one of whose children does something is stopped with all of them when the twin closes', async () => {
  const folder = temporaryFolder('moving');
  const machines = {
    ...waiting.machines,
    both: machine({
      Both: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'Inner', States: waiting.machines.outer.States },
          { StartAt: 'Long', States: { Long: { Type: 'Wait', Seconds: 1000, End: true } } },
        ],
        End: true,
      },
    }),
  };
  const first = openExecutions({ ...waiting, machines }, folder);
  const { arn } = first.start('both', { seconds: 1000 }, 'one');
  const asked = () =>
    historiesOf(first)
      .flat()
      .filter((type) => type === 'TaskSubmitted').length;
  await until(() => asked() === 3);
  await first.executions.close();
  const second = openExecutions({ ...waiting, machines }, folder);
  second.executions.recover();
  expect(second.executions.busy).toBe(false);
  expect(second.executions.find(arn).status).toBe('ABORTED');
  expect(second.executions.entries().map(({ status }) => status)).toEqual(Array(4).fill('ABORTED'));
});

test('a twin that is killed after it was woken does not wake its executions again', async () => {
  const { folder, arn } = await asleep(1000);
  const killed = openExecutions(waiting, folder);
  killed.executions.recover();
  await until(() => !killed.executions.moving);
  await new Promise((resolve) => setImmediate(resolve));
  const next = openExecutions(waiting, folder);
  next.executions.recover();
  expect(next.executions.find(arn).status).toBe('ABORTED');
});

test('a machine that needs more than the twin has is refused before anything runs', () => {
  const machines = {
    m: machine({ Send: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true } }),
  };
  expect(() => openExecutions({ machines })).toThrow(
    'machine m, state "Send": the twin does not run arn:aws:states:::sns:publish',
  );
});
