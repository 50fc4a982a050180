/** The way of one target as it is deployed, run by the interpreter: hours of waiting pass at once. */
import { expect, test } from '@jest/globals';
import { StatesError } from '../../local/asl/errors.ts';
import type { Json } from '../../local/asl/json.ts';
import { World } from '../local/asl/support.ts';
import { flows, synthesized, text } from '../support/assembly.ts';

const HOUR = 3_600_000;
const machines = Object.values(synthesized().Resources).filter(
  ({ Type }) => Type === 'AWS::StepFunctions::StateMachine',
);
const flow = machines
  .flatMap(({ Properties }) => flows('', JSON.parse(text(Properties.DefinitionString))))
  .find(({ States }) => 'Wait for approval' in States);

const target = {
  release: {},
  environment: 'dev',
  execution: 'e',
  fence: 1,
  component: 'one',
  pass: 'deploy',
};

const BUILD = { Id: 'b:1', ProjectName: 'belay-app-arm64', StartTime: 1, EndTime: 2, Environment: {} };

/** Answers each function by the state that calls it; a list is answered one after another, the last again and again. */
function run(answers: Readonly<Record<string, Json[]>>, failedApplies = 0, build = false) {
  let failures = failedApplies;
  const seen: string[] = [];
  let parked = '';
  let recorded: Json = null;
  let built: Json = null;
  let told: Json = null;
  const world = new World(async ({ stateName, arguments: args, token }) => {
    seen.push(stateName);
    if (stateName === 'Wait for its turn' && token) world.tokens.sendSuccess(token, '{}');
    if (stateName === 'Wait for approval') parked = token ?? '';
    if (stateName === 'Record the outcome') recorded = (args as { Payload: { end: Json } }).Payload.end;
    if (stateName === 'Look for what was built') told = (args as { Payload: { took: Json } }).Payload.took;
    const answer = seen.filter((name) => name === stateName).length - 1;
    const given = answers[stateName] ?? [{ decision: 'run', job: { name: 'n', definition: 'd', key: 'k' } }];
    if (stateName === 'Apply' && failures-- > 0) throw new StatesError('States.TaskFailed', 'the job failed');
    if (stateName === 'Build the image') {
      built = args;
      if (answers[stateName]?.[0] === 'fails') throw new StatesError('States.TaskFailed', 'the build failed');
      return { Build: BUILD } as Json;
    }
    const Payload = given[Math.min(answer, given.length - 1)] ?? null;
    return { Payload } as Json;
  });
  const { StartAt, States } = flow ?? {};
  const input = { ...target, test: false, build, write: 'apply' };
  const execution = world.start({ StartAt, States }, input);
  return {
    world,
    execution,
    seen,
    token: () => parked,
    end: () => recorded,
    built: () => built,
    told: () => told,
  };
}

const ask = { decision: 'ask', reason: 'it would destroy x' };

test('nobody answers for a day: rejected', async () => {
  const { world, execution, seen, end } = run({ 'Check the plan': [ask] });
  await world.clock.advance(24 * HOUR - 1000);
  expect(seen.at(-1)).toBe('Wait for approval');
  expect(execution.status).toBe('RUNNING');
  await world.clock.advance(1000);
  await world.clock.until(execution.done);
  expect(end()).toEqual({
    kind: 'decided',
    outcome: 'rejected',
    reason: 'nobody approved it within 24 hours',
  });
  expect([execution.status, seen.filter((name) => name === 'Wait for approval').length]).toEqual([
    'SUCCEEDED',
    1,
  ]);
});

test('a yes in the last minute counts: the apply is prepared', async () => {
  const { world, execution, seen, token, end } = run({ 'Check the plan': [ask] });
  await world.clock.advance(24 * HOUR - 60_000);
  world.tokens.sendSuccess(token(), JSON.stringify({ decision: 'approved', reason: 'approved by ada' }));
  await world.clock.until(execution.done);
  expect(seen.slice(-3)).toEqual(['Prepare the apply', 'Apply', 'Record the outcome']);
  expect(end()).toEqual({ kind: 'completed', applied: true });
});

