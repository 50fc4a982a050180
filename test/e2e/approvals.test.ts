/** What waits for a person, through the whole local twin: asked, answered, refused, planned again, given way, slept over. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stateKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { PushReceipt } from '../../local/cli/twin.ts';
import { openWorld } from '../../local/world.ts';
import { environment, fileComponent, fileComponents, manifest } from './support/components.ts';
import type { Repository } from './support/repository.ts';
import { endsOf, outcomesOf, statusesOf } from './support/summary.ts';
import { cdkOut, openTestTwin, type TestTwin, until } from './support/twin.ts';

let twin: TestTwin;
beforeAll(async () => {
  twin = await openTestTwin();
});
afterAll(() => twin.close());

/** A repository whose environment wants a person for every change of `one`, which `two` needs. The author is called Mira. */
function asking(
  name: string,
  policy: object = {},
): { repository: Repository; commit(text: string, policy?: object): string } {
  const repository = twin.repository(name);
  const commit = (text: string, more: object = policy) =>
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(twin.deployed(name)) },
        components: {
          one: fileComponent('one', [], { approval: 'always', ...more }),
          two: fileComponent('two', ['one']),
        },
      }),
      ...fileComponents({ one: text, two: 'two\n' }),
    });
  return { repository, commit };
}

/** The release of a push, once `component` waits for a person. */
async function waiting({ delivery, repository }: PushReceipt, component = 'one'): Promise<string> {
  let id = '';
  await until(`${component} to wait for approval`, async () => {
    const key = ledgerKeys.delivery(delivery);
    const [found] = await twin.world.query(key.pk, key.sk);
    if (typeof found?.release !== 'string') return false;
    id = found.release;
    const { pk, sk } = ledgerKeys.outcome(repository, id, { environment: 'dev', component });
    const [item] = await twin.world.query(pk, sk);
    return item !== undefined && outcomeItemSchema.parse(item).progress === 'approving';
  });
  await twin.world.resting();
  return id;
}

const say = (action: 'approve' | 'reject', by: string, { repository }: PushReceipt, release: string) =>
  twin.world.command({ action, by, repository, release, environment: 'dev', component: 'one' });

