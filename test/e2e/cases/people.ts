/** Ends after which a person has something to do, with the real tool where it is the point: through the whole local twin. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { stateKey } from '../../../core/keys.ts';
import { signalProcess } from '../../../local/batch/process.ts';
import type { PushReceipt } from '../../../local/cli/twin.ts';
import { AwsError } from '../../../local/wire/errors.ts';
import { say } from '../support/asking.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import type { Repository } from '../support/repository.ts';
import { twin } from '../support/shared-twin.ts';
import { endsOf, outcomesOf, summaryOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';
import { withTool } from '../support/with-tool.ts';

const idOf = async (repository: Repository) => (await twin.world.repositoryAt(repository.directory)) ?? 0;

/** The names of the resources in the managed state of `dev/one`. */
async function resourcesOf(repository: Repository): Promise<string[]> {
  const body = await twin.world.artifact(stateKey(await idOf(repository), 'dev', 'one'));
  const { resources } = JSON.parse(Buffer.from(body ?? '').toString('utf8'));
  return resources.map(({ name }: { name: string }) => name).sort();
}

/** One component of the real tool, `one`, whose first commit is deployed. */
async function deployed(name: string, more: object = {}, entry: object = {}): Promise<Repository> {
  const repository = twin.repository(name);
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed(name), more) },
      components: { one: { path: 'one', ...entry } },
    }),
    'one/main.tf': resource('kept'),
  });
  expect((await twin.push(repository)).verdict).toBe('succeeded');
  return repository;
}

const resource = (name: string, more = '') => `resource "terraform_data" "${name}" {\n${more}}\n`;
const dev = (report: Parameters<typeof summaryOf>[0]) => summaryOf(report).environments.dev;

async function redriven({ release: id }: { release: string | null }, receipt: PushReceipt) {
  const order = { repository: receipt.repository, release: id ?? '', by: 'mira', older: false };
  expect(await twin.world.command({ action: 'redrive', ...order })).toMatchObject({ accepted: true });
  return twin.ended(receipt);
}

withTool('a way back that removes what is protected asks a person, and goes on with a yes', async () => {
  const repository = await deployed(
    'protected',
    { protect: ['terraform_data'] },
    { test: { run: 'test ! -e unfit' } },
  );
  repository.commit({ 'one/main.tf': `${resource('kept')}${resource('brought')}`, 'one/unfit': '' });
  const receipt = await twin.world.push({ directory: repository.directory });
  let release = '';
  await until('the question', async () => {
    const [found] = (await twin.world.releases()).filter(({ commit }) => commit === receipt.commit);
    release = found?.id ?? '';
    return release !== '' && (await say(twin, 'approve', { by: 'ada', receipt, release })).accepted;
  });
  const report = await twin.ended(receipt);
  expect(dev(report)).toEqual({
    verdict: 'rolled-back',
    targets: {
      one: 'rolled-back: rolled back to <commit> after: test failed: the test ended with exit code 1: test ! -e unfit',
    },
  });
  expect(await resourcesOf(repository)).toEqual(['kept']);
});

test.concurrent('rolled back for an outside cause: when that is gone, a redrive goes to the new commit', async () => {
  const repository = twin.repository('cause');
  const cause = twin.deployed('cause', 'quota');
  const commands = {
    ...fileComponent('one').commands,
    apply: `sh deploy.sh apply && ! { grep -q two text && test -e ${cause}; }`,
  };
  const commit = (text: string) =>
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(twin.deployed('cause')) },
        components: { one: fileComponent('one', [], { commands }) },
      }),
      ...fileComponents({ one: text }),
    });
  commit('one\n');
  await twin.push(repository);
  writeFileSync(cause, '');
  commit('two\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  const failed = await twin.ended(receipt);
  expect(dev(failed)?.verdict).toBe('rolled-back');
  expect(readFileSync(twin.deployed('cause', 'one'), 'utf8')).toBe('one\n');

  rmSync(cause);
  const healed = await redriven(failed, receipt);
  expect([healed.verdict, endsOf(healed.environments[0]?.targets ?? [])]).toEqual([
    'succeeded',
    { one: 'applied: 1 changed' },
  ]);
  expect(readFileSync(twin.deployed('cause', 'one'), 'utf8')).toBe('two\n');
});

