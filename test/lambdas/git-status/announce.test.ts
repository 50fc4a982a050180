/** What is said of a release on the bus and as metrics: everything once, whatever is looked at how often. */
import { beforeEach, expect, test } from '@jest/globals';
import { releaseItemSchema } from '../../../core/ledger/release-items.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import { COMMIT, ID, outcome, statusWorld } from './world.ts';

let w: Awaited<ReturnType<typeof statusWorld>>;
beforeEach(async () => {
  w = await statusWorld();
});

const END = '2026-11-21T08:01:30.000Z';
const measured = () =>
  w.measured.map(({ metric, of, value }) => [metric, of, value].filter((one) => one !== undefined).join(' '));
const titles = () => w.announced.map(({ kind, title }) => `${kind}: ${title}`);
/** GitHub's writes, and what it cost, are not what these tests are about. */
const told = () => measured().filter((line) => !/^(GitHubBudget|ReleaseCost) /.test(line));

async function succeed() {
  await w.put(outcome('app', { outcome: 'applied' }));
  await w.deployment({ verdict: 'succeeded', progress: 'ended' });
  await w.release({ verdict: 'succeeded', reason: 'deployed to dev', endedAt: END, operation: 'apply' });
}

test('a release under way is no news', async () => {
  await w.put(outcome('app'));
  await w.changed();
  expect(w.announced).toEqual([]);
  expect(told()).toEqual([]);
});

test('an end is announced and measured once, however often it is looked at', async () => {
  await succeed();
  for (let look = 0; look < 3; look++) await w.changed();
  expect(w.announced).toEqual([
    {
      kind: 'succeeded',
      release: { id: ID, repository: 1, commit: COMMIT },
      repository: 'acme/shop',
      branch: 'main',
      operation: 'apply',
      title: 'acme/shop c0ffee1: succeeded',
      text: 'deployed to dev',
      link: `https://github.com/acme/shop/commit/${COMMIT}`,
      heading: 'what-a-release-or-an-environment-ended-as',
    },
  ]);
  expect(told()).toEqual(['Deployments succeeded 1', 'Releases succeeded 1', 'ReleaseDuration 90']);
  const { facts } = w.measured.find(({ metric }) => metric === 'Releases') ?? {};
  expect(facts).toEqual({ release: ID, repository: 'acme/shop', operation: 'apply' });
});

test('while GitHub is away it is announced all the same, and once', async () => {
  w.github.fails = () => new GitHubError(503, 'GitHub is away');
  await succeed();
  await w.changed();
  await w.wait(60);
  expect(titles()).toEqual(['succeeded: acme/shop c0ffee1: succeeded']);
  expect(w.queue).toHaveLength(1);
});

test('while the bus is away GitHub is told all the same; the announcement comes later, its metrics with it', async () => {
  w.bus.fails = true;
  await succeed();
  await w.changed();
  expect(w.told()).toContain('belay success: 1 target: 1 applied');
  expect(w.queue).toHaveLength(1);
  expect(told()).toEqual([]);
  w.bus.fails = false;
  await w.wait(20);
  expect(titles()).toEqual(['succeeded: acme/shop c0ffee1: succeeded']);
  expect(told()).toHaveLength(3);
  expect(w.queue).toEqual([]);
});

test('changes that wait for a person are announced together, one that comes later by itself, none twice', async () => {
  const asking = { progress: 'approving', reason: '1 to destroy', changeDigest: 'a'.repeat(64) } as const;
  await w.put(outcome('app', asking));
  await w.put(outcome('web', { ...asking, reason: '2 to destroy' }));
  await w.changed();
  await w.changed();
  expect(titles()).toEqual(['asks: dev of acme/shop c0ffee1 waits for approval: app, web']);
  expect(w.announced[0]).toMatchObject({
    text: 'app: 1 to destroy\nweb: 2 to destroy',
    heading: 'an-approval-waits',
  });
  await w.put(outcome('db', asking));
  await w.changed();
  expect(titles().slice(1)).toEqual(['asks: dev of acme/shop c0ffee1 waits for approval: app, db, web']);
  // Planned again with other changes, it is another question.
  await w.put(outcome('db', { ...asking, changeDigest: 'b'.repeat(64) }));
  await w.changed();
  expect(titles()).toHaveLength(3);
  await w.changed();
  expect(titles()).toHaveLength(3);
});

