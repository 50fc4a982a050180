/** What is taken away from a role is missed where it is used: the twin holds everybody to the synthesized policies. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Statement } from '../../local/iam/policy.ts';
import { environment, fileComponent, fileComponents, manifest } from './support/components.ts';
import { openTestTwin, type TestTwin, until } from './support/twin.ts';

const lost: string[] = [];
let twin: TestTwin;
beforeAll(async () => {
  twin = await openTestTwin(() => ({ log: (message) => void lost.push(message) }));
});
afterAll(() => twin.close());

/** Takes one action away from a role while `use` runs. */
async function without(role: RegExp, action: string, use: () => Promise<void>): Promise<void> {
  const found = twin.world.parts.assembly.roles.filter(({ name }) => role.test(name));
  expect(found).toHaveLength(1);
  const statements = found[0]?.statements as Statement[];
  const whole = [...statements];
  const rest = whole.map((one) => ({ ...one, Action: one.Action?.filter((given) => given !== action) }));
  expect(rest).not.toEqual(whole);
  statements.splice(0, whole.length, ...rest);
  await use().finally(() => statements.splice(0, whole.length, ...whole));
}

function repository(name: string) {
  const made = twin.repository(name);
  made.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed(name)) },
      components: { one: fileComponent('one') },
    }),
    ...fileComponents({ one: 'one\n' }),
  });
  return made;
}

/** What was refused is taken note of, so that closing the twin does not complain about it. */
function refusals(): string {
  const all = [...twin.refused].join('\n');
  twin.refused.clear();
  return all;
}

test('what is taken away from a role fails where it is used, and nowhere is it made up for', async () => {
  await without(/FunctionsOpenRole/, 's3:PutObject', async () => {
    const { verdict, environments } = await twin.push(repository('function'));
    expect(verdict).toBe('failed');
    expect(JSON.stringify(environments)).toContain('is not authorized to perform: s3:PutObject');
  });
  expect(refusals()).toContain('s3:PutObject');

  await without(/DeploymentMachineRole/, 'batch:SubmitJob', async () => {
    const { verdict, environments } = await twin.push(repository('machine'));
    expect(verdict).toBe('failed');
    expect(environments[0]?.targets[0]?.reason).toContain('is not authorized to perform: batch:SubmitJob');
  });
  expect(refusals()).toContain('batch:SubmitJob');

  await without(/ExecutorJobRole/, 'lambda:InvokeFunction', async () => {
    const { verdict, environments } = await twin.push(repository('job'));
    expect(verdict).toBe('failed');
    expect(environments[0]?.targets[0]).toMatchObject({ target: 'dev/one', outcome: 'failed' });
  });

  await without(/ReleaseMachineEventsRole/, 'states:StartExecution', async () => {
    await twin.world.push({ directory: repository('rule').directory });
    const letters = twin.world.parts.queues.find('belay-event-dead-letters');
    await until('the push among the dead letters', () => letters.counts().visible === 1);
    expect(lost).toEqual([expect.stringContaining('may not states:StartExecution')]);
  });
  expect(refusals()).toContain('states:StartExecution');

  const { verdict } = await twin.push(repository('whole'));
  expect(verdict).toBe('succeeded');
});
