import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { choosePorts, ownStateDirectory, StateDirectoryInUse } from '../../../local/world/state-directory.ts';
import { temporaryFolder } from './small-stack.ts';

test('a directory is owned until it is released', () => {
  const path = join(temporaryFolder('own'), 'not', 'there', 'yet');
  const first = ownStateDirectory(path);
  expect(() => ownStateDirectory(path)).toThrow(StateDirectoryInUse);
  expect(() => ownStateDirectory(path)).toThrow(`process ${process.pid} owns it`);
  first.release();
  ownStateDirectory(path).release();
});

test.each([
  ['a process that is gone', { pid: 2 ** 22 + 1, startedAt: Date.now(), socket: 's' }],
  ['a process from before the machine was started', { pid: process.pid, startedAt: 0, socket: 's' }],
  ['nobody', 'not even JSON'],
])('an owner that is %s does not count', (_, owner) => {
  const path = temporaryFolder('stale');
  writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
  const { release } = ownStateDirectory(path);
  expect(JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')).pid).toBe(process.pid);
  release();
  expect(existsSync(join(path, 'owner.json'))).toBe(false);
});

test('a socket whose path would be too long lies elsewhere', () => {
  const path = join(temporaryFolder('long'), 'x'.repeat(120));
  const { socket, release } = ownStateDirectory(path);
  expect(socket.startsWith(path)).toBe(false);
  expect(socket.length).toBeLessThanOrEqual(100);
  release();
});

test('ports stay the same, but for one that somebody took', async () => {
  const path = temporaryFolder('ports');
  const first = await choosePorts(path);
  expect(await choosePorts(path)).toEqual(first);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(first.api, '127.0.0.1', () => resolve()));
  const second = await choosePorts(path);
  expect({ ...second, api: 0 }).toEqual({ ...first, api: 0 });
  expect(second.api).not.toBe(first.api);
  await new Promise((resolve) => other.close(resolve));
});