test('how long people took is no duration of a release', async () => {
  await w.put(outcome('app', { progress: 'approving', changeDigest: 'a' }));
  await w.changed();
  await succeed();
  // The item as `settle` changes it: what was announced stays noted.
  await w.ledger.update(
    { pk: `1/release/${ID}`, sk: 'release' },
    { set: { announced: new Set(['asks/dev/app/1/a']) } },
  );
  await w.changed();
  expect(told()).toEqual(['Deployments succeeded 1', 'Releases succeeded 1']);
});

test('broken: the failures by name, also that of a target whose flow told nothing', async () => {
  await w.put(outcome('app', { outcome: 'rollback-failed', failure: 'ToolFailed', reason: 'apply failed' }));
  await w.put(outcome('db', { outcome: 'rolled-back', failure: 'Killed' }));
  await w.put(outcome('web', { outcome: 'failed' }));
  await w.put(outcome('dns', { outcome: 'skipped' }));
  await w.deployment({ verdict: 'broken', progress: 'ended', reason: 'dirty: app' });
  await w.release({ verdict: 'failed', reason: 'dev is broken (dirty: app): …', endedAt: END });
  await w.changed();
  expect(titles()).toEqual(['broken: acme/shop c0ffee1: dev is broken']);
  expect(w.announced[0]).toMatchObject({ heading: 'an-environment-is-broken' });
  expect(told()).toEqual([
    'Deployments broken 1',
    'TargetFailures ToolFailed 1',
    'TargetFailures Killed 1',
    'TargetFailures Lost 1',
    'Releases failed 1',
    'ReleaseDuration 90',
  ]);
});

test('the end of a release is told when its deployment says what it ended as', async () => {
  await w.deployment({ progress: 'deploying', askedAt: '2026-11-22T08:00:00.000Z' });
  await w.release({ verdict: 'failed', reason: 'dev is broken (dirty: app): …', endedAt: END });
  await w.changed();
  expect(titles()).toEqual([]);
  await w.deployment({ verdict: 'broken', progress: 'ended', askedAt: '2026-11-22T08:00:00.000Z' });
  await w.changed();
  expect(titles()).toEqual(['broken: acme/shop c0ffee1: dev is broken']);
});

test('a redriven release has another end, and another deployment where it failed', async () => {
  await w.deployment({ verdict: 'rolled-back', progress: 'ended' });
  await w.release({ verdict: 'failed', reason: 'dev failed', endedAt: END });
  await w.changed();
  const { announced } = releaseItemSchema.parse(w.ledger.items.get(`1/release/${ID} release`));
  await w.deployment({ execution: 'arn:3', verdict: 'succeeded', progress: 'ended' });
  await w.release({
    verdict: 'succeeded',
    reason: 'deployed to dev',
    endedAt: '2026-11-23T08:00:00.000Z',
    announced,
  });
  await w.changed();
  expect(titles()).toEqual([
    'rolled-back: acme/shop c0ffee1: dev failed and was rolled back',
    'succeeded: acme/shop c0ffee1: succeeded',
  ]);
  expect(told()).toEqual([
    'Deployments rolled-back 1',
    'Releases failed 1',
    'ReleaseDuration 90',
    'Deployments succeeded 1',
    'Releases succeeded 1',
  ]);
});

test('a plan is measured as a plan, and its failures are the business of its author', async () => {
  const pull = { number: 7, head: COMMIT, base: 'main', fork: false };
  await w.put(outcome('app', { outcome: 'failed', failure: 'ToolFailed' }));
  await w.deployment({ verdict: 'failed', progress: 'ended', fence: 1 });
  await w.release({ verdict: 'failed', reason: 'not planned', endedAt: END, operation: 'plan', pull });
  await w.changed();
  expect(w.announced[0]).toMatchObject({
    kind: 'failed',
    operation: 'plan',
    link: 'https://github.com/acme/shop/pull/7',
  });
  expect(told()).toEqual(['PlanDuration 90']);
});

test('a long reason is cut', async () => {
  await w.release({ verdict: 'refused', reason: 'x'.repeat(5000), endedAt: END });
  await w.changed();
  expect(w.announced[0]?.text).toHaveLength(1501);
});

test('every write tells what is left of the budget; 0 when an end must wait', async () => {
  w = await statusWorld('app', 15);
  await w.put(outcome('app'));
  await w.changed();
  expect(measured()).toEqual(['GitHubBudget 1', 'GitHubBudget 1']);
  await succeed();
  await w.changed();
  const budget = measured().filter((line) => line.startsWith('GitHubBudget'));
  expect(budget).toEqual(['GitHubBudget 1', 'GitHubBudget 1', 'GitHubBudget 0']);
  expect(w.queue).toHaveLength(1);
});
