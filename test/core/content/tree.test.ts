/** The index made of `git ls-tree`, against output as git writes it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseTree } from '../../../core/content/tree.ts';

const output = [
  '100644 blob 1111111111111111111111111111111111111111\tbelay.yaml',
  '040000 tree 2222222222222222222222222222222222222222\tnet',
  '100644 blob 3333333333333333333333333333333333333333\tnet/main.tf',
  '040000 tree 4444444444444444444444444444444444444444\tnet/deep',
  '100755 blob 5555555555555555555555555555555555555555\tnet/deep/.run me\tnow\n.sh',
  '100644 blob 6666666666666666666666666666666666666666\tnetwork.md',
  '160000 commit 7777777777777777777777777777777777777777\tvendor/lib',
  '',
].join('\0');
const tree = parseTree(output, '9999999999999999999999999999999999999999');
const pathsOf = (entries: { path: string }[]) => entries.map(({ path }) => path);

test('ids are found by path, the root included', () => {
  expect(tree.idOf('net')).toBe('2222222222222222222222222222222222222222');
  expect(tree.idOf('net/deep/.run me\tnow\n.sh')).toBe('5555555555555555555555555555555555555555');
  expect(tree.idOf('.')).toBe('9999999999999999999999999999999999999999');
  expect(tree.idOf('constructor')).toBeUndefined();
  expect([tree.hasDirectory('net'), tree.hasDirectory('.'), tree.hasDirectory('net/main.tf')]).toEqual([
    true,
    true,
    false,
  ]);
});

test('what is under a directory is not what merely begins alike', () => {
  expect(pathsOf(tree.entriesUnder('net'))).toEqual([
    'net/main.tf',
    'net/deep',
    'net/deep/.run me\tnow\n.sh',
  ]);
  expect(tree.entriesUnder('.').length).toBe(7);
});

test('submodules are listed by name', () => {
  expect(tree.submodules).toEqual(['vendor/lib']);
});

test.each([
  [['net/*'], ['net/main.tf', 'net/deep']],
  [['net/**'], ['net', 'net/main.tf', 'net/deep', 'net/deep/.run me\tnow\n.sh']],
  [['./net/'], ['net']],
  [
    ['**/*.md', 'belay.yaml'],
    ['belay.yaml', 'network.md'],
  ],
  [['none/**'], []],
  [[], []],
])('the globs %j match %j', (globs, paths) => {
  expect(pathsOf(tree.matching(globs))).toEqual(paths);
});

test('the root as a glob stands for everything', () => {
  expect(tree.matching(['.'])[0]?.id).toBe('1111111111111111111111111111111111111111');
  expect(pathsOf(tree.matching(['.']))).toContain('.');
});

test('text that is not such output is refused', () => {
  expect(() => parseTree('100644 blob 11\ta\0garbage\0', '9')).toThrow(
    '"garbage" is not "MODE TYPE ID<tab>PATH"',
  );
  expect(() => parseTree('100644 blob 11\ta\n', '9')).toThrow('it is cut off');
  expect(parseTree('', '9').idOf('.')).toBe('9');
});

test("git's own output is understood", () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-tree-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
  try {
    git('init', '--quiet');
    mkdirSync(join(folder, 'übung', 'b'), { recursive: true });
    writeFileSync(join(folder, 'übung', 'b', 'c d.tf'), '');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    const made = parseTree(git('ls-tree', '-r', '-t', '-z', 'HEAD'), git('rev-parse', 'HEAD^{tree}').trim());
    expect(pathsOf(made.entriesUnder('.'))).toEqual(['übung', 'übung/b', 'übung/b/c d.tf']);
    // The id git gives to every empty file.
    expect(made.idOf('übung/b/c d.tf')).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
