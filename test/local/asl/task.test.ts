import { expect, test } from '@jest/globals';
import { StatesError } from '../../../local/asl/errors.ts';
import type { TaskCall } from '../../../local/asl/host.ts';
import type { Json } from '../../../local/asl/json.ts';
import { deferred, World } from './support.ts';

const LAMBDA = 'arn:aws:states:::lambda:invoke';
const CALLBACK = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';
const SYNC = 'arn:aws:states:::batch:submitJob.sync';

const task = (fields: object, others: object = {}) => ({
  StartAt: 'Work',
  States: { Work: { Type: 'Task', Resource: LAMBDA, End: true, ...fields }, ...others },
});
const never = () => new Promise<Json>(() => {});
const busy = (times: number) => async () => {
  if (times-- > 0) throw new StatesError('Busy', 'come back later');
  return 'done';
};

test('a task tells its history event by event', async () => {
  const world = new World(async () => ({ ok: true }));
  const { execution } = await world.run(
    task({ Arguments: { a: '{% $states.input.n %}' }, TimeoutSeconds: 9 }),
    { n: 1 },
  );
  expect(world.lines(execution)).toEqual([
    '1<0 ExecutionStarted',
    '2<0 TaskStateEntered',
    '3<2 TaskScheduled',
    '4<3 TaskStarted',
    '5<4 TaskSucceeded',
    '6<5 TaskStateExited',
    '7<6 ExecutionSucceeded',
  ]);
  expect(world.events(execution)[2]).toMatchObject({
    taskScheduledEventDetails: {
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'eu-west-1',
      parameters: '{"a":1}',
      timeoutInSeconds: 9,
    },
  });
});

test('without Arguments a task is given the state input', async () => {
  const world = new World();
  expect(await world.run(task({}), { a: 1 })).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 } });
});

test('.sync reports TaskSubmitted while the work goes on', async () => {
  const finished = deferred();
  const world = new World((call) => {
    call.submitted({ JobId: '7' });
    return finished.promise;
  });
  const execution = world.start(task({ Resource: SYNC }));
  await world.clock.advance(3_600_000);
  expect(world.lines(execution).slice(3)).toEqual(['4<3 TaskStarted', '5<4 TaskSubmitted']);
  finished.resolve({ Status: 'SUCCEEDED' });
  await execution.done;
  expect(world.types(execution).slice(5, 6)).toEqual(['TaskSucceeded']);
  expect(world.events(execution)[4]).toMatchObject({
    taskSubmittedEventDetails: { resourceType: 'batch', resource: 'submitJob.sync', output: '{"JobId":"7"}' },
  });
});

test('retries wait longer and longer, and a case of 330 seconds takes no time here', async () => {
  const world = new World(busy(3));
  const started = world.clock.now();
  const Retry = [
    { ErrorEquals: ['Busy'], IntervalSeconds: 30, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 210 },
  ];
  const { status } = await world.run(task({ Retry }));
  expect(status).toBe('SUCCEEDED');
  expect(world.clock.now() - started).toBe((30 + 90 + 210) * 1000);
  expect(world.calls).toHaveLength(4);
});

test('jitter waits at most the delay', async () => {
  const world = new World(busy(1));
  const started = world.clock.now();
  await world.run(task({ Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 10, JitterStrategy: 'FULL' }] }));
  expect(world.clock.now() - started).toBeLessThanOrEqual(10_000);
});

test('each retrier counts for itself, and RetryCount counts all', async () => {
  const errors = ['A', 'B', 'A', 'B'];
  const counts: Json[] = [];
  const world = new World(async ({ arguments: count }) => {
    counts.push(count);
    const error = errors.shift();
    if (error !== undefined) throw new StatesError(error);
    return null;
  });
  const Retry = [
    { ErrorEquals: ['A'], MaxAttempts: 2 },
    { ErrorEquals: ['States.TaskFailed'], MaxAttempts: 2 },
  ];
  const { status } = await world.run(task({ Arguments: '{% $states.context.State.RetryCount %}', Retry }));
  expect(status).toBe('SUCCEEDED');
  expect(counts).toEqual([0, 1, 2, 3, 4]);
});

test('a retried task is scheduled again after its failure, without entering the state again', async () => {
  const world = new World(busy(1));
  const { execution } = await world.run(task({ Retry: [{ ErrorEquals: ['States.ALL'] }] }));
  expect(world.lines(execution).slice(3, 7)).toEqual([
    '4<3 TaskStarted',
    '5<4 TaskFailed',
    '6<5 TaskScheduled',
    '7<6 TaskStarted',
  ]);
});

