import { expect, test } from '@jest/globals';
import { realClock, VirtualClock } from '../../../local/asl/clock.ts';
import { StatesError } from '../../../local/asl/errors.ts';
import type { Json } from '../../../local/asl/json.ts';
import { abortInterrupted } from '../../../local/asl/lifecycle.ts';
import { redriveExecution, redriveStatus } from '../../../local/asl/redrive.ts';
import { TaskTokens } from '../../../local/asl/tokens.ts';
import { deferred, type Handler, World } from './support.ts';

const ARN = 'arn:aws:states:eu-west-1:111122223333:execution:Machine:run';
const LAMBDA = 'arn:aws:states:::lambda:invoke';
const TASK = { Type: 'Task', Resource: LAMBDA, End: true };
const PASS = { Type: 'Pass', End: true };
const machine = (States: object, others: object = {}) => ({
  StartAt: Object.keys(States)[0],
  States,
  ...others,
});
const failing: Handler = async () => {
  throw new StatesError('Broken', 'why');
};
const never: Handler = () => new Promise<Json>(() => {});

/** Redrives from what was saved, as a new process would. */
function redrive(world: World, handler: Handler = async () => 'ok') {
  world.handler = handler;
  const record = world.load(ARN);
  if (record === undefined) throw new Error('nothing was saved');
  return redriveExecution(world, record);
}

test('stop aborts at once, tells the running task, and what still arrives changes nothing', async () => {
  const late = deferred();
  let signal: AbortSignal | undefined;
  const world = new World((call) => {
    signal = call.signal;
    return late.promise;
  });
  const execution = world.start(machine({ A: TASK }));
  await world.clock.advance(1000);
  execution.stop({ error: 'Cancelled', cause: 'by alice' });
  expect(execution.status).toBe('ABORTED');
  expect(await execution.done).toEqual({ status: 'ABORTED', error: 'Cancelled', cause: 'by alice' });
  expect(signal?.aborted).toBe(true);
  late.resolve('too late');
  execution.stop({ error: 'again' });
  await world.clock.advance(1000);
  expect(world.types(execution).slice(-2)).toEqual(['TaskStarted', 'ExecutionAborted']);
  expect(execution.record).toMatchObject({ error: 'Cancelled', stopDate: '2026-01-01T00:00:01.000Z' });
});

test('stop before anything has happened', async () => {
  const world = new World();
  const execution = world.start(machine({ A: PASS }));
  execution.stop();
  expect(await execution.done).toEqual({ status: 'ABORTED' });
  expect(world.lines(execution)).toEqual(['1<0 ExecutionStarted', '2<0 ExecutionAborted']);
});

test("the machine's TimeoutSeconds ends it as TIMED_OUT, whatever it does", async () => {
  const world = new World(never);
  const outcome = await world.run(
    machine({ A: { ...TASK, Retry: [{ ErrorEquals: ['States.ALL'] }] } }, { TimeoutSeconds: 60 }),
  );
  expect(outcome).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  expect(world.types(outcome.execution).at(-1)).toBe('ExecutionTimedOut');
  expect(world.clock.now()).toBe(Date.parse('2026-01-01T00:01:00Z'));
});

test('an execution that ends in time leaves no timer behind', async () => {
  const world = new World();
  const { execution } = await world.run(machine({ A: PASS }, { TimeoutSeconds: 60 }));
  await world.clock.advance(120_000);
  expect(execution.status).toBe('SUCCEEDED');
});

test('an input over 262144 bytes is refused', () => {
  expect(() => new World().start(machine({ A: PASS }), 'x'.repeat(262_143))).toThrow(
    expect.objectContaining({ name: 'InvalidExecutionInput' }),
  );
});