withTool(
  'SIGTERM in the middle of an apply: the state is kept, the target goes back, the next push heals',
  async () => {
    const repository = await deployed('stopped-apply');
    const slow = `
  depends_on = [terraform_data.brought]
  provisioner "local-exec" {
    command = "mkdir -p $DEPLOYED; touch $DEPLOYED/slow; exec sleep 30"
  }
`;
    const more = `${resource('kept')}${resource('brought')}`;
    repository.commit({ 'one/main.tf': `${more}${resource('slow', slow)}` });
    const receipt = await twin.world.push({ directory: repository.directory });
    await until('the apply', () => existsSync(twin.deployed('stopped-apply', 'slow')));
    const job = (await twin.world.jobs()).find(
      ({ jobName, status }) => status === 'RUNNING' && jobName.includes(receipt.commit.slice(0, 7)),
    );
    signalProcess(join(twin.folder, 'state', 'jobs', job?.jobId ?? ''), 'SIGTERM');
    const report = await twin.ended(receipt);
    expect(dev(report)).toEqual({
      verdict: 'rolled-back',
      targets: {
        one: expect.stringMatching(
          /^rolled-back: rolled back to <commit> after: apply failed: stopped by SIGTERM/,
        ),
      },
    });
    expect(await resourcesOf(repository)).toEqual(['kept']);
    repository.commit({ 'one/main.tf': more });
    expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/one': 'applied' });
    expect(await resourcesOf(repository)).toEqual(['brought', 'kept']);
  },
);

withTool('a state that cannot be written: nothing is planned over it until it is back in place', async () => {
  const repository = await deployed('unwritten');
  const { objects, artifacts } = twin.world.parts;
  const key = stateKey(await idOf(repository), 'dev', 'one');
  const bucket = objects.bucket(artifacts);
  const put = bucket.put.bind(bucket);
  const refusing = jest.spyOn(bucket, 'put').mockImplementation((at, object, now) => {
    if (at === key) throw new AwsError('AccessDenied', 'the bucket takes no state', 403);
    return put(at, object, now);
  });
  repository.commit({ 'one/main.tf': `${resource('kept')}${resource('brought')}` });
  const receipt = await twin.world.push({ directory: repository.directory });
  const failed = await twin.ended(receipt);
  refusing.mockRestore();
  const blocked =
    /its state could not be written by release <release>: push (\S+errored\.tfstate) of the artifacts bucket \(tofu state push\), then unlock it$/;
  expect(dev(failed)).toEqual({ verdict: 'broken', targets: { one: expect.stringMatching(blocked) } });

  repository.commit({ 'one/other': '' });
  expect(dev(await twin.push(repository))).toEqual({
    verdict: 'broken',
    targets: { one: expect.stringMatching(blocked) },
  });
  const unlock = () =>
    twin.world.command({
      ...{ action: 'unlock', by: 'mira', repository: receipt.repository, release: failed.release ?? '' },
      ...{ environment: 'dev', component: 'one' },
    });
  expect(await unlock()).toMatchObject({
    accepted: false,
    message: expect.stringContaining('push that one first'),
  });

  const errored = blocked.exec(
    failed.environments[0]?.targets[0]?.reason.replace(failed.release ?? '', '<release>') ?? '',
  );
  objects.put(artifacts, key, objects.get(artifacts, errored?.[1] ?? '')?.body ?? '');
  expect(await unlock()).toMatchObject({ accepted: true });
  repository.commit({ 'one/other': 'again' });
  expect((await twin.push(repository)).verdict).toBe('succeeded');
  expect(await resourcesOf(repository)).toEqual(['brought', 'kept']);
});
