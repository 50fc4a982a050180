/** The story of `npm run demo`, told of the example shop through the whole local twin; then its first push looked at: order, checks, secret. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { reportOnRelease } from '../../local/cli/commands/push.ts';
import { copyShop } from '../../local/cli/demo/shop.ts';
import { Stage } from '../../local/cli/demo/stage.ts';
import { tellStory } from '../../local/cli/demo/story.ts';
import { Telling } from '../../local/cli/demo/telling.ts';
import { summaryOf } from './support/summary.ts';
import { openTestTwin, type TestTwin } from './support/twin.ts';
import { withTool } from './support/with-tool.ts';

const PASSWORD = 'tr0ub4dor&3 in "quotes"';

let twin: TestTwin;
beforeAll(async () => {
  twin = await openTestTwin(() => ({
    github: 'app',
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

/** What the demo says it has found out, in its order. */
const facts = [
  'everything is deployed, and the commit says so',
  'prod shows “The Belay Shop”',
  'only web was planned, and what builds on it',
  'that prod will ask a person is known before the merge',
  'prod shows “The Belay Shop”',
  'prod waits for a person',
  'dev shows “The Belay Shop: ropes and more”',
  'prod shows “The Belay Shop”',
  'Ada may, and her comment gets a thumb up',
  'exactly the plan that Ada saw is applied',
  'prod shows “The Belay Shop: ropes and more”',
  'its plan is fine',
  'it broke after it had removed the old report',
  'the worker is back at <commit>, the commit it was last good at',
  'the pull request says so, too',
  'dev is whole again, prod was never begun',
  'all <n> files of the shop are byte for byte as before the merge',
  'dev and prod have the new report',
  'it lists the three products that run low',
];

withTool('pull request, plan, approval, merge, a merge that fails and is rolled back, its fix', async () => {
  const shop = join(twin.folder, 'shop');
  copyShop(shop, twin.deployed());
  await twin.world.putSecret({ directory: shop, name: 'shop/admin-password', value: PASSWORD });
  let told = '';
  const output = {
    write(text: string) {
      told += text;
    },
  };
  const stage = new Stage({
    twin: twin.world,
    telling: new Telling(output, {}),
    shop,
    deployed: twin.deployed(),
  });
  await tellStory(stage);
  const found = [...told.matchAll(/^ {3}✓ (.*)$/gm)].map(([, fact = '']) => fact);
  expect(
    found.map((fact) => fact.replace(/ [0-9a-f]{7},/, ' <commit>,').replace(/ \d+ files/, ' <n> files')),
  ).toEqual(facts);
  expect(stage.rows.map(({ what, ended, jobs }) => [what, ended, jobs])).toEqual([
    ['the shop, to dev and prod', 'succeeded', 40],
    ['plan of “A new title”', 'succeeded', 2],
    ['merge of #1', 'succeeded', 4],
    ['plan of “Name the supplier”', 'succeeded', 2],
    ['merge of #2', 'failed, dev rolled back', 5],
    ['plan of “No supplier yet”', 'succeeded', 2],
    ['merge of #3', 'succeeded', 4],
  ]);

  const repository = (await twin.world.repositoryAt(shop)) ?? 0;
  const release = stage.rows[0]?.release ?? '';
  const report = await reportOnRelease(twin.world, { repository, release });
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
    Buffer.from((await twin.world.artifact(`${repository}/releases/${release}/${path}`)) ?? []);
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
});

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
