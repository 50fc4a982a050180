/** Unpacking refuses whatever would leave the work tree; packing is deterministic. */
import { mkdir, mkdtemp, readFile, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Header } from 'tar';
import { pack, staysInside, unpack } from '../../executor-image/archive.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'belay-archive-'));
  await mkdir(join(directory, 'out'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

type Entry = {
  path: string;
  type: 'File' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice';
  linkpath?: string;
};

/** An archive made by hand: no well-behaved tool writes these entries. */
async function archiveOf(entries: readonly Entry[]): Promise<string> {
  const blocks = entries.map((entry) => {
    const block = Buffer.alloc(512);
    new Header({ ...entry, mode: 0o644, size: 0, mtime: new Date(0) }).encode(block, 0);
    return block;
  });
  const file = join(directory, 'archive.tar.gz');
  await writeFile(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  return file;
}

test.each<[Entry, RegExp]>([
  [{ path: '/etc/passwd', type: 'File' }, /\/etc\/passwd: leaves the work tree/],
  [{ path: 'a/../../b', type: 'File' }, /a\/\.\.\/\.\.\/b: leaves the work tree/],
  [{ path: 'a/link', type: 'SymbolicLink', linkpath: '../../etc' }, /is a link to \.\.\/\.\.\/etc/],
  [{ path: 'link', type: 'SymbolicLink', linkpath: '/etc' }, /is a link to \/etc/],
  [{ path: 'link', type: 'SymbolicLink', linkpath: 'a/../b' }, /is a link to a\/\.\.\/b/],
  [{ path: 'hard', type: 'Link', linkpath: 'a' }, /hard: is a Link/],
  [{ path: 'pipe', type: 'FIFO' }, /pipe: is a FIFO/],
  [{ path: 'null', type: 'CharacterDevice' }, /null: is a CharacterDevice/],
])('refuses %j and writes nothing', async (entry, message) => {
  const archive = await archiveOf([{ path: 'good', type: 'File' }, entry]);
  await expect(unpack(archive, join(directory, 'out'))).rejects.toThrow(message);
  await expect(readFile(join(directory, 'out/good'))).rejects.toThrow('ENOENT');
});

test('a file behind a link of the same archive is refused', async () => {
  const archive = await archiveOf([
    { path: 'inner', type: 'SymbolicLink', linkpath: 'other' },
    { path: 'inner/file', type: 'File' },
  ]);
  await expect(unpack(archive, join(directory, 'out'))).rejects.toThrow('unpacking an archive');
});

test('something that is no archive is refused', async () => {
  await writeFile(join(directory, 'archive.tar.gz'), 'hello');
  await expect(unpack(join(directory, 'archive.tar.gz'), join(directory, 'out'))).rejects.toThrow(
    'unpacking an archive',
  );
});

test.each([
  ['modules/a/link', '../b', true],
  ['modules/a/link', '../../c', true],
  ['modules/a/link', '../../../c', false],
  ['link', 'somewhere/./deep', true],
  ['link', '..', false],
  ['link', '', false],
])('the link %s to %s stays inside: %s', (path, target, expected) => {
  expect(staysInside(path, target)).toBe(expected);
});

test('what is packed comes out again, with names that look like archives; equal files pack to equal bytes', async () => {
  const source = join(directory, 'source');
  await mkdir(source);
  await writeFile(join(source, '@scope'), 'at');
  await writeFile(join(source, 'run.sh'), '#!/bin/sh', { mode: 0o755 });
  await symlink('run.sh', join(source, 'link'));
  await pack(join(directory, 'one.tar.gz'), source, ['run.sh', '@scope', 'link']);
  await utimes(join(source, '@scope'), 1, 1);
  await pack(join(directory, 'two.tar.gz'), source, ['link', '@scope', 'run.sh']);
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => readFile(join(directory, `${name}.tar.gz`))),
  );
  expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  await unpack(join(directory, 'one.tar.gz'), join(directory, 'out'));
  expect(await readFile(join(directory, 'out/@scope'), 'utf8')).toBe('at');
  expect(await readlink(join(directory, 'out/link'))).toBe('run.sh');
});
