/** The image and the executor know the same releases; nothing secret or floating is in the Dockerfile. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mirrorList } from '../../core/configuration/provider-mirror.ts';
import { PINNED_OPENTOFU, RELEASES } from '../../executor-image/tools/releases.ts';

const dockerfile = readFileSync(new URL('../../executor-image/Dockerfile', import.meta.url), 'utf8');
const argument = (name: string) => new RegExp(`^ARG ${name}=(.+)$`, 'm').exec(dockerfile)?.[1];

test('versions and checksums of the image are those the executor knows', () => {
  expect(argument('OPENTOFU_VERSION')).toBe(PINNED_OPENTOFU);
  for (const tool of ['opentofu', 'terraform'] as const) {
    const name = tool.toUpperCase();
    const release = RELEASES[tool][argument(`${name}_VERSION`) ?? ''];
    expect(argument(`${name}_SHA256_amd64`)).toBe(release?.linux_amd64);
    expect(argument(`${name}_SHA256_arm64`)).toBe(release?.linux_arm64);
    expect(release?.linux_arm64).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('every listed checksum is one of its own', () => {
  const sums = Object.values(RELEASES).flatMap((versions) => Object.values(versions).flatMap(Object.values));
  expect(sums.filter((sum) => !/^[0-9a-f]{64}$/.test(String(sum)))).toEqual([]);
  expect(new Set(sums).size).toBe(sums.length);
});

test('bases come by argument, the last user is not root', () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(bases).toEqual([
    expect.stringContaining('{NODE_IMAGE}'),
    expect.stringContaining('{BASE_IMAGE}'),
    'tools',
    expect.stringContaining('{BASE_IMAGE}'),
  ]);
  expect([...dockerfile.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)).toEqual(['belay']);
});

/** Runs what the Dockerfile runs to fetch providers, with tools that only say what they are asked. */
function mirrored(list: string): string[] {
  const [, script = ''] = /^COPY providers\.txt \.\/\nRUN ((?:.*\\\n)*.*)$/m.exec(dockerfile) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'belay-mirror-'));
  const said = join(folder, 'said');
  writeFileSync(said, '');
  writeFileSync(join(folder, 'providers.txt'), list);
  for (const tool of ['tofu', 'terraform']) {
    const body = `#!/bin/sh\necho "$(basename "$0") $*: $(tr -s ' \\n' ' ' < wanted/main.tf)" >> ${said}\ncat > /dev/null\n`;
    writeFileSync(join(folder, tool), body, { mode: 0o755 });
  }
  try {
    const here = script.replaceAll(/(?<=[ =])\/(providers|wanted)/g, (_, name) => join(folder, name));
    execFileSync('sh', ['-c', here], { cwd: folder, env: { ...process.env, TARGETARCH: 'arm64' } });
    return readFileSync(said, 'utf8').replaceAll(folder, '').split('\n').filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('each provider is fetched by the tools that know it by that address, in its one version', () => {
  const wanted = (tool: string, source: string, version: string) =>
    `${tool} -chdir=/wanted providers mirror -platform=linux_arm64 /providers: terraform { required_providers { wanted = { source = "${source}" version = "${version}" } } } `;
  const list = mirrorList([
    { source: 'hashicorp/aws', version: '6.2.0' },
    { source: 'hashicorp/aws', version: '5.100.0' },
    { source: 'registry.terraform.io/acme/cloud', version: '1.0.0-rc.1' },
    { source: 'registry.example.com/acme/cloud', version: '2.0.0' },
  ]);
  expect(mirrored(list).sort()).toEqual([
    wanted('terraform', 'hashicorp/aws', '5.100.0'),
    wanted('terraform', 'hashicorp/aws', '6.2.0'),
    wanted('terraform', 'registry.terraform.io/acme/cloud', '1.0.0-rc.1'),
    wanted('tofu', 'hashicorp/aws', '5.100.0'),
    wanted('tofu', 'hashicorp/aws', '6.2.0'),
    wanted('tofu', 'registry.example.com/acme/cloud', '2.0.0'),
  ]);
});

test('without a list nothing is fetched, and the order of a list is none', () => {
  expect(mirrored(mirrorList([]))).toEqual([]);
  const one = { source: 'hashicorp/aws', version: '6.2.0' };
  const two = { source: 'hashicorp/random', version: '3.7.2' };
  expect(mirrorList([two, one])).toBe(mirrorList([one, two]));
});
