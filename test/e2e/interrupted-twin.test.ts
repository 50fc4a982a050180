/** Ctrl-C during a push: what waits for a person goes on at the next start, what runs is stopped in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectWorld } from '../../local/world/socket.ts';
import { environment, fileComponent, fileComponents, manifest } from './support/components.ts';
import { makeRepository } from './support/repository.ts';
import { openTestTwin, until } from './support/twin.ts';

const cli = join(import.meta.dirname, '../../local/cli.ts');

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'belay-interrupted-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function startPush(directory: string): { child: ChildProcess; said: () => string } {
  const stateDir = join(folder, 'state');
  const child = spawn(
    process.execPath,
    ['--no-warnings', cli, 'push', '--repo', directory, '--json', '--state-dir', stateDir],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return { child, said: () => text };
}

test('an execution that waits for a person is there at the next start, and a yes carries it on', async () => {
  const directory = join(folder, 'deployed');
  const repository = makeRepository(join(folder, 'repository'));
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory, { approval: 'always' }) },
      components: { app: fileComponent('app') },
    }),
    ...fileComponents({ app: 'one\n' }),
  });
  const { child, said } = startPush(repository.directory);
  await until('the question', () => said().includes('waits for approval'));
  // It is asked a moment before everything else has come to rest.
  const remote = await connectWorld(join(folder, 'state', 'twin.sock'));
  await remote.resting();
  await remote.close();
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  expect(said()).toContain('belay: closing the twin; what waits for a person goes on at its next start.');
  expect(existsSync(join(directory, 'app'))).toBe(false);

  const twin = await openTestTwin(() => ({ stateDir: join(folder, 'state') }));
  const statuses = (await twin.world.executions()).map(({ status }) => status);
  const [release] = await twin.world.releases();
  const order = { repository: release?.repository.id ?? 0, release: release?.id ?? '', by: 'somebody-else' };
  const target = { environment: 'dev', component: 'app' };
  expect(await twin.world.command({ action: 'approve', ...order, ...target })).toMatchObject({
    accepted: true,
  });
  await twin.world.settled();
  await twin.close();
  expect(statuses).toEqual(['RUNNING', 'RUNNING']);
  expect(readFileSync(join(directory, 'app'), 'utf8')).toBe('one\n');
});