test.each(['rejected', 'superseded', 'cancelled'])(
  '%s: the target ends so, and nothing is applied',
  async (decision) => {
    const { world, execution, seen, token, end } = run({ 'Check the plan': [ask] });
    await world.clock.advance(HOUR);
    world.tokens.sendSuccess(token(), JSON.stringify({ decision, reason: 'so be it' }));
    await world.clock.until(execution.done);
    expect(seen).not.toContain('Apply');
    expect(end()).toEqual({ kind: 'decided', outcome: decision, reason: 'so be it' });
  },
);

test('an apply whose plan was stale is planned again, and asked about again', async () => {
  const moved = {
    'Has the apply ended?': [{ decision: 'ended' }],
    'Had the state moved?': [{ decision: 'plan-again' }],
  };
  const { world, execution, seen, token, end } = run(
    { 'Check the plan': [{ decision: 'apply' }, ask], ...moved },
    1,
  );
  await world.clock.advance(HOUR);
  expect(seen.slice(-4)).toEqual(['Prepare the plan', 'Plan', 'Check the plan', 'Wait for approval']);
  world.tokens.sendSuccess(token(), JSON.stringify({ decision: 'approved', reason: 'approved by ada' }));
  await world.clock.until(execution.done);
  expect(end()).toEqual({ kind: 'completed', applied: true });
});

test('an apply that failed otherwise ends the target with its own failure', async () => {
  const failed = {
    'Has the apply ended?': [{ decision: 'ended' }],
    'Had the state moved?': [{ decision: 'failed' }],
  };
  const { world, execution, end } = run({ 'Check the plan': [{ decision: 'apply' }], ...failed }, 1);
  await world.clock.until(execution.done);
  expect(end()).toEqual({
    kind: 'broke',
    stage: 'apply',
    error: 'States.TaskFailed',
    cause: 'the job failed',
  });
});

const order = {
  decision: 'build',
  project: 'belay-app-arm64',
  variables: [{ Name: 'TAG', Value: 't', Type: 'PLAINTEXT' }],
};
const nothingToApply = { 'Check the plan': [{ decision: 'end', outcome: 'unchanged', reason: '' }] };
const ready = { decision: 'ready' };

test('an image that is not there is built as the function says, then looked for again, then planned with', async () => {
  const images = { 'Look for its image': [order], 'Look for what was built': [ready] };
  const { world, execution, seen, built, told } = run({ ...images, ...nothingToApply }, 0, true);
  await world.clock.until(execution.done);
  expect(seen.slice(1, 5)).toEqual([
    'Look for its image',
    'Build the image',
    'Look for what was built',
    'Prepare the plan',
  ]);
  expect(built()).toEqual({
    ProjectName: 'belay-app-arm64',
    EnvironmentVariablesOverride: [{ Name: 'TAG', Value: 't', Type: 'PLAINTEXT' }],
  });
  // Without its variables, and without what CodeBuild did not tell.
  expect(told()).toEqual({ Id: 'b:1', ProjectName: 'belay-app-arm64', StartTime: 1, EndTime: 2 });
});

test('an image that is there is not built; without one nothing is looked for', async () => {
  const found = run({ 'Look for its image': [ready], ...nothingToApply }, 0, true);
  await found.world.clock.until(found.execution.done);
  expect(found.seen.slice(1, 3)).toEqual(['Look for its image', 'Prepare the plan']);
  const without = run(nothingToApply);
  await without.world.clock.until(without.execution.done);
  expect(without.seen[1]).toBe('Prepare the plan');
});

test('a build that fails ends the target like a failed plan', async () => {
  const failing = { 'Look for its image': [order], 'Build the image': ['fails'] };
  const { world, execution, seen, end } = run(failing, 0, true);
  await world.clock.until(execution.done);
  expect(seen.slice(-2)).toEqual(['Build the image', 'Record the outcome']);
  expect(end()).toEqual({
    kind: 'broke',
    stage: 'build',
    error: 'States.TaskFailed',
    cause: 'the build failed',
  });
});

test('what the function decides without an image is how the target ends', async () => {
  const planned = { decision: 'end', outcome: 'planned', reason: 'deferred: image' };
  const { world, execution, end } = run({ 'Look for its image': [planned] }, 0, true);
  await world.clock.until(execution.done);
  expect(end()).toEqual({ kind: 'decided', outcome: 'planned', reason: 'deferred: image' });
});
