/** Twins that end before their releases do: killed in the middle of an apply, or closed while a person is asked. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import './cases/upkeep.ts';
import { reportOnRelease } from '../../local/cli/commands/push.ts';
import { asking } from './support/asking.ts';
import { environment, fileComponents, manifest } from './support/components.ts';
import { begun, heldComponent, hold, letGo } from './support/held.ts';
import type { Repository } from './support/repository.ts';
import { endsOf } from './support/summary.ts';
import { makeTestFolder, openTestTwin, until } from './support/twin.ts';

const { PATH, NODE_COMPILE_CACHE } = process.env;
const cli = join(import.meta.dirname, '../../local/cli.ts');
const place = makeTestFolder();
afterAll(() => place.remove());

/** A push from a process of its own, which owns the state directory called `state` or finds its owner there. */
const startPush = ({ directory }: Repository, state: string): ChildProcess =>
  spawn(
    process.execPath,
    ['--no-warnings', cli, 'push', '--repo', directory, '--json', '--state-dir', join(place.folder, state)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH, NODE_COMPILE_CACHE, HOME: place.home } },
  );

async function kill(process: ChildProcess): Promise<void> {
  const gone = once(process, 'exit');
  process.kill('SIGKILL');
  await gone;
}

test('a twin that was killed: the next one takes over its job and settles what it left', async () => {
  const repository = place.repository('killed');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(place.deployed('killed'), { rollback: 'off' }) },
      components: { one: heldComponent('one'), two: heldComponent('two', ['one']) },
    }),
    ...fileComponents({ one: 'one\n', two: 'two\n' }),
  });
  mkdirSync(place.deployed('killed'), { recursive: true });
  hold(place, 'killed', 'apply');
  const owner = startPush(repository, 'killed');
  await begun(place, 'killed', 'one-apply');
  await kill(owner);

  const next = await openTestTwin(() => ({ stateDir: join(place.folder, 'killed') }));
  try {
    await until('the sweep at the start', () => !next.world.parts.bus.busy);
    const { owner: leased } = await next.environment(repository, 'dev');
    letGo(place, 'killed', 'apply');
    // Its credentials were the killed twin's: it cannot sign off, so the sweep does.
    await until('the end of the job', () => !next.world.parts.jobs.busy);
    await next.world.sweep();
    expect(await next.environment(repository, 'dev')).toMatchObject({ queue: [], answers: [], writers: {} });
    expect((await next.environment(repository, 'dev')).owner).toBeUndefined();
    const [release] = await next.world.releases();
    expect(leased?.release).toBe(release?.id);
    const name = { repository: release?.repository.id ?? 0, release: release?.id ?? '' };
    const report = await reportOnRelease(next.world, name);
    expect(report.executions.map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED']);
    expect(endsOf(report.environments[0]?.targets ?? [])).toEqual({
      one: 'failed: stopped: between two commits; redrive or roll back',
      two: 'skipped: not started: the release was stopped',
    });
    expect(await next.world.command({ action: 'redrive', ...name, by: 'mira', older: false })).toMatchObject({
      accepted: true,
    });
    await next.world.settled();
    expect((await reportOnRelease(next.world, name)).verdict).toBe('succeeded');
  } finally {
    await next.close();
  }
});

test('from the command line: a push that does not wait ends with 3, and the approval carries it on', async () => {
  const { repository, commit } = asking(place, 'commands');
  commit('one\n');
  const state = join(place.folder, 'commands');
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
});