test('exhausted retries fall through to Catch, which assigns and puts out the error', async () => {
  const world = new World(busy(9));
  const Catch = [
    { ErrorEquals: ['Other'], Next: 'Work' },
    {
      ErrorEquals: ['Busy'],
      Assign: { why: '{% $states.errorOutput.Cause %}' },
      Output: { error: '{% $states.errorOutput %}' },
      Next: 'After',
    },
  ];
  const After = { Type: 'Pass', Output: '{% $merge([$states.input, {"why": $why}]) %}', End: true };
  const machine = task({ Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }], Catch }, { After });
  expect((await world.run(machine)).output).toEqual({
    error: { Error: 'Busy', Cause: 'come back later' },
    why: 'come back later',
  });
});

test('a failed expression in Output can be caught, and its place is told', async () => {
  const world = new World(async () => 1);
  const Catch = [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'After' }];
  const { execution, output } = await world.run(
    task({ Output: { x: '{% $states.result.y %}' }, Catch }, { After: { Type: 'Succeed' } }),
  );
  expect(output).toMatchObject({ Error: 'States.QueryEvaluationError' });
  expect(world.events(execution).find(({ type }) => type === 'EvaluationFailed')).toMatchObject({
    evaluationFailedEventDetails: { location: 'Output/x', state: 'Work' },
  });
});

test('TimeoutSeconds may be an expression; the handler learns that nobody waits', async () => {
  let signal: AbortSignal | undefined;
  const world = new World((call) => {
    signal = call.signal;
    return never();
  });
  const { status, error, execution } = await world.run(task({ TimeoutSeconds: '{% $states.input.t %}' }), {
    t: 5,
  });
  expect([status, error]).toEqual(['FAILED', 'States.Timeout']);
  expect(signal?.aborted).toBe(true);
  expect(world.types(execution).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
});

test('States.TaskFailed does not catch a timeout, States.Timeout does', async () => {
  const world = new World(never);
  const Catch = [
    { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
    { ErrorEquals: ['States.Timeout'], Next: 'Right' },
  ];
  const states = { Wrong: { Type: 'Fail' }, Right: { Type: 'Succeed' } };
  expect((await world.run(task({ TimeoutSeconds: 5, Catch }, states))).output).toEqual({
    Error: 'States.Timeout',
    Cause: '',
  });
});

test.each([
  ['the result', ['TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded']],
  ['the timeout', ['TaskTimedOut', 'ExecutionFailed']],
])('result and timeout at the same tick: %s came first, and only it counts', async (first, expected) => {
  const result = deferred();
  const world = new World(() => result.promise);
  const answer = () => result.resolve('late');
  // Timers of one tick run in the order they were set: the task sets its own when it is called.
  if (first === 'the result') world.clock.after(5000, answer);
  const execution = world.start(task({ TimeoutSeconds: 5 }));
  await world.clock.advance(0);
  if (first === 'the timeout') world.clock.after(5000, answer);
  await world.clock.until(execution.done);
  await world.clock.advance(10_000);
  expect(world.types(execution).slice(4)).toEqual(expected);
});

test('a result over 262144 bytes fails the task, and States.ALL does not catch it', async () => {
  const world = new World(async () => 'x'.repeat(262_143));
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After' }];
  const outcome = await world.run(task({ Catch }, { After: { Type: 'Succeed' } }));
  expect(outcome).toMatchObject({
    status: 'FAILED',
    error: 'States.DataLimitExceeded',
    cause:
      "The state/task 'Work' returned a result with a size exceeding the maximum number of bytes service limit.",
  });
  expect(world.types(outcome.execution)).toContain('TaskFailed');
});

test('a result of exactly 262144 bytes is fine', async () => {
  const world = new World(async () => 'x'.repeat(262_142));
  expect((await world.run(task({}))).status).toBe('SUCCEEDED');
});

test('a defect in a handler ends the execution with States.Runtime, which nothing catches', async () => {
  const world = new World(async () => {
    throw new TypeError('no such service');
  });
  const Catch = [{ ErrorEquals: ['States.ALL', 'States.Runtime'], Next: 'After' }];
  expect(await world.run(task({ Catch }, { After: { Type: 'Succeed' } }))).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: "An error occurred while executing the state 'Work' (entered at the event id #2). no such service",
  });
});

test('a plain Lambda function has events of its own', async () => {
  const world = new World(async () => {
    throw new StatesError('Error', 'boom');
  });
  const Resource = 'arn:aws:lambda:eu-west-1:111122223333:function:f';
  const { execution } = await world.run(task({ Resource }));
  expect(world.types(execution).slice(2, 5)).toEqual([
    'LambdaFunctionScheduled',
    'LambdaFunctionStarted',
    'LambdaFunctionFailed',
  ]);
});

const callback = (fields: object = {}) =>
  task({ Resource: CALLBACK, Arguments: { token: '{% $states.context.Task.Token %}' }, ...fields });

