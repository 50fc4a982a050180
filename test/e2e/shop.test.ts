/**
 * The example shop through the whole local twin: order, statuses, the smoke test, and where its secret is. In `npm run thorough` only:
 * what it shows of Belay the other suites show with less, and that the example works `npm run demo` does.
 */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sampled } from '../support/thorough.ts';
import { statesOf } from './support/states.ts';
import { summaryOf } from './support/summary.ts';
import { openTestTwin, type TestTwin } from './support/twin.ts';
import { withTool } from './support/with-tool.ts';

const PASSWORD = 'tr0ub4dor&3 in "quotes"';

let twin: TestTwin;
beforeAll(async () => {
  twin = await openTestTwin((folder) => ({
    passEnv: ['TF_VAR_root'],
    environment: { TF_VAR_root: join(folder, 'deployed') },
  }));
});
afterAll(async () => {
  await twin.close();
});

/** What each component needs, read off the picture in the shop's README. */
const needs: readonly (readonly [string, string])[] = [
  ['network', 'host'],
  ['web', 'network'],
  ['gateway', 'web'],
  ['monitoring', 'gateway'],
  ['database', 'host'],
  ['api', 'database'],
  ['gateway', 'api'],
  ['credentials', 'host'],
  ['api', 'credentials'],
  ['worker', 'database'],
  ['monitoring', 'worker'],
];

const added = {
  host: 'applied: 1 added',
  network: 'applied: 1 added',
  database: 'applied: 3 added',
  credentials: 'applied: 1 added',
  api: 'applied: 1 added',
  web: 'applied: 1 added',
  worker: 'applied: 3 added',
  gateway: 'applied: 2 added',
  monitoring: 'applied: 1 added',
};

const statusesIn = (environment: string) => ({
  [`belay/${environment}/host`]: 'success: applied: 1 to add, 1 output to change',
  [`belay/${environment}/network`]: 'success: applied: 1 to add, 1 output to change',
  [`belay/${environment}/database`]: 'success: applied: 3 to add, 2 outputs to change',
  [`belay/${environment}/credentials`]: 'success: applied: 1 to add, 1 output to change',
  [`belay/${environment}/api`]: 'success: applied: 1 to add, 1 output to change',
  [`belay/${environment}/web`]: 'success: applied: 1 to add, 1 output to change',
  [`belay/${environment}/worker`]: 'success: applied: 3 to add, 1 output to change',
  [`belay/${environment}/gateway`]: 'success: applied: 2 to add, 1 output to change',
  [`belay/${environment}/monitoring`]: 'success: applied: 1 to add',
});

sampled(withTool, test.skip)(
  'the first push deploys everything: each after what it needs, prod after dev',
  async () => {
    const shop = twin.repository('shop');
    cpSync(join(import.meta.dirname, '../../examples/shop'), shop.directory, { recursive: true });
    shop.commit({});
    await twin.world.putSecret({ directory: shop.directory, name: 'shop/admin-password', value: PASSWORD });

    const report = await twin.push(shop);
    expect(summaryOf(report)).toEqual({
      verdict: 'succeeded',
      reason: 'deployed to dev, prod',
      environments: {
        dev: { verdict: 'succeeded', targets: added },
        prod: { verdict: 'succeeded', targets: added },
      },
      statuses: {
        belay: 'success: 18 targets: 18 applied',
        ...statusesIn('dev'),
        ...statusesIn('prod'),
      },
      executions: ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'],
    });

    // Its image was built for dev, and found for prod.
    const lines = [...(report.cost?.own ?? []), ...(report.cost?.targets ?? []).flatMap((one) => one.lines)];
    const built = lines.filter((line) => line.startsWith('builds of'));
    expect(built).toEqual(['builds of its image (arm64): 1 build minute (arm1.small) × $0.0034 = $0.0034']);
    const states = lines.reduce((sum, line) => sum + Number(/: (\d+) transition/.exec(line)?.[1] ?? 0), 0);
    expect([states, await statesOf(twin.world, report.release)]).toEqual([303, 303]);

    const targets = report.environments.flatMap((environment) => environment.targets);
    const times = new Map(targets.map(({ target, startedAt, endedAt }) => [target, { startedAt, endedAt }]));
    for (const environment of ['dev', 'prod']) {
      for (const [component, need] of needs) {
        const [later, earlier] = [component, need].map((one) => times.get(`${environment}/${one}`));
        expect(Date.parse(later?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(earlier?.endedAt ?? ''));
      }
    }
    const [dev = [], prod = []] = report.environments.map((environment) => environment.targets);
    expect(Math.min(...prod.map(({ startedAt }) => Date.parse(startedAt ?? '')))).toBeGreaterThan(
      Math.max(...dev.map(({ endedAt }) => Date.parse(endedAt ?? ''))),
    );

    const artifact = async (path: string) =>
      Buffer.from((await twin.world.artifact(`100000001/releases/${report.release}/${path}`)) ?? []);
    expect((await artifact('prod/gateway/test/log.txt')).toString('utf8')).toContain(
      "pages, 3 products and the administrator's page are served",
    );

    // What is deployed knows the password; nothing that Belay keeps shows it.
    const salt = sha256(twin.deployed('dev'));
    expect(readFileSync(twin.deployed('dev', 'credentials', 'admin'), 'utf8')).toBe(
      `${salt}:${sha256(salt + PASSWORD)}`,
    );
    const state = join(twin.folder, 'state');
    const showing = filesWith(state, ['tr0ub4dor', Buffer.from(PASSWORD).toString('base64')]);
    const isSecretStore = (path: string) => path.startsWith('secrets/');
    expect(showing.filter(isSecretStore)).toHaveLength(1);
    // The tool's own account of a plan holds the values of variables: it stays in the encrypted bucket (docs/executor.md).
    const plans = await Promise.all(
      ['dev', 'prod'].map((environment) => artifact(`${environment}/credentials/plan/plan.json`)),
    );
    const others = showing
      .filter((path) => !isSecretStore(path))
      .map((path) => readFileSync(join(state, path)));
    expect(others.map((bytes) => sha256(bytes)).sort()).toEqual(plans.map((bytes) => sha256(bytes)).sort());
  },
);

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

/** Files below the folder, unpacked where they are gzipped, that contain one of the texts. */
function filesWith(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => {
    if (!statSync(join(folder, path), { throwIfNoEntry: false })?.isFile()) return false;
    const bytes = readFileSync(join(folder, path));
    const content = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    return texts.some((text) => content.includes(text));
  });
}
