/** What waits for a person, through the whole local twin: asked, answered, refused, planned again, given way. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stateKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { PushReceipt } from '../../../local/cli/twin.ts';
import { asking, say, waiting } from '../support/asking.ts';
import { manifest } from '../support/components.ts';
import { twin } from '../support/shared-twin.ts';
import { endsOf, outcomesOf, statusesOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';
import { withTool } from '../support/with-tool.ts';

test.concurrent('a change waits, says so on the commit, and goes on once it is approved', async () => {
  const { repository, commit } = asking(twin, 'approved');
  const sha = commit('one\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  const release = await waiting(twin, receipt);
  const shown = async () =>
    statusesOf({ checks: await twin.world.checks({ repository: receipt.repository, sha }) });
  // What waits for a person is written first.
  await until(
    'the release to tell of its targets',
    async () => (await shown()).belay?.includes('of 2') ?? false,
  );
  expect(await shown()).toEqual({
    belay: 'pending: 0 of 2 targets done',
    'belay/dev/one': 'pending: waiting for approval: every change must be approved (approval: always)',
    'belay/dev/two': 'pending: waiting for its turn',
  });
  expect(await say(twin, 'approve', { by: 'mira', receipt, release })).toMatchObject({
    accepted: false,
    message: expect.stringContaining('mira pushed this change and may not approve it'),
  });
  expect(await say(twin, 'approve', { by: 'ada', receipt, release })).toEqual({
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

test.concurrent('a rejected change is not applied; what needs it is skipped', async () => {
  const { repository, commit } = asking(twin, 'rejected');
  commit('one\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  await say(twin, 'reject', { by: 'ada', receipt: receipt, release: await waiting(twin, receipt) });
  const report = await twin.ended(receipt);
  expect(report.verdict).toBe('failed');
  expect(endsOf(report.environments[0]?.targets ?? [])).toEqual({
    one: 'rejected: rejected by ada',
    two: 'skipped: one was rejected',
  });
});

test.concurrent('a release that only waits for a person gives way to a newer push', async () => {
  const { repository, commit } = asking(twin, 'yielding');
  commit('one\n');
  const first = await twin.world.push({ directory: repository.directory });
  const older = await waiting(twin, first);
  commit('newer\n');
  const second = await twin.world.push({ directory: repository.directory });
  const superseded = await twin.ended(first);
  expect(superseded.verdict).toBe('superseded');
  const sha = second.commit.slice(0, 7);
  expect(superseded.environments[0]?.targets.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['superseded', `a newer push, ${sha}, is waiting`],
    ['skipped', 'one was superseded'],
  ]);
  const newer = await waiting(twin, second);
  expect(await say(twin, 'approve', { by: 'ada', receipt: first, release: older })).toMatchObject({
    accepted: false,
  });
  await say(twin, 'approve', { by: 'ada', receipt: second, release: newer });
  expect((await twin.ended(second)).verdict).toBe('succeeded');
  expect(readFileSync(twin.deployed('yielding', 'one'), 'utf8')).toBe('newer\n');
});

withTool(
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
      return { receipt, release: await waiting(twin, receipt) };
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
    await say(twin, 'approve', { by: 'ada', receipt: first.receipt, release: first.release });
    expect((await twin.ended(first.receipt)).verdict).toBe('succeeded');

    commit(resource('first', 'b'));
    const second = await approvedPush();
    change(second.receipt, (state) => {
      state.serial += 1;
    });
    await say(twin, 'approve', { by: 'ada', receipt: second.receipt, release: second.release });
    const report = await twin.ended(second.receipt);
    expect([report.verdict, outcomesOf(report)]).toEqual(['succeeded', { 'dev/one': 'applied' }]);

    commit(resource('first', 'c'));
    const third = await approvedPush();
    change(third.receipt, (state) => {
      state.serial += 1;
      state.resources = [];
    });
    await say(twin, 'approve', { by: 'ada', receipt: third.receipt, release: third.release });
    await until('a second question', async () => {
      const { pk, sk } = ledgerKeys.approval(third.receipt.repository, third.release, {
        environment: 'dev',
        component: 'one',
      });
      const [item] = await twin.world.query(pk, sk);
      return item?.answer === undefined;
    });
    await waiting(twin, third.receipt);
    await say(twin, 'reject', { by: 'ada', receipt: third.receipt, release: third.release });
    expect(endsOf((await twin.ended(third.receipt)).environments[0]?.targets ?? [])).toEqual({
      one: 'rejected: rejected by ada',
    });
  },
);