/** Starts a callback task and waits until its message is sent. */
async function parked(
  fields: object = {},
  handler = async (_: TaskCall): Promise<Json> => ({ MessageId: 'm' }),
) {
  const world = new World(handler);
  const execution = world.start(callback(fields));
  await world.clock.advance(0);
  return { world, execution, token: world.calls[0]?.token ?? '' };
}

test('a callback task sends its token, then waits for SendTaskSuccess', async () => {
  const { world, execution, token } = await parked();
  expect(world.calls[0]?.arguments).toEqual({ token });
  await world.clock.advance(86_400_000);
  expect(execution.status).toBe('RUNNING');
  world.tokens.sendSuccess(token, '{"approved":true}');
  expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: { approved: true } });
  expect(world.lines(execution).slice(3, 6)).toEqual([
    '4<3 TaskStarted',
    '5<4 TaskSubmitted',
    '6<5 TaskSucceeded',
  ]);
});

test('an answer that comes before the message call has returned counts', async () => {
  const { execution, world, token } = await parked({}, never);
  world.tokens.sendSuccess(token, '1');
  expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: 1 });
});

test('a failed call ends a callback task before anyone answers', async () => {
  const { execution, world, token } = await parked({}, async () => {
    throw new StatesError('SQS.QueueDoesNotExist', 'gone');
  });
  expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'SQS.QueueDoesNotExist' });
  expect(() => world.tokens.sendSuccess(token, '1')).toThrow(
    expect.objectContaining({ name: 'TaskTimedOut' }),
  );
});

test('SendTaskFailure fails the task with its error and cause', async () => {
  const { execution, world, token } = await parked();
  world.tokens.sendFailure(token, 'Rejected', 'by alice');
  expect(await execution.done).toEqual({ status: 'FAILED', error: 'Rejected', cause: 'by alice' });
});

test('a token is answered once; a second answer, also of the other kind, is TaskTimedOut', async () => {
  const { world, token } = await parked();
  world.tokens.sendSuccess(token, '1');
  const late = expect.objectContaining({
    name: 'TaskTimedOut',
    message: expect.stringContaining('does not exist anymore'),
  });
  expect(() => world.tokens.sendSuccess(token, '2')).toThrow(late);
  expect(() => world.tokens.sendFailure(token)).toThrow(late);
});

test('an answer to a stopped or timed out task is TaskTimedOut', async () => {
  const stopped = await parked();
  stopped.execution.stop();
  await stopped.execution.done;
  const expired = await parked({ TimeoutSeconds: 5 });
  await expired.world.clock.advance(5000);
  for (const { world, token } of [stopped, expired]) {
    expect(() => world.tokens.sendSuccess(token, '1')).toThrow(
      expect.objectContaining({ name: 'TaskTimedOut' }),
    );
  }
});

test('an unknown token is TaskDoesNotExist, a malformed one InvalidToken, and bad JSON leaves the task waiting', async () => {
  const { world, execution, token } = await parked();
  const unknown = 'belay-task-00000000-0000-4000-8000-000000000000';
  expect(() => world.tokens.sendHeartbeat(unknown)).toThrow(
    expect.objectContaining({ name: 'TaskDoesNotExist' }),
  );
  expect(() => world.tokens.sendFailure('x')).toThrow(expect.objectContaining({ name: 'InvalidToken' }));
  expect(() => world.tokens.sendSuccess(token, '{')).toThrow(
    expect.objectContaining({ name: 'InvalidOutput' }),
  );
  world.tokens.sendSuccess(token, '{}');
  expect((await execution.done).status).toBe('SUCCEEDED');
});

test('heartbeats keep a task alive; the first silence that is too long is States.HeartbeatTimeout', async () => {
  const { world, execution, token } = await parked({ HeartbeatSeconds: 10, TimeoutSeconds: 60 });
  for (let beat = 0; beat < 4; beat += 1) {
    await world.clock.advance(9000);
    world.tokens.sendHeartbeat(token);
  }
  expect(execution.status).toBe('RUNNING');
  await world.clock.advance(10_000);
  expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  expect(world.types(execution).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
});

test('a timeout gives the retried task a new token, and the old one is dead', async () => {
  const { world, execution, token } = await parked({
    TimeoutSeconds: 5,
    Retry: [{ ErrorEquals: ['States.Timeout'] }],
  });
  await world.clock.advance(6000);
  const second = world.calls[1]?.token ?? '';
  expect(second).not.toBe(token);
  expect(() => world.tokens.sendSuccess(token, '1')).toThrow(
    expect.objectContaining({ name: 'TaskTimedOut' }),
  );
  world.tokens.sendSuccess(second, '2');
  expect((await execution.done).output).toBe(2);
});