test('a change waits, says so on the commit, and goes on once it is approved', async () => {
  const { repository, commit } = asking('approved');
  const sha = commit('one\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  const release = await waiting(receipt);
  expect(
    statusesOf({ statuses: await twin.world.statuses({ repository: receipt.repository, sha }) }),
  ).toEqual({
    belay: 'pending: 0 of 2 targets done',
    'belay/dev/one': 'pending: waiting for approval: every change must be approved (approval: always)',
    'belay/dev/two': 'pending: waiting for its turn',
  });
  expect(await say('approve', 'mira', receipt, release)).toMatchObject({
    accepted: false,
    message: expect.stringContaining('mira pushed this change and may not approve it'),
  });
  expect(await say('approve', 'ada', receipt, release)).toEqual({
    accepted: true,
    message: 'dev/one is approved',
  });
  const report = await twin.ended(receipt);
  expect([report.verdict, outcomesOf(report)]).toEqual([
    'succeeded',
    { 'dev/one': 'applied', 'dev/two': 'applied' },
  ]);
  expect(readFileSync(twin.deployed('approved', 'one'), 'utf8')).toBe('one\n');
});

test('a rejected change is not applied; what needs it is skipped', async () => {
  const { repository, commit } = asking('rejected');
  commit('one\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  await say('reject', 'ada', receipt, await waiting(receipt));
  const report = await twin.ended(receipt);
  expect(report.verdict).toBe('failed');
  expect(endsOf(report.environments[0]?.targets ?? [])).toEqual({
    one: 'rejected: rejected by ada',
    two: 'skipped: one was rejected',
  });
});

test('approvers may be teams; the policy in force is the one of the last success', async () => {
  const { repository, commit } = asking('teams', { approvers: ['acme/platform'] });
  writeFileSync(join(twin.folder, 'state/github/teams.json'), JSON.stringify({ 'acme/platform': ['Ada'] }));
  commit('one\n');
  const first = await twin.world.push({ directory: repository.directory });
  const release = await waiting(first);
  expect(await say('approve', 'bob', first, release)).toEqual({
    accepted: false,
    message: 'bob is not among the approvers: acme/platform may decide',
  });
  expect(await say('approve', 'ada', first, release)).toMatchObject({ accepted: true });
  expect((await twin.ended(first)).verdict).toBe('succeeded');

  commit('two\n', { approval: 'never' });
  const second = await twin.world.push({ directory: repository.directory });
  const weakened = await waiting(second);
  expect(await say('approve', 'bob', second, weakened)).toMatchObject({ accepted: false });
  expect(await say('approve', 'ada', second, weakened)).toMatchObject({ accepted: true });
  expect((await twin.ended(second)).verdict).toBe('succeeded');

  commit('three\n', { approval: 'never' });
  expect((await twin.push(repository)).verdict).toBe('succeeded');
});

test('a release that only waits for a person gives way to a newer push', async () => {
  const { repository, commit } = asking('yielding');
  commit('one\n');
  const first = await twin.world.push({ directory: repository.directory });
  const older = await waiting(first);
  commit('newer\n');
  const second = await twin.world.push({ directory: repository.directory });
  const superseded = await twin.ended(first);
  expect(superseded.verdict).toBe('superseded');
  const sha = second.commit.slice(0, 7);
  expect(superseded.environments[0]?.targets.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['superseded', `a newer push, ${sha}, is waiting`],
    ['skipped', 'one was superseded'],
  ]);
  const newer = await waiting(second);
  expect(await say('approve', 'ada', first, older)).toMatchObject({ accepted: false });
  await say('approve', 'ada', second, newer);
  expect((await twin.ended(second)).verdict).toBe('succeeded');
  expect(readFileSync(twin.deployed('yielding', 'one'), 'utf8')).toBe('newer\n');
});

test('the twin may be closed while a release waits: the approval is still good at the next start', async () => {
  const { repository, commit } = asking('slept');
  commit('one\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  const release = await waiting(receipt);
  const before = await twin.world.executions();
  await twin.world.close();

  const next = await openWorld({
    stateDir: join(twin.folder, 'state'),
    cdkOut,
    environment: { PATH: process.env.PATH, HOME: join(twin.folder, 'home') },
  });
  try {
    await next.resting();
    expect(await next.executions()).toEqual(before);
    const order = { action: 'approve', by: 'ada', environment: 'dev', component: 'one' } as const;
    expect(await next.command({ ...order, repository: receipt.repository, release })).toMatchObject({
      accepted: true,
    });
    await next.settled();
    const key = ledgerKeys.release(receipt.repository, release);
    expect(await next.query(key.pk, key.sk)).toMatchObject([{ verdict: 'succeeded' }]);
  } finally {
    await next.close();
  }
  twin = await openTestTwin();
});

const hasTool = ['tofu', 'terraform'].some((tool) => spawnSync(tool, ['version']).status === 0);

(hasTool ? test : test.skip)(
  'the state moves while a change waits: planned again, and asked again if the changes differ',
  async () => {
    const repository = twin.repository('moved');
    const component = { path: 'one', approval: 'always' };
    const commit = (code: string) =>
      repository.commit({
        'belay.yaml': manifest({
          environments: { dev: { account: '111122223333', region: 'eu-west-1' } },
          components: { one: component },
        }),
        'one/main.tf': code,
      });
    const resource = (name: string, input: string) =>
      `resource "terraform_data" "${name}" {\n  input = "${input}"\n}\n`;
    const approvedPush = async () => {
      const receipt = await twin.world.push({ directory: repository.directory });
      return { receipt, release: await waiting(receipt) };
    };
    /** What somebody else does to the state meanwhile. */
    const change = (
      receipt: PushReceipt,
      edit: (state: { serial: number; resources: unknown[] }) => void,
    ) => {
      const { objects, artifacts } = twin.world.parts;
      const key = stateKey(receipt.repository, 'dev', 'one');
      const state = JSON.parse(Buffer.from(objects.get(artifacts, key)?.body ?? '').toString('utf8'));
      edit(state);
      objects.put(artifacts, key, Buffer.from(JSON.stringify(state)));
    };
    commit(resource('first', 'a'));
    const first = await approvedPush();
    await say('approve', 'ada', first.receipt, first.release);
    expect((await twin.ended(first.receipt)).verdict).toBe('succeeded');

    commit(resource('first', 'b'));
    const second = await approvedPush();
    change(second.receipt, (state) => {
      state.serial += 1;
    });
    await say('approve', 'ada', second.receipt, second.release);
    const report = await twin.ended(second.receipt);
    expect([report.verdict, outcomesOf(report)]).toEqual(['succeeded', { 'dev/one': 'applied' }]);

    commit(resource('first', 'c'));
    const third = await approvedPush();
    change(third.receipt, (state) => {
      state.serial += 1;
      state.resources = [];
    });
    await say('approve', 'ada', third.receipt, third.release);
    await until('a second question', async () => {
      const { pk, sk } = ledgerKeys.approval(third.receipt.repository, third.release, {
        environment: 'dev',
        component: 'one',
      });
      const [item] = await twin.world.query(pk, sk);
      return item?.answer === undefined;
    });
    await waiting(third.receipt);
    await say('reject', 'ada', third.receipt, third.release);
    expect(endsOf((await twin.ended(third.receipt)).environments[0]?.targets ?? [])).toEqual({
      one: 'rejected: rejected by ada',
    });
  },
  120_000,
);

test('from the command line: a push that does not wait ends with 3, and the approval carries it on', async () => {
  const { repository, commit } = asking('commands');
  commit('one\n');
  const state = join(twin.folder, 'commands');
  const belay = (...args: string[]) => {
    const run = join(import.meta.dirname, '../../scripts/run.mjs');
    const command = [run, 'local', ...args, '--state-dir', state];
    const { npm_lifecycle_event: _, ...env } = process.env;
    try {
      return {
        code: 0,
        stdout: execFileSync(process.execPath, command, { env, encoding: 'utf8', stdio: 'pipe' }),
      };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { code: status, stdout };
    }
  };
  const pushed = belay('push', '--repo', repository.directory, '--no-wait', '--json');
  const { release, verdict } = JSON.parse(pushed.stdout);
  expect([pushed.code, verdict]).toEqual([3, 'waiting']);
  const about = ['--release', release, '--target', 'dev/one'];
  expect(belay('approve', ...about, '--as', 'mira')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('you asked as mira; --as USER asks as somebody else'),
  });
  const approved = belay('approve', ...about, '--as', 'ada', '--json');
  expect([approved.code, JSON.parse(approved.stdout).report.verdict]).toEqual([0, 'succeeded']);
}, 120_000);
