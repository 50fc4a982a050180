/** The image and the executor know the same releases; nothing secret or floating is in the Dockerfile. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
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
    ...Array(2).fill(expect.stringContaining('{BASE_IMAGE}')),
  ]);
  expect([...dockerfile.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)).toEqual(['belay']);
});
