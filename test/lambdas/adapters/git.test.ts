import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { t as listTar, type ReadEntry } from 'tar';
import { git } from '../../../lambdas/adapters/git.ts';
import { gitRepositories } from '../../support/git-repositories.ts';

const TOKEN = 'ghs_12345_a.very-long.installation-token';
const UNKNOWN = 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';

const repositories = gitRepositories();
afterAll(() => repositories.remove());

/** A temporary folder of the test's own, so that what is left in it can be seen. */
const outerTmp = process.env.TMPDIR;
let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'belay-test-tmp-'));
  process.env.TMPDIR = place;
});
afterEach(() => {
  rmSync(place, { recursive: true, force: true });
  if (outerTmp === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = outerTmp;
});

const adapter = (url = repositories.url, environment: Record<string, string | undefined> = {}) =>
  git({ url, access: { token: async () => TOKEN }, environment: { PATH: process.env.PATH, ...environment } });

async function unpacked(archive: Uint8Array) {
  const files: Record<string, string> = {};
  const parser = listTar({
    sync: true,
    onReadEntry: (entry: ReadEntry) => {
      files[entry.path] = entry.type === 'SymbolicLink' ? `-> ${entry.linkpath}` : '';
      entry.on('data', (chunk: Buffer) => {
        files[entry.path] += chunk.toString('utf8');
      });
    },
  });
  parser.end(Buffer.from(gunzipSync(archive)));
  return files;
}

test('a commit that is no longer the head is fetched alone', async () => {
  const first = repositories.commit('acme/plain', { 'a.txt': 'one', 'dir/b.txt': 'two' });
  repositories.commit('acme/plain', { 'a.txt': 'later' });
  await adapter().withCommit('acme/plain', first, async (commit) => {
    expect(commit.rootTree).toMatch(/^[0-9a-f]{40}$/);
    const lines = Buffer.from(await commit.tree())
      .toString()
      .split('\0');
    expect(lines.map((line) => line.split('\t')[1])).toEqual(['a.txt', 'dir', 'dir/b.txt', undefined]);
    expect(await unpacked(await commit.archive())).toMatchObject({ 'a.txt': 'one', 'dir/b.txt': 'two' });
  });
  expect(readdirSync(place)).toEqual([]);
});

test('the archive holds every file of the commit, whatever its attributes say', async () => {
  const id = repositories.commit('acme/attributes', {
    '.gitattributes': 'secret.tf export-ignore\nmodules export-ignore\nversion.txt export-subst\n',
    'secret.tf': 'resource {}',
    'modules/.gitattributes': '* export-ignore\n',
    'modules/vpc/main.tf': 'module {}',
    'version.txt': '$Format:%H$',
    'run.sh': { executable: '#!/bin/sh\n' },
    'link.tf': { linkTo: 'secret.tf' },
    'ümlaut und leer.txt': 'ja',
  });
  const files = await adapter().withCommit('acme/attributes', id, async (commit) =>
    unpacked(await commit.archive()),
  );
  expect(files).toMatchObject({
    'secret.tf': 'resource {}',
    'modules/.gitattributes': '* export-ignore\n',
    'modules/vpc/main.tf': 'module {}',
    'version.txt': '$Format:%H$',
    'link.tf': '-> secret.tf',
    'ümlaut und leer.txt': 'ja',
  });
});

test('the same commit makes the same archive', async () => {
  const id = repositories.commit('acme/same', { 'a.txt': 'one' });
  const archive = () =>
    adapter().withCommit('acme/same', id, async (commit) => Buffer.from(await commit.archive()));
  expect((await archive()).equals(await archive())).toBe(true);
});

test('texts are read by blob id, in one go, with whatever bytes they hold', async () => {
  const odd = 'no newline at the end, a line\n0123456789012345678901234567890123456789 blob 3\nüñ';
  const id = repositories.commit('acme/texts', { 'a.txt': odd, 'b.txt': '', 'c.txt': 'c\n' });
  const blob = (path: string) => repositories.git('acme/texts', 'rev-parse', `HEAD:${path}`);
  await adapter().withCommit('acme/texts', id, async (commit) => {
    const texts = await commit.read([blob('a.txt'), blob('b.txt'), blob('c.txt'), blob('a.txt')]);
    expect([...texts.values()]).toEqual([odd, '', 'c\n']);
    await expect(commit.read([UNKNOWN])).rejects.toThrow(`reading ${UNKNOWN} with git: it is missing`);
  });
});

test('files are found by a line', async () => {
  const id = repositories.commit('acme/grep', {
    'x/a.bin': 'version 1\n',
    'b: c': 'version 1\n',
    d: 'version 10\n',
  });
  await adapter().withCommit('acme/grep', id, async (commit) => {
    expect([...(await commit.grep('^version 1$'))].sort()).toEqual(['b: c', 'x/a.bin']);
    expect(await commit.grep('^nowhere$')).toEqual([]);
  });
});

test('an unknown commit or repository is an error that says which, and nothing is left behind', async () => {
  repositories.commit('acme/plain', { 'a.txt': 'one' });
  const use = async () => 'used';
  await expect(adapter().withCommit('acme/plain', UNKNOWN, use)).rejects.toThrow(
    /git fetch .*acme\/plain\.git deadbeef.* ended with 128: .*/s,
  );
  await expect(adapter().withCommit('acme/nowhere', UNKNOWN, use)).rejects.toThrow('acme/nowhere.git');
  expect(readdirSync(place)).toEqual([]);
});

test("the place is cleared also when its user fails, with the user's error", async () => {
  const id = repositories.commit('acme/plain', { 'a.txt': 'one' });
  const failing = adapter().withCommit('acme/plain', id, async () => {
    throw new Error('mine');
  });
  await expect(failing).rejects.toThrow('mine');
  expect(readdirSync(place)).toEqual([]);
});

test('neither user configuration nor other protocols have a say', async () => {
  const id = repositories.commit('acme/plain', { 'a.txt': 'one' });
  const home = mkdtempSync(join(place, 'home-'));
  repositories.git(
    'acme/plain',
    'config',
    '--file',
    join(home, '.gitconfig'),
    'protocol.file.allow',
    'never',
  );
  const environment = { HOME: home, GIT_CONFIG_GLOBAL: join(home, '.gitconfig'), GIT_DIR: '/nowhere' };
  expect(await adapter(repositories.url, environment).withCommit('acme/plain', id, async () => 'used')).toBe(
    'used',
  );
  await expect(adapter('ext::sh -c echo').withCommit('acme/plain', id, async () => 'used')).rejects.toThrow(
    'GITHUB_URL',
  );
});

test('the token goes to GitHub, and into no argument and no error', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    // A server that echoes what it was sent, as some proxies do in their error pages.
    response.writeHead(403, { 'content-type': 'text/plain' }).end(`refused ${request.headers.authorization}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const failure = await adapter(`http://127.0.0.1:${port}`)
      .withCommit('acme/shop', UNKNOWN, async () => 'used')
      .catch((error: Error) => error.message);
    const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    expect(seen).toContain(`Basic ${basic}`);
    expect(failure).toContain('403');
    expect(failure).not.toContain(TOKEN);
    expect(failure).not.toContain(basic);
  } finally {
    server.close();
  }
});
