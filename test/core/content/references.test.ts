// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is OpenTofu's syntax, not ours.
/** Which paths are read off code, over small repositories held in memory. */
import { expect, test } from '@jest/globals';
import { findReferences, type SourceFile } from '../../../core/content/references.ts';

/** Files by path; a text that begins with `->` is a symbolic link. */
function referencesIn(files: Record<string, string>, directory: string, commands?: string[]): string[] {
  const filesIn = (wanted: string): SourceFile[] =>
    Object.entries(files).flatMap(([path, text]) => {
      const slash = path.lastIndexOf('/');
      if ((slash === -1 ? '.' : path.slice(0, slash)) !== wanted) return [];
      const name = path.slice(slash + 1);
      return text.startsWith('->') ? [{ name, text: text.slice(2), isLink: true }] : [{ name, text }];
    });
  return findReferences({ directory, filesIn, ...(commands && { commands }) });
}

const inMain = (code: string) => referencesIn({ 'envs/app/main.tf': code }, 'envs/app');

test.each([
  ['module "a" {\n  source = "../../modules/a"\n}', ['modules/a']],
  ['x = file("${path.module}/../policy.json")', ['envs/policy.json']],
  ['x = templatefile("${path.root}/../../t.tpl", {})', ['t.tpl']],
  ['x = fileset("../policies", "*.json")', ['envs/policies']],
  ['x = "${path.cwd}/../names.txt"', ['envs/names.txt']],
  ['command = "bash ${path.module}/../../bin/go.sh ../arg.txt"', ['bin/go.sh', 'envs/arg.txt']],
  ['source_dir = "${path.module}/.."', ['envs']],
  ['x = file("../${var.kind}/x.json")', ['envs']],
  ['x = file("../../data/${var.kind}.json")', ['data']],
  ['x = fileset(path.module, "../../data/*.json")', ['data']],
  ['{"module":{"a":{"source":"../../modules/a"}}}', ['modules/a']],
  ['  # source = "../../modules/a"\n// "../b"', []],
  ['source = "git::https://example.com/x/../y//modules/../z"', []],
  ['source = "hashicorp/consul/aws"', []],
  ['x = file("${path.module}/files/a.json")\ny = "./b"', []],
  ['x = file("../../../outside.txt")', []],
  ['x = "and so on..."', []],
])('%j refers to %j', (code, expected) => {
  expect(inMain(code)).toEqual(expected);
});

test('local modules are followed; their sources and path.module start from them, plain paths from the component', () => {
  const files = {
    'envs/app/main.tofu': 'module "a" { source = "./inner" }',
    'envs/app/inner/main.tf': 'module "b" { source = "../../../modules/b" }',
    'modules/b/main.tf':
      'module "c" { source = "../c" }\nx = file("../app.json")\ny = file("${path.module}/../b.json")',
    'modules/c/main.tf': 'module "b" { source = "../b" }\nz = "${path.root}/../root.json"',
    'modules/unused/main.tf': 'x = file("../unused.json")',
  };
  expect(referencesIn(files, 'envs/app')).toEqual([
    'envs/app.json',
    'envs/root.json',
    'modules/b',
    'modules/b.json',
    'modules/c',
  ]);
});

test('variables files, test files and JSON code are read, other files are not', () => {
  const files = {
    'app/a.auto.tfvars': 'key = "../key.pub"',
    'app/b.tf.json': '{"locals":{"x":"${file(\\"../json.txt\\")}"}}',
    'app/c.tftest.hcl': 'module { source = "../helper" }',
    'app/README.md': 'see "../docs"',
  };
  expect(referencesIn(files, 'app')).toEqual(['helper', 'json.txt', 'key.pub']);
});

test('scripts are read and followed, also those the manifest runs', () => {
  const files = {
    'app/apply':
      '#!/bin/sh\n. "$(dirname "$0")/../lib/common.sh"\ncd ../..\n# ../comment\ncat ../data/$NAME.json',
    'lib/common.sh': 'source ./more.sh',
    'lib/more.sh': 'cat ../lib-data.txt',
    'tools/test.sh': 'cat ../fixture.txt',
  };
  expect(referencesIn(files, 'app', ['../tools/test.sh --fast'])).toEqual([
    'data',
    'fixture.txt',
    'lib-data.txt',
    'lib/common.sh',
    'lib/more.sh',
    'tools/test.sh',
  ]);
});

test('a symbolic link is a reference to what it points to', () => {
  const files = { 'app/shared.tf': '->../shared/all.tf', 'shared/all.tf': 'module "m" { source = "../m" }' };
  expect(referencesIn(files, 'app')).toEqual(['m', 'shared/all.tf']);
});

test('a component at the root refers to nothing outside itself', () => {
  expect(referencesIn({ 'main.tf': 'module "a" { source = "./modules/a" }' }, '.')).toEqual([]);
});
