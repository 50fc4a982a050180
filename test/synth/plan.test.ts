/** The synthesized Release machine with a plan of a pull request, run by the interpreter with scripted functions. */
import { expect, test } from '@jest/globals';
import { StatesError } from '../../local/asl/errors.ts';
import type { TaskCall } from '../../local/asl/host.ts';
import type { Json } from '../../local/asl/json.ts';
import { World } from '../local/asl/support.ts';
import { synthesized, text } from '../support/assembly.ts';

const resources = Object.values(synthesized().Resources);
const machine = resources.find(({ Properties }) => Properties.StateMachineName === 'belay-release');
const definition = JSON.parse(text(machine?.Properties.DefinitionString));
const RELEASE = { id: '20261120-1111111-1', repository: 7, commit: '1'.repeat(40) };

test('all environments are planned side by side; one that fails keeps none of the others, and the release is settled once', async () => {
  const underway: string[] = [];
  const { promise: allUnderway, resolve: release } = Promise.withResolvers<void>();
  const settled: unknown[] = [];
  const world = new World(async ({ stateName, arguments: given }: TaskCall): Promise<Json> => {
    if (stateName === 'Resolve the request')
      return { Payload: { decision: 'plan', release: RELEASE, environments: ['dev', 'stage', 'prod'] } };
    const { Input, Payload } = given as { Input?: { environment: string }; Payload?: object };
    if (stateName === 'Settle the release') {
      settled.push(Payload);
      return { Payload: { verdict: 'failed', summary: 'not all could be planned' } };
    }
    expect(Input).toMatchObject({ release: RELEASE });
    const environment = Input?.environment ?? '';
    underway.push(environment);
    if (underway.length === 3) release();
    await allUnderway;
    if (environment === 'dev') throw new StatesError('States.TaskFailed', 'dev failed');
    return { Output: { verdict: 'succeeded' } };
  });
  const { status } = await world.run(definition, {});
  expect(status).toBe('SUCCEEDED');
  expect(underway.sort()).toEqual(['dev', 'prod', 'stage']);
  expect(settled).toEqual([{ scope: 'release', release: RELEASE }]);
});

test.each(['pull request', 'merge group'])('a %s on the bus starts a release, as a push does', (type) => {
  const starting = resources
    .filter(({ Type, Properties }) => Type === 'AWS::Events::Rule' && Properties.EventPattern !== undefined)
    .map(({ Properties }) => Properties.EventPattern)
    .filter(({ source }) => source?.[0] === 'belay.webhook');
  expect(starting).toEqual(expect.arrayContaining([{ source: ['belay.webhook'], 'detail-type': [type] }]));
});