test('redrive of a failed Task: same ARN, scheduled again without entering, retries from 0', async () => {
  const world = new World(failing);
  const Retry = [{ ErrorEquals: ['Broken'], MaxAttempts: 1 }];
  const { execution } = await world.run(
    machine({
      A: { ...PASS, End: undefined, Next: 'B', Assign: { v: 1 } },
      B: { ...TASK, Retry, Output: '{% [$v, $states.context.Execution.RedriveCount] %}' },
    }),
  );
  const counts: number[] = [];
  const again = redrive(world, async () => {
    if (counts.push(1) === 1) throw new StatesError('Broken');
    return 'ok';
  });
  expect(await world.clock.until(again.done)).toEqual({ status: 'SUCCEEDED', output: [1, 1] });
  expect(again.arn).toBe(execution.arn);
  expect(world.lines(again).slice(10)).toEqual([
    '11<10 ExecutionFailed',
    '12<11 ExecutionRedriven',
    '13<12 TaskScheduled',
    '14<13 TaskStarted',
    '15<14 TaskFailed',
    '16<15 TaskScheduled',
    '17<16 TaskStarted',
    '18<17 TaskSucceeded',
    '19<18 TaskStateExited',
    '20<19 ExecutionSucceeded',
  ]);
  expect(again.record).toMatchObject({ redriveCount: 1, status: 'SUCCEEDED' });
  expect(again.record).not.toHaveProperty('error');
});

test('redrive gives a callback task a new token; the old one is gone', async () => {
  const world = new World(async () => null);
  const waiting = machine({ A: { ...TASK, Resource: `${LAMBDA}.waitForTaskToken` } });
  const execution = world.start(waiting);
  await world.clock.advance(0);
  const old = world.calls[0]?.token ?? '';
  execution.stop();
  await execution.done;
  const again = redrive(world, async () => null);
  await world.clock.advance(0);
  const fresh = world.calls[1]?.token ?? '';
  expect(() => world.tokens.sendSuccess(old, '1')).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
  world.tokens.sendSuccess(fresh, '2');
  expect((await again.done).output).toBe(2);
});

