/** What happens to targets besides being changed: another name, no place in the manifest any more, the end of their environment's `ttl`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { outputsKey, stateKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { status } from '../../../local/cli/commands/status.ts';
import { openTwin } from '../../../local/cli/open-twin.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import { endsOf, statusesOf } from '../support/summary.ts';
import { makeTestFolder, openTestTwin, type TestTwin, until } from '../support/twin.ts';
import { withTool } from '../support/with-tool.ts';

const place = makeTestFolder();
let twin: TestTwin;
const open = () => openTestTwin(() => ({ stateDir: join(place.folder, 'state') }));
beforeAll(async () => {
  twin = await open();
});
afterAll(async () => {
  await twin.close();
  place.remove();
});

const code = (input: string) => `
resource "terraform_data" "main" {
  input = ${input}
}
output "id" {
  value = terraform_data.main.id
}
`;
const using = `variable "network" {\n  type = string\n}\n${code('var.network')}`;

/** What `status` prints, asked by another process that finds the twin open. */
const statusLines = async () =>
  (
    await status(
      { name: 'status', json: false, stateDir: join(place.folder, 'state'), stateOption: '' },
      openTwin,
    )
  ).lines;

withTool(
  'a renamed component is not made anew, a removed one is told of, and in the end all of it goes',
  async () => {
    const deployed = place.deployed('upkeep');
    const repository = place.repository('upkeep');
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(deployed) },
        components: {
          network: { path: 'components/network' },
          app: { path: 'components/app', needs: ['network'], inputs: { network: 'network.id' } },
          old: fileComponent('old', [], {
            commands: { ...fileComponent('old').commands, destroy: 'rm "$DEPLOYED/$NAME"' },
          }),
        },
      }),
      'components/network/main.tf': code('"one"'),
      'components/app/main.tf': using,
      ...fileComponents({ old: 'one\n' }),
    });
    expect((await twin.push(repository)).verdict).toBe('succeeded');
    const id = (await twin.world.repositoryAt(repository.directory)) ?? 0;
    const before = await twin.world.artifact(stateKey(id, 'dev', 'network'));

    // Renamed and moved; what needs it is told the new name.
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(deployed, { ttl: '2h' }) },
        components: {
          net: { path: 'components/net', formerly: 'network' },
          app: { path: 'components/app', needs: ['net'], inputs: { network: 'net.id' } },
        },
      }),
      'components/network/main.tf': null,
      'components/net/main.tf': code('"one"'),
    });
    const renamed = await twin.push(repository);
    expect(endsOf(renamed.environments[0]?.targets ?? [])).toEqual({
      net: 'unchanged: the plan is empty',
      app: 'unchanged: the plan is empty',
    });
    expect(renamed.verdict).toBe('succeeded');
    expect(renamed.reason).toBe('deployed to dev; orphaned: dev/old');
    expect(statusesOf(renamed).belay).toBe('success: 2 targets: 2 unchanged; orphaned: dev/old');
    expect(renamed.environments[0]?.orphans).toEqual(['dev/old']);
    expect(await twin.world.artifact(stateKey(id, 'dev', 'net'))).toEqual(before);
    expect(await twin.world.artifact(stateKey(id, 'dev', 'network'))).toBeUndefined();
    expect(await twin.world.artifact(outputsKey(id, 'dev', 'network'))).toBeUndefined();
    expect(readFileSync(join(deployed, 'old'), 'utf8')).toBe('one\n');

    const [schedule] = twin.world.parts.schedules.list();
    const end = schedule?.due ?? new Date(0);
    expect(schedule?.name).toBe(`${id}-dev`);
    expect(Math.abs(end.getTime() - Date.now() - 7_200_000)).toBeLessThan(60_000);
    const lines = await statusLines();
    expect(lines).toContain(
      'orphaned: dev/old; to destroy it: npm run local -- destroy --env dev --target old',
    );
    expect(lines.find((line) => line.startsWith('dev'))).toMatch(
      /^dev {2}succeeded {2}until .*Z, then destroyed \(ttl\)$/,
    );

    // Three hours later: the ledger's clock and the schedule's are moved while the twin is closed.
    const { pk, sk } = ledgerKeys.policies(id, 'dev');
    const past = new Date(Date.now() - 3 * 3_600_000).toISOString();
    const { status: answered } = await twin.world.parts.dynamo.call(
      'UpdateItem',
      JSON.stringify({
        TableName: twin.world.parts.ledger,
        Key: { pk: { S: pk }, sk: { S: sk } },
        UpdateExpression: 'SET lifetime.since = :past',
        ExpressionAttributeValues: { ':past': { S: past } },
      }),
    );
    expect(answered).toBe(200);
    await twin.close();
    const file = join(place.folder, 'state/scheduler/schedules.json');
    const [stored] = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify([{ ...stored, due: Date.now() - 3_600_000 }]));
    twin = await open();

    await until('the end of the environment', async () =>
      (await twin.world.releases()).some(
        ({ because, verdict }) => because === 'ttl' && verdict !== undefined,
      ),
    );
    await twin.world.settled();
    const destroy = (await twin.world.releases()).find(({ because }) => because === 'ttl');
    expect(destroy).toMatchObject({ operation: 'destroy', sender: 'belay', verdict: 'succeeded' });
    const items = await twin.world.query(ledgerKeys.release(id, destroy?.id ?? '').pk, 'outcome/dev/');
    expect(Object.fromEntries(items.map(({ component, outcome }) => [component, outcome]))).toEqual({
      app: 'destroyed',
      net: 'destroyed',
      old: 'destroyed',
    });
    expect(twin.world.parts.schedules.list()).toEqual([]);
    const state = await twin.world.artifact(stateKey(id, 'dev', 'net'));
    expect(JSON.parse(Buffer.from(state ?? '').toString('utf8')).resources).toEqual([]);
  },
);
