/** What is read out of OpenTofu and Terraform code before the tool runs. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { managedBackend } from '../../executor-image/tools/backend.ts';
import {
  declaredBackend,
  isGitSource,
  reachModules,
  readCode,
  referencedPaths,
} from '../../executor-image/tools/code.ts';

let tree: string;
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'belay-code-'));
});
afterEach(() => rm(tree, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content);
  }
}

test.each([
  ['a block', 'terraform {\n  backend "s3" {}\n}', 'elsewhere'],
  [
    'a cloud block after others',
    'terraform {\n  required_providers {\n    a = { source = "x/y" }\n  }\n  cloud {\n  }\n}',
    'elsewhere',
  ],
  ['on one line', 'terraform { backend "s3" { key = "x" } }', 'elsewhere'],
  ['of a file', 'terraform {\n  backend "local" {}\n}', 'beside'],
  ['of a named file', 'terraform { backend "local" { path = "x" } }', 'beside'],
  ['of a file at a place of its own', 'terraform { backend "local" { path = "/mnt/x" } }', 'elsewhere'],
  [
    'in a comment',
    'terraform {\n  # backend "s3" {}\n  // backend "s3" {}\n  /* backend "s3" {} */\n}',
    'none',
  ],
  ['in a string', 'locals {\n  a = "terraform { backend \\"s3\\" {} }"\n}', 'none'],
  [
    'in a heredoc',
    'locals {\n  a = <<-EOT\n    }\n    terraform {\n      backend "s3" {}\n    }\n  EOT\n}',
    'none',
  ],
  [
    'in an interpolation',
    `locals {\n  a = "\${join("}", ["{"])} terraform {"\n}\nresource "a" "b" {\n  backend {}\n}`,
    'none',
  ],
  ['behind odd braces', 'locals {\n  a = "}{$${"\n}\nterraform {\n  backend "s3" {}\n}', 'elsewhere'],
  ['elsewhere', 'module "a" {\n  source = "./b"\n  backend = "s3"\n}', 'none'],
])('a backend %s: %s', async (_, text, expected) => {
  await write({ 'main.tf': text });
  expect(declaredBackend(await readCode(tree, 'terraform'))).toBe(expected);
});

test('a backend in JSON syntax, and in a file only OpenTofu reads', async () => {
  await write({ 'a/main.tf.json': '{"terraform": [{"backend": {"s3": {"bucket": "b"}}}]}' });
  await write({ 'b/main.tofu': 'terraform {\n  backend "s3" {}\n}', 'c/main.tf.json': '{"locals": {}}' });
  const declared = async (directory: string, tool: 'opentofu' | 'terraform') =>
    declaredBackend(await readCode(join(tree, directory), tool));
  expect(await declared('a', 'terraform')).toBe('elsewhere');
  expect(await declared('b', 'opentofu')).toBe('elsewhere');
  expect(await declared('b', 'terraform')).toBe('none');
  expect(await declared('c', 'opentofu')).toBe('none');
});

test('local modules are followed, also in circles; references outside the component are found', async () => {
  await write({
    'components/app/main.tf': `module "shared" {
  source = "../../modules/shared"
}
module "registry" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.0.0"
}
locals {
  text = file("\${path.module}/../../texts/a.txt")
  all  = fileset("../../data/\${var.name}", "*")
}
`,
    'modules/shared/main.tf':
      'module "back" {\n  source = "../shared"\n}\nmodule "json" {\n  source = "./json"\n}\n',
    'modules/shared/json/main.tf.json': '{"module": {"remote": {"source": "git@example.com:a/b.git"}}}',
  });
  const { calls, directories } = await reachModules(tree, 'components/app', 'terraform');
  expect(calls.map(({ name, file, line }) => `${name} ${file}:${line}`).sort()).toEqual([
    'back modules/shared/main.tf:1',
    'json modules/shared/main.tf:4',
    'registry components/app/main.tf:4',
    'remote modules/shared/json/main.tf.json:1',
    'shared components/app/main.tf:1',
  ]);
  expect([...directories.keys()].sort()).toEqual(['components/app', 'modules/shared', 'modules/shared/json']);
  expect(referencedPaths('components/app', directories)).toEqual(
    expect.arrayContaining(['modules/shared', 'texts/a.txt', 'data']),
  );
});

test.each([
  ['git::https://example.com/vpc.git', true],
  ['git::ssh://git@example.com/vpc.git?ref=v1', true],
  ['git@github.com:org/repo.git', true],
  ['github.com/org/repo', true],
  ['bitbucket.org/org/repo', true],
  ['https://example.com/vpc.git//sub', true],
  ['terraform-aws-modules/vpc/aws', false],
  ['app.terraform.io/org/vpc/aws', false],
  ['https://example.com/vpc.zip', false],
  ['s3::https://s3.eu-west-1.amazonaws.com/b/vpc.zip', false],
  ['../modules/github.com/x', false],
])('%s is fetched with git: %s', (source, expected) => {
  expect(isGitSource(source)).toBe(expected);
});

test('the managed backend in AWS, in China, and in the twin', () => {
  const state = { bucket: 'b', key: 'k', kmsKeyArn: 'arn:aws:kms:eu-west-1:1:key/2' };
  const backend = (place: { region: string; endpoint?: string }) =>
    JSON.parse(managedBackend({ state, ...place })).terraform.backend.s3;
  expect(backend({ region: 'eu-west-1' })).toEqual({
    bucket: 'b',
    key: 'k',
    region: 'eu-west-1',
    profile: 'belay-state',
    use_lockfile: true,
    encrypt: true,
    kms_key_id: 'arn:aws:kms:eu-west-1:1:key/2',
    endpoints: { s3: 'https://s3.eu-west-1.amazonaws.com' },
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
    skip_region_validation: true,
    skip_requesting_account_id: true,
  });
  expect(backend({ region: 'cn-north-1' }).endpoints.s3).toBe('https://s3.cn-north-1.amazonaws.com.cn');
  const twin = backend({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:4566' });
  expect([twin.endpoints.s3, twin.use_path_style]).toEqual(['http://127.0.0.1:4566', true]);
});