test("redrive resets a Task's and the machine's TimeoutSeconds", async () => {
  const world = new World(never);
  await world.run(machine({ A: { ...TASK, TimeoutSeconds: 50 } }, { TimeoutSeconds: 60 }));
  const started = world.clock.now();
  const again = redrive(world, never);
  expect(await world.clock.until(again.done)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  expect(world.clock.now() - started).toBe(50_000);
});

test('redrive of a Choice gate re-evaluates its rules with the new RedriveCount', async () => {
  const world = new World();
  const gate = {
    Type: 'Choice',
    Choices: [{ Condition: '{% $states.context.Execution.RedriveCount > $failedAt %}', Next: 'Resume' }],
  };
  const { status } = await world.run(
    machine({
      A: { Type: 'Pass', Assign: { failedAt: '{% $states.context.Execution.RedriveCount %}' }, Next: 'Gate' },
      Gate: gate,
      Resume: { Type: 'Pass', Output: '{% $states.context.Execution.RedriveTime %}', End: true },
    }),
  );
  expect(status).toBe('FAILED');
  await world.clock.advance(3000);
  expect(await redrive(world).done).toEqual({ status: 'SUCCEEDED', output: '2026-01-01T00:00:03.000Z' });
});

test('redrive of a Fail state fails again', async () => {
  const world = new World();
  await world.run(machine({ F: { Type: 'Fail', Error: 'E' } }));
  const again = redrive(world);
  expect(await again.done).toEqual({ status: 'FAILED', error: 'E' });
  expect(world.types(again).slice(-2)).toEqual(['ExecutionRedriven', 'ExecutionFailed']);
});

test('redrive of a Wait whose timestamp has passed goes on at once', async () => {
  const world = new World();
  const execution = world.start(
    machine({ W: { Type: 'Wait', Timestamp: '2026-01-01T01:00:00Z', End: true } }),
  );
  await world.clock.advance(1000);
  execution.stop();
  await execution.done;
  await world.clock.advance(7_200_000);
  const now = world.clock.now();
  await world.clock.until(redrive(world).done);
  expect(world.clock.now()).toBe(now);
});

test('redrive of a Parallel runs only the branches that had not succeeded', async () => {
  const world = new World(async ({ stateName }) =>
    stateName === 'Bad' ? failing({} as never, '') : stateName,
  );
  const branch = (name: string) => ({ StartAt: name, States: { [name]: TASK } });
  const P = { Type: 'Parallel', Branches: [branch('Good'), branch('Bad')], End: true };
  await world.run(machine({ P }));
  const before = world.calls.length;
  const again = redrive(world, async ({ stateName }) => `${stateName} again`);
  expect((await again.done).output).toEqual(['Good', 'Bad again']);
  expect(world.calls.slice(before).map(({ stateName }) => stateName)).toEqual(['Bad']);
});

test('redrive of an inline Map runs only the iterations that had not succeeded, also those not begun', async () => {
  const world = new World(async ({ arguments: item }) => (item === 2 ? failing({} as never, '') : item));
  const M = {
    Type: 'Map',
    MaxConcurrency: 1,
    ItemProcessor: { StartAt: 'I', States: { I: TASK } },
    End: true,
  };
  await world.run(machine({ M }), [1, 2, 3]);
  const before = world.calls.length;
  const again = redrive(world, async ({ arguments: item }) => Number(item) * 10);
  expect((await again.done).output).toEqual([1, 20, 30]);
  expect(world.calls.slice(before).map(({ arguments: item }) => item)).toEqual([2, 3]);
});

test('after States.DataLimitExceeded a redrive runs all iterations', async () => {
  const world = new World(async () => 'x'.repeat(150_000));
  const M = { Type: 'Map', ItemProcessor: { StartAt: 'I', States: { I: TASK } }, End: true };
  await world.run(machine({ M }), [1, 2]);
  const again = redrive(world, async ({ arguments: item }) => item);
  expect((await again.done).output).toEqual([1, 2]);
});

test('redrive of a Distributed Map redrives its unsuccessful children, under their own ARNs', async () => {
  const world = new World(async ({ arguments: item }) => (item === 'b' ? failing({} as never, '') : item));
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'I',
    States: { I: TASK },
  };
  const { execution } = await world.run(
    machine({ M: { Type: 'Map', ItemProcessor, MaxConcurrency: 1, End: true } }),
    ['a', 'b', 'c'],
  );
  const [first, second] = world.children.map(({ arn }) => arn);
  expect(world.children).toHaveLength(2);
  expect(second && redriveStatus(world.load(second) ?? execution.record, world.clock.now())).toEqual({
    redriveStatus: 'REDRIVABLE_BY_MAP_RUN',
  });
  const again = redrive(world, async ({ arguments: item }) => `${item} again`);
  expect((await again.done).output).toEqual(['a', 'b again', 'c again']);
  expect(world.children.slice(2).map(({ arn }) => arn)).toEqual([
    second,
    expect.not.stringContaining(String(first)),
  ]);
  const child = world.children[2];
  expect(child && world.types(child).slice(-5)).toEqual([
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
  expect(world.events(again).find(({ type }) => type === 'MapRunRedriven')).toMatchObject({
    mapRunRedrivenEventDetails: { mapRunArn: child?.record.mapRunArn, redriveCount: 1 },
  });
});

test('a state whose error was caught has exited and is not run again', async () => {
  const world = new World(failing);
  const A = { ...TASK, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Gate' }] };
  await world.run(machine({ A, Gate: TASK }));
  const before = world.calls.length;
  await redrive(world).done;
  expect(world.calls.slice(before).map(({ stateName }) => stateName)).toEqual(['Gate']);
});

test('redrive of what runs or has succeeded is ExecutionNotRedrivable', async () => {
  const world = new World(never);
  world.start(machine({ A: TASK }));
  await world.clock.advance(0);
  const refused = (message: string) => expect.objectContaining({ name: 'ExecutionNotRedrivable', message });
  expect(() => redrive(world)).toThrow(refused('Execution is RUNNING and cannot be redriven'));
  const done = new World();
  await done.run(machine({ A: PASS }));
  expect(() => redrive(done)).toThrow(refused('Execution is SUCCEEDED and cannot be redriven'));
});

test('redrive is possible for 14 days', async () => {
  const world = new World();
  await world.run(machine({ F: { Type: 'Fail' } }));
  await world.clock.advance(14 * 86_400_000);
  await redrive(world).done;
  await world.clock.advance(14 * 86_400_000 + 1);
  expect(() => redrive(world)).toThrow('Execution redrivable period exceeded');
});

test('executions of a killed process become ABORTED and can be redriven from their records alone', async () => {
  const killed = new World(async ({ arguments: item }) => (item === 'a' ? 'a' : never({} as never, '')));
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'I',
    States: { I: TASK },
  };
  killed.start(
    machine({
      A: { Type: 'Pass', Assign: { v: 7 }, Next: 'M' },
      M: { Type: 'Map', ItemProcessor, Next: 'B' },
      B: { Type: 'Pass', Output: ['{% $v %}', '{% $states.input %}'], End: true },
    }),
    ['a', 'b'],
  );
  await killed.clock.advance(60_000);

  const world = new World();
  world.tokens = new TaskTokens();
  for (const [arn, text] of killed.saved) world.saved.set(arn, text);
  for (const [arn, events] of killed.histories) world.histories.set(arn, [...events]);
  for (const arn of [...world.saved.keys()]) {
    const record = world.load(arn);
    if (record?.status === 'RUNNING') abortInterrupted(world, record);
  }
  const again = redrive(world, async () => 'b');
  expect(world.types(again).slice(-2)).toEqual(['ExecutionAborted', 'ExecutionRedriven']);
  expect(await again.done).toEqual({ status: 'SUCCEEDED', output: [7, ['a', 'b']] });
  expect(world.calls).toHaveLength(1);
  const ids = world.events(again).map(({ id }) => id);
  expect(ids).toEqual(ids.map((_, index) => index + 1));
});

const branch = (name: string) => ({ StartAt: name, States: { [name]: TASK } });
const everything = machine({
  A: { ...TASK, End: undefined, Assign: { v: '{% $states.result %}' }, Next: 'P' },
  P: { Type: 'Parallel', Branches: [branch('X'), branch('Y')], Next: 'M' },
  M: { Type: 'Map', ItemProcessor: branch('I'), Next: 'D' },
  D: {
    Type: 'Map',
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...branch('C') },
    Next: 'B',
  },
  B: { Type: 'Pass', Output: ['{% $v %}', '{% $states.input %}'], End: true },
});
const itsOutput = ['A', ['C', 'C']];
const byName: Handler = async ({ stateName }) => stateName;

test('killed after any event, what was saved is redriven to the same end', async () => {
  const world = new World(byName);
  const snapshots: Map<string, string>[] = [];
  const save = world.save.bind(world);
  world.save = (arn, record) => {
    save(arn, record);
    snapshots.push(new Map(world.saved));
  };
  expect((await world.run(everything)).output).toEqual(itsOutput);
  expect(snapshots.length).toBeGreaterThan(50);
  for (const snapshot of snapshots.slice(0, -2)) {
    const restarted = new World(byName);
    for (const [arn, text] of snapshot) restarted.saved.set(arn, text);
    for (const arn of snapshot.keys()) {
      const record = restarted.load(arn);
      if (record?.status === 'RUNNING') abortInterrupted(restarted, record);
    }
    expect((await redrive(restarted, byName).done).output).toEqual(itsOutput);
    for (const [arn, text] of snapshot) {
      if (JSON.parse(text).status === 'SUCCEEDED') expect(restarted.histories.has(arn)).toBe(false);
    }
  }
});

test('stopped after any event, nothing follows ExecutionAborted, and a redrive comes to the same end', async () => {
  const total = await new World(byName).run(everything).then(({ execution }) => execution.record.lastEventId);
  let aborted = 0;
  for (let stopAt = 1; stopAt < total; stopAt += 1) {
    const world = new World(byName);
    const append = world.appendEvent.bind(world);
    world.appendEvent = (arn, event) => {
      append(arn, event);
      if (arn !== ARN || event.id !== stopAt) return;
      queueMicrotask(() => execution.stop());
    };
    const execution = world.start(everything);
    if ((await execution.done).status !== 'ABORTED') continue;
    aborted += 1;
    expect(world.types(execution).filter((type) => type === 'ExecutionAborted')).toHaveLength(1);
    expect(world.types(execution).at(-1)).toBe('ExecutionAborted');
    expect(world.children.every(({ status }) => status !== 'RUNNING')).toBe(true);
    expect((await redrive(world, byName).done).output).toEqual(itsOutput);
  }
  expect(aborted).toBeGreaterThan(20);
});

test('a handler that stops its own execution before it answers does no harm', async () => {
  const world = new World(async () => {
    execution.stop();
    await new Promise((resolve) => setImmediate(resolve));
    throw new StatesError('Late');
  });
  const execution = world.start(machine({ A: TASK }));
  expect((await execution.done).status).toBe('ABORTED');
  await world.clock.advance(0);
});

test('the real clock waits longer than the 24.8 days a timer can', async () => {
  let fired = false;
  const cancel = realClock.after(40 * 86_400_000, () => {
    fired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  cancel();
  expect(fired).toBe(false);
});

test('the virtual clock says when nothing can happen any more', async () => {
  await expect(new VirtualClock().until(new Promise(() => {}))).rejects.toThrow('no timer is left');
});
