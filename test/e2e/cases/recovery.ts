/** What becomes of releases that are stopped, cancelled, redriven or broken off: through the whole local twin. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type ReleaseItem, releaseItemSchema } from '../../../core/ledger/release-items.ts';
import { reportOnRelease } from '../../../local/cli/commands/push.ts';
import type { ReleaseReport } from '../../../local/cli/report.ts';
import type { PushReceipt } from '../../../local/cli/twin.ts';
import { environment, fileComponents, manifest } from '../support/components.ts';
import { begun, heldComponent, hold, letGo } from '../support/held.ts';
import type { Repository } from '../support/repository.ts';
import { twin } from '../support/shared-twin.ts';
import { endsOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';

const ends = (report: ReleaseReport) =>
  Object.fromEntries(report.environments.map(({ name, targets }) => [name, endsOf(targets)]));

/** A repository with `one` and `two` that needs it, in `dev` unless other environments are given; nothing is deployed yet. */
function prepared(name: string, environments?: object): Repository {
  const repository = twin.repository(name);
  repository.commit({
    'belay.yaml': manifest({
      environments: environments ?? { dev: environment(twin.deployed(name), { rollback: 'off' }) },
      components: { one: heldComponent('one'), two: heldComponent('two', ['one']) },
    }),
    ...fileComponents({ one: 'one\n', two: 'two\n' }),
  });
  mkdirSync(twin.deployed(name), { recursive: true });
  return repository;
}

async function releaseOf(receipt: PushReceipt): Promise<ReleaseItem> {
  let found: ReleaseItem | undefined;
  await until('the release', async () => {
    found = (await twin.world.releases()).find(
      (one) => one.repository.id === receipt.repository && one.commit === receipt.commit,
    );
    return found !== undefined;
  });
  return releaseItemSchema.parse(found);
}

const named = (release: ReleaseItem) => ({
  repository: release.repository.id,
  release: release.id,
  by: 'mira',
});

async function redriven(release: ReleaseItem, older = false): Promise<ReleaseReport> {
  expect(await twin.world.command({ action: 'redrive', ...named(release), older })).toMatchObject({
    accepted: true,
  });
  return settledReport(release);
}

async function settledReport(release: ReleaseItem): Promise<ReleaseReport> {
  await until(`the end of ${release.id}`, () => statusOf(release.execution) !== 'RUNNING');
  await until(
    'the statuses on GitHub',
    () => !twin.world.parts.eventSources.busy && !twin.world.parts.bus.busy,
  );
  return reportOnRelease(twin.world, { repository: release.repository.id, release: release.id });
}

const statusOf = (execution: string) =>
  twin.world.parts.executions.entries().find(({ arn }) => arn === execution)?.status;

test.concurrent('the outside cause is gone: a redrive goes on exactly where it failed, and into later environments', async () => {
  const dev = environment(twin.deployed('redrive'), { rollback: 'off' });
  const prod = environment(twin.deployed('redrive-prod'), { after: 'dev', rollback: 'off' });
  const repository = prepared('redrive', { dev, prod });
  mkdirSync(twin.deployed('redrive-prod'));
  writeFileSync(twin.deployed('redrive-prod', 'broken'), '');
  const failed = await twin.push(repository);
  expect(failed.verdict).toBe('failed');
  expect(ends(failed)).toEqual({
    dev: { one: 'applied: 1 added', two: 'applied: 1 added' },
    prod: {
      one: 'failed: apply failed: the apply command ended with exit code 1',
      two: 'skipped: one failed',
    },
  });
  rmSync(twin.deployed('redrive-prod', 'broken'));
  rmSync(twin.deployed('redrive', 'calls'));
  const [release] = (await twin.world.releases()).filter(({ id }) => id === failed.release);
  const healed = await redriven(releaseItemSchema.parse(release));
  expect(healed.verdict).toBe('succeeded');
  expect(ends(healed)).toEqual({
    dev: { one: 'applied: 1 added', two: 'applied: 1 added' },
    prod: { one: 'applied: 1 added', two: 'applied: 1 added' },
  });
  // The environment that had succeeded was not looked at again.
  expect(existsSync(twin.deployed('redrive', 'calls'))).toBe(false);
});

