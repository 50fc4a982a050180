/** The twin killed in the middle of an apply: the job goes on, its executions do not, and the next push is deployed after it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { environment, fileComponent, fileComponents, manifest } from './support/components.ts';
import { makeRepository } from './support/repository.ts';
import { outcomesOf } from './support/summary.ts';
import { openTestTwin, type TestTwin, until } from './support/twin.ts';

const cli = join(import.meta.dirname, '../../local/cli.ts');

let folder: string;
let twin: TestTwin | undefined;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'belay-killed-')));
});
afterAll(async () => {
  await twin?.close();
  rmSync(folder, { recursive: true, force: true });
});

function startPush(directory: string): ChildProcess {
  const stateDir = join(folder, 'state');
  return spawn(
    process.execPath,
    ['--no-warnings', cli, 'push', '--repo', directory, '--json', '--state-dir', stateDir],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

test('the next push takes over when the job has ended; exit code 1 when it fails', async () => {
  const directory = join(folder, 'deployed');
  const repository = makeRepository(join(folder, 'repository'));
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
  const killed = startPush(repository.directory);
  await until('the apply', () => existsSync(`${directory}/waiting`));
  const gone = once(killed, 'exit');
  killed.kill('SIGKILL');
  await gone;

  const said: string[] = [];
  twin = await openTestTwin(() => ({
    stateDir: join(folder, 'state'),
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
  const failing = startPush(repository.directory);
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
}, 100_000);
