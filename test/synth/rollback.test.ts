/** The passes of a rollback in the synthesized Deployment machine, run by the interpreter with scripted functions. */
import { expect, test } from '@jest/globals';
import { StatesError } from '../../local/asl/errors.ts';
import type { TaskCall } from '../../local/asl/host.ts';
import type { Json } from '../../local/asl/json.ts';
import { World } from '../local/asl/support.ts';
import { synthesized, text } from '../support/assembly.ts';

const machine = Object.values(synthesized().Resources).find(
  ({ Properties }) => Properties.StateMachineName === 'belay-deployment',
);
const definition = JSON.parse(text(machine?.Properties.DefinitionString));
const RELEASE = { id: '20261120-1111111-1', repository: 7, commit: '1'.repeat(40) };

type Payload = Record<string, unknown>;
type Script = (name: string, payload: Payload) => object | undefined;

/** Runs a deployment of one target; `script` answers a state's function, and notes what it likes. */
async function deployment(
  script: Script,
  items: (key: string) => Json = () => [{ component: 'app', test: false, write: 'apply' }],
) {
  const world = new World(
    async ({ stateName, token, arguments: given }: TaskCall, resource): Promise<Json> => {
      if (resource.endsWith('s3:getObject')) {
        return JSON.stringify(items((given as { Key: string }).Key));
      }
      const payload = ((given as { Payload?: Payload }).Payload ?? {}) as Payload;
      const answer = script(stateName, payload);
      if (stateName === 'Take the lease') {
        world.tokens.sendSuccess(token ?? '', JSON.stringify({ decision: 'granted', fence: 4 }));
      }
      if (stateName === 'Wait for its turn') world.tokens.sendSuccess(token ?? '', '{}');
      return { Payload: (answer ?? {}) as Json };
    },
  );
  const input = { release: RELEASE, environment: 'dev' };
  return { world, ended: await world.run(definition, input) };
}

const rollingBack: Readonly<Record<string, object>> = {
  deploy: { decision: 'roll-back', pass: 'reverse', targetsKey: 'reverse.json' },
  reverse: { decision: 'roll-back', pass: 'forward', targetsKey: 'forward.json' },
  forward: { decision: 'settle' },
};

test('one pass after another goes through the same flow, each with its own list, then the deployment settles', async () => {
  const seen: string[] = [];
  const { ended } = await deployment(
    (name, { pass, component, after, fence }) => {
      if (name === 'Find the affected targets') return { decision: 'deploy', targetsKey: 'deploy.json' };
      if (name === 'Prepare the plan') {
        seen.push(`${pass} ${component} under ${fence}`);
        return { decision: 'end', outcome: 'failed', reason: 'x' };
      }
      if (name === 'Record the outcome') seen.push(`recorded ${pass}`);
      if (name === 'Find what to roll back') {
        seen.push(`after ${after} under ${fence}`);
        return rollingBack[String(after)];
      }
      if (name === 'Settle the deployment') return { verdict: 'rolled-back', summary: 'dev is back' };
      return undefined;
    },
    (key) => {
      seen.push(`reads ${key}`);
      return [{ component: 'app', test: false, write: 'apply', after: [] }];
    },
  );
  expect(seen).toEqual([
    'reads deploy.json',
    ...['deploy app under 4', 'recorded deploy', 'after deploy under 4'],
    'reads reverse.json',
    ...['reverse app under 4', 'recorded reverse', 'after reverse under 4'],
    'reads forward.json',
    ...['forward app under 4', 'recorded forward', 'after forward under 4'],
  ]);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'DeploymentFailed', cause: 'dev is back' });
});

test('a pass that cannot be gone through is told, and what it left is looked at', async () => {
  const seen: unknown[] = [];
  await deployment(
    (name, { after, ended }) => {
      if (name === 'Find the affected targets') return { decision: 'deploy', targetsKey: 'deploy.json' };
      if (name === 'Find what to roll back') {
        seen.push(after);
        return after === 'deploy' ? rollingBack.deploy : { decision: 'settle' };
      }
      if (name !== 'Settle the deployment') return undefined;
      seen.push(ended);
      return { verdict: 'broken', summary: 'dev is broken' };
    },
    (key) => {
      if (key === 'reverse.json') throw new StatesError('S3.NoSuchKey', 'there is no reverse.json');
      return [];
    },
  );
  expect(seen).toEqual([
    'deploy',
    'reverse',
    { verdict: 'failed', reason: expect.stringContaining('going through the targets: ') },
  ]);
});

test('while a job still writes, it is asked again for as long as Batch keeps jobs, and nothing is rolled back', async () => {
  let asked = 0;
  const { world, ended } = await deployment((name) => {
    if (name === 'Find the affected targets') return { decision: 'deploy', targetsKey: 'deploy.json' };
    if (name === 'Settle the deployment') return { verdict: 'rolled-back', summary: 'dev is back' };
    if (name !== 'Find what to roll back') return undefined;
    asked += 1;
    if (asked < 500) throw new StatesError('StillWriting', 'job 1 still writes dev/app');
    return { decision: 'settle' };
  });
  expect([asked, ended.cause]).toEqual([500, 'dev is back']);
  expect(world.clock.now() / 86_400_000).toBeGreaterThan(3);
});

test('a rollback that cannot even be found out is settled as a failure, with the reason', async () => {
  const seen: unknown[] = [];
  await deployment((name, { ended }) => {
    if (name === 'Find the affected targets') return { decision: 'deploy', targetsKey: 'deploy.json' };
    if (name === 'Find what to roll back') throw new StatesError('Error', 'the ledger does not answer');
    if (name !== 'Settle the deployment') return undefined;
    seen.push(ended);
    return { verdict: 'broken', summary: 'dev is broken' };
  });
  expect(seen).toEqual([
    { verdict: 'failed', reason: 'finding what to roll back: the ledger does not answer' },
  ]);
});