describe('cancelled', () => {
  test.concurrent('while planning: the job is ended, nothing is applied; a redrive wants it again', async () => {
    const repository = prepared('planning');
    hold(twin, 'planning', 'plan');
    const release = await releaseOf(await twin.world.push(repository));
    await begun(twin, 'planning', 'one-plan');
    expect(await twin.world.command({ action: 'cancel', ...named(release) })).toMatchObject({
      accepted: true,
    });
    const report = await settledReport(release);
    expect(report.verdict).toBe('cancelled');
    expect(ends(report).dev).toMatchObject({ one: 'cancelled: cancelled by mira' });
    expect(existsSync(twin.deployed('planning', 'one'))).toBe(false);
    letGo(twin, 'planning', 'plan');
    expect((await redriven(release)).verdict).toBe('succeeded');
  });

  test.concurrent('while applying: the apply runs to its end and stays, nothing comes after it', async () => {
    const repository = prepared('applying');
    hold(twin, 'applying', 'apply');
    const release = await releaseOf(await twin.world.push(repository));
    await begun(twin, 'applying', 'one-apply');
    await twin.world.command({ action: 'cancel', ...named(release) });
    letGo(twin, 'applying', 'apply');
    const report = await settledReport(release);
    expect(report.verdict).toBe('cancelled');
    expect(ends(report)).toEqual({ dev: { one: 'applied: 1 added', two: 'cancelled: cancelled by mira' } });
    expect(await twin.world.command({ action: 'cancel', ...named(release) })).toEqual({
      accepted: false,
      message: `release ${release.id} has ended already: cancelled`,
    });
  });

  test.concurrent('while waiting for the lease: it leaves the queue, the owner goes on', async () => {
    const repository = prepared('waiting');
    hold(twin, 'waiting', 'apply');
    const first = await twin.world.push(repository);
    await begun(twin, 'waiting', 'one-apply');
    repository.commit(fileComponents({ one: 'one!!\n' }));
    const second = await releaseOf(await twin.world.push(repository));
    await until('the queue', async () => (await twin.environment(repository, 'dev')).queue.length === 1);
    await twin.world.command({ action: 'cancel', ...named(second) });
    const report = await settledReport(second);
    expect(report.verdict).toBe('cancelled');
    letGo(twin, 'waiting', 'apply');
    expect((await twin.ended(first)).verdict).toBe('succeeded');
    expect(readFileSync(twin.deployed('waiting', 'one'), 'utf8')).toBe('one\n');
  });
});

test.concurrent('an old release redriven after a newer success is superseded; one that may be older goes', async () => {
  const repository = prepared('older');
  const failing = async (text: string) => {
    writeFileSync(twin.deployed('older', 'broken'), '');
    repository.commit(fileComponents({ one: text }));
    const receipt = await twin.world.push(repository);
    expect((await twin.ended(receipt)).verdict).toBe('failed');
    rmSync(twin.deployed('older', 'broken'));
    return releaseOf(receipt);
  };
  const oldest = await failing('first try\n');
  const old = await failing('second try\n');
  repository.commit(fileComponents({ one: 'newer\n' }));
  expect((await twin.push(repository)).verdict).toBe('succeeded');
  expect((await redriven(oldest)).verdict).toBe('superseded');
  expect(readFileSync(twin.deployed('older', 'one'), 'utf8')).toBe('newer\n');
  expect((await redriven(old, true)).verdict).toBe('succeeded');
  expect(readFileSync(twin.deployed('older', 'one'), 'utf8')).toBe('second try\n');
  expect(await twin.world.command({ action: 'redrive', ...named(old), older: false })).toEqual({
    accepted: false,
    message: `release ${old.id} cannot be redriven: Execution is SUCCEEDED and cannot be redriven; push again or start a new release`,
  });
});

// Alone: a sweep looks at everything there is.
test('stopped during an apply: the job ends, the lease is free, what is between two commits is said, a redrive heals', async () => {
  const repository = prepared('stopped');
  hold(twin, 'stopped', 'apply');
  const release = await releaseOf(await twin.world.push(repository));
  await begun(twin, 'stopped', 'one-apply');
  twin.world.parts.executions.stop(release.execution);
  await until('the sweep', async () =>
    (await twin.world.sweep()).some((line) => line.includes('one is still being written in dev')),
  );
  const { owner } = await twin.environment(repository, 'dev');
  expect(owner?.release).toBe(release.id);
  letGo(twin, 'stopped', 'apply');
  await until('the free lease', async () => (await twin.environment(repository, 'dev')).owner === undefined);
  await twin.world.sweep();
  const stopped = await settledReport(release);
  expect(stopped.verdict).toBe('failed');
  expect(ends(stopped)).toEqual({
    dev: {
      one: 'failed: stopped: between two commits; redrive or roll back',
      two: 'skipped: not started: the release was stopped',
    },
  });
  expect(stopped.checks.find(({ name }) => name === 'belay/dev/one')).toMatchObject({
    state: 'failure',
    title: 'failed: stopped: between two commits; redrive or roll back',
  });
  expect(await twin.environment(repository, 'dev')).toMatchObject({ queue: [], answers: [], writers: {} });
  expect(await twin.world.sweep()).toEqual([]);

  const healed = await redriven(release);
  expect(healed.verdict).toBe('succeeded');
  expect(readFileSync(twin.deployed('stopped', 'two'), 'utf8')).toBe('two\n');
});
