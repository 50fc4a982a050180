/** Twins that end before their releases do: killed in the middle of an apply, or closed while a person is asked. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import './cases/upkeep.ts';
import { reportOnRelease } from '../../local/cli/commands/push.ts';
import { asking } from './support/asking.ts';
import { environment, fileComponent, fileComponents, manifest } from './support/components.ts';
import { begun, heldComponent, hold, letGo } from './support/held.ts';
import type { Repository } from './support/repository.ts';
import { endsOf, outcomesOf } from './support/summary.ts';
import { makeTestFolder, openTestTwin, until } from './support/twin.ts';

jest.setTimeout(150_000);

const cli = join(import.meta.dirname, '../../local/cli.ts');
const place = makeTestFolder();
afterAll(() => place.remove());

/** A push from a process of its own, which owns the state directory called `state` or finds its owner there. */
const startPush = ({ directory }: Repository, state: string): ChildProcess =>
  spawn(
    process.execPath,
    ['--no-warnings', cli, 'push', '--repo', directory, '--json', '--state-dir', join(place.folder, state)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, HOME: place.home } },
  );

async function kill(process: ChildProcess): Promise<void> {
  const gone = once(process, 'exit');
  process.kill('SIGKILL');
  await gone;
}

test('the next push takes over when the job has ended; exit code 1 when it fails', async () => {
  const directory = place.deployed('app');
  const repository = place.repository('app');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: {
        app: fileComponent('app', [], {
          commands: {
            plan: 'mkdir -p "$DEPLOYED" && sh deploy.sh plan',
            apply:
              'touch "$DEPLOYED/waiting"; until [ -e "$DEPLOYED/go" ]; do sleep 0.05; done; sh deploy.sh apply',
          },
        }),
      },
    }),
    ...fileComponents({ app: 'one\n' }),
  });
  const killed = startPush(repository, 'taken-over');
  await until('the apply', () => existsSync(`${directory}/waiting`));
  await kill(killed);

  const said: string[] = [];
  const twin = await openTestTwin(() => ({
    stateDir: join(place.folder, 'taken-over'),
    log: (message) => void said.push(message),
  }));
  const { world } = twin;
  expect((await world.executions()).map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED']);
  expect((await world.jobs()).filter(({ status }) => status === 'RUNNING')).toHaveLength(1);

  repository.commit({ 'components/app/text': 'two\n' });
  const next = twin.push(repository);
  await until('a word about the job', () => said.length > 0);
  expect(said).toEqual([
    expect.stringMatching(/^waiting for what a killed twin left running: \d{8}-[0-9a-f]{7}-1-dev-app-apply$/),
  ]);
  expect(readFileSync(`${directory}/calls`, 'utf8')).toBe('plan app\n');
  writeFileSync(`${directory}/go`, '');
  expect(outcomesOf(await next)).toEqual({ 'dev/app': 'applied' });
  expect(readFileSync(`${directory}/calls`, 'utf8')).toBe('plan app\napply app\nplan app\napply app\n');
  expect(readFileSync(`${directory}/app`, 'utf8')).toBe('two\n');

  // Another process reaches this one through the socket.
  repository.commit({ 'components/app/deploy.sh': 'exit 7\n' });
  const failing = startPush(repository, 'taken-over');
  const printed: Buffer[] = [];
  failing.stdout?.on('data', (bytes: Buffer) => printed.push(bytes));
  const [code] = await once(failing, 'close');
  expect(code).toBe(1);
  const [line = '', ...more] = Buffer.concat(printed).toString('utf8').split('\n');
  expect(more).toEqual(['']);
  expect(JSON.parse(line)).toMatchObject({
    verdict: 'failed',
    environments: [
      {
        targets: [
          {
            reason:
              'plan failed: the plan command ended with exit code 7; 0 means no changes, 2 means changes',
          },
        ],
      },
    ],
  });
  await twin.close();
});

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
