/** Finding and fetching the tools, with a release server of our own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { findTool } from '../../executor-image/tools/toolchain.ts';
import { readZipFile } from '../../executor-image/tools/zip.ts';

let directory: string;
const realFetch = globalThis.fetch;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'belay-tools-'));
});
afterEach(async () => {
  globalThis.fetch = realFetch;
  await rm(directory, { recursive: true, force: true });
});

async function install(binary: string, version: string): Promise<void> {
  await mkdir(join(directory, 'bin'), { recursive: true });
  const script = `#!/bin/sh\necho '{"terraform_version": "${version}", "platform": "x"}'\n`;
  await writeFile(join(directory, 'bin', binary), script, { mode: 0o755 });
}

const wish = () => ({
  path: join(directory, 'bin'),
  cache: join(directory, 'cache'),
  env: { PATH: process.env.PATH ?? '' },
});

test('auto takes OpenTofu, and Terraform where it alone is installed or has the version', async () => {
  await install('terraform', '1.11.4');
  expect(await findTool({ ...wish(), tool: 'auto' })).toEqual({
    name: 'terraform',
    binary: join(directory, 'bin/terraform'),
    version: '1.11.4',
  });
  await install('tofu', '1.12.6');
  expect(await findTool({ ...wish(), tool: 'auto' })).toMatchObject({ name: 'opentofu', version: '1.12.6' });
  expect(await findTool({ ...wish(), tool: 'auto', version: '1.11.4' })).toMatchObject({ name: 'terraform' });
  expect(await findTool({ ...wish(), tool: 'terraform' })).toMatchObject({ name: 'terraform' });
});

test('a version that is not known says what was wanted, found and what to do', async () => {
  await install('tofu', '1.12.6');
  await expect(findTool({ ...wish(), tool: 'opentofu', version: '1.11.0' })).rejects.toThrow(
    /finding opentofu 1\.11\.0: installed is opentofu 1\.12\.6; the executor fetches 1\.11\.7, 1\.12\.6 by itself, so install opentofu 1\.11\.0/,
  );
  await expect(findTool({ ...wish(), tool: 'terraform' })).rejects.toThrow(
    'finding terraform: installed is none',
  );
});

test('what is fetched is used only with the published SHA-256', async () => {
  const asked = jest.fn<typeof fetch>(async () => new Response('not the release'));
  globalThis.fetch = asked;
  await expect(findTool({ ...wish(), tool: 'auto' })).rejects.toThrow(
    // SHA-256 of "not the release"
    'its SHA-256 is 7df2fd503649d891b89bc9740bad1b1139fdc690759813e07dd8781f5140ad07, published is',
  );
  expect(String(asked.mock.calls[0]?.[0])).toMatch(
    /^https:\/\/github\.com\/opentofu\/opentofu\/releases\/download\/v1\.12\.6\/tofu_1\.12\.6_(linux|darwin)_(amd64|arm64)\.zip$/,
  );
});

test('without network it says what to install', async () => {
  globalThis.fetch = async () => {
    throw new TypeError('fetch failed');
  };
  await expect(findTool({ ...wish(), tool: 'terraform', version: '1.15.8' })).rejects.toThrow(
    /^fetching terraform 1\.15\.8 from https:\/\/releases\.hashicorp\.com\/terraform\/1\.15\.8\/terraform_1\.15\.8_\w+\.zip: fetch failed; installed is none: install terraform 1\.15\.8/,
  );
});

test('one file of a zip archive, stored or deflated', () => {
  const archive = zip({ 'LICENSE.txt': [Buffer.from('free'), 0], tofu: [deflateRawSync('the binary'), 8] });
  expect(readZipFile(archive, 'tofu').toString()).toBe('the binary');
  expect(readZipFile(archive, 'LICENSE.txt').toString()).toBe('free');
  expect(() => readZipFile(archive, 'terraform')).toThrow('it holds no file terraform');
  expect(() => readZipFile(Buffer.from('hello'), 'tofu')).toThrow('it is not a zip archive');
});

/** The smallest archive with local headers, directory and end record. */
function zip(files: Readonly<Record<string, readonly [Buffer, number]>>): Buffer {
  const local: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, [content, method]] of Object.entries(files)) {
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    local.push(head, Buffer.from(name), content);
    entries.push(entry, Buffer.from(name));
    offset += 30 + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...entries, end]);
}
