/** The synthesized machines under a redrive, run by the interpreter with scripted functions. */
import { expect, test } from '@jest/globals';
import { StatesError } from '../../local/asl/errors.ts';
import type { TaskCall } from '../../local/asl/host.ts';
import type { Json } from '../../local/asl/json.ts';
import { redriveExecution } from '../../local/asl/redrive.ts';
import { World } from '../local/asl/support.ts';
import { synthesized, text } from '../support/assembly.ts';

const definitionOf = (name: string) => {
  const machine = Object.values(synthesized().Resources).find(
    ({ Properties }) => Properties.StateMachineName === name,
  );
  return JSON.parse(text(machine?.Properties.DefinitionString));
};
const RELEASE = { id: '20261120-1111111-1', repository: 7, commit: '1'.repeat(40) };

test('a nested Deployment that is redriven ends at once, naming the execution to redrive instead', async () => {
  const cause = 'dev failed: app failed (apply failed); redrive the execution arn:release to go on from here';
  const called: string[] = [];
  const world = new World(async ({ stateName, token }: TaskCall): Promise<Json> => {
    called.push(stateName);
    if (stateName === 'Take the lease') {
      world.tokens.sendSuccess(token ?? '', JSON.stringify({ decision: 'granted', fence: 1 }));
    }
    if (stateName === 'Find the affected targets') return { Payload: { decision: 'nothing-to-do' } };
    if (stateName === 'Settle the deployment') return { Payload: { verdict: 'failed', summary: cause } };
    return { Payload: {} };
  });
  const {
    status,
    error,
    cause: told,
    execution,
  } = await world.run(definitionOf('belay-deployment'), {
    release: RELEASE,
    environment: 'dev',
  });
  expect({ status, error, told }).toEqual({ status: 'FAILED', error: 'DeploymentFailed', told: cause });
  expect(called.at(-1)).toBe('Give the lease back');

  called.length = 0;
  const again = redriveExecution(world, execution.record);
  expect(await world.clock.until(again.done)).toMatchObject({
    status: 'FAILED',
    error: 'DeploymentFailed',
    cause,
  });
  expect(called).toEqual([]);
});

test('a redriven Release starts the failed environment again, and goes on to those after it', async () => {
  const started: string[] = [];
  let isBroken = true;
  const world = new World(async ({ stateName, arguments: given }: TaskCall): Promise<Json> => {
    if (stateName === 'Resolve the request') {
      return { Payload: { decision: 'deploy', release: RELEASE, environments: ['dev', 'stage', 'prod'] } };
    }
    if (stateName === 'Settle the release') return { Payload: { verdict: 'succeeded', summary: 'all' } };
    const { Input, ...order } = given as { Input: { environment: string }; Name?: string };
    expect(order).not.toHaveProperty('Name');
    started.push(Input.environment);
    if (Input.environment === 'stage' && isBroken) throw new StatesError('States.TaskFailed', 'stage failed');
    return { Output: { verdict: 'succeeded' } };
  });
  const { status, execution } = await world.run(definitionOf('belay-release'), {});
  expect({ status, started }).toEqual({ status: 'FAILED', started: ['dev', 'stage'] });

  isBroken = false;
  started.length = 0;
  const again = redriveExecution(world, execution.record);
  expect(await world.clock.until(again.done)).toMatchObject({ status: 'SUCCEEDED' });
  expect(started).toEqual(['stage', 'prod']);
});

test.each([
  ['cancelled', 'cancelled by mira'],
  ['failed', 'only this deployment was redriven, and its release is not running'],
])('a waiter that is told "%s" ends its Deployment without opening it', async (decision, reason) => {
  const settled: unknown[] = [];
  const world = new World(async ({ stateName, token, arguments: given }: TaskCall): Promise<Json> => {
    if (stateName === 'Take the lease') {
      world.tokens.sendSuccess(token ?? '', JSON.stringify({ decision, reason }));
    }
    if (stateName === 'Settle the deployment') {
      settled.push((given as { Payload: { ended: unknown } }).Payload.ended);
      return { Payload: { verdict: decision, summary: 'why' } };
    }
    return { Payload: {} };
  });
  const { status } = await world.run(definitionOf('belay-deployment'), {
    release: RELEASE,
    environment: 'dev',
  });
  expect(status).toBe('FAILED');
  expect(settled).toEqual([{ verdict: decision, reason }]);
});
