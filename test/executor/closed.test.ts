/** Jobs without a way to a registry: where the tools take providers from, and what is said when something is out of reach. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mirrorConfiguration } from '../../executor-image/tool-configuration.ts';
import { missingProviderHint, requireServedModules } from '../../executor-image/tools/module-sources.ts';
import { withTool } from './support/tool.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const wanting = (version: string) => ({
  'components/network/main.tf': `terraform {
  required_providers {
    cloud = {
      source  = "registry.example.com/acme/cloud"
      version = "${version}"
    }
  }
}
`,
});

/** A folder like the image's, with one provider of one version, which is none that could be run. */
async function mirror(): Promise<string> {
  const folder = join(world.directory, 'the "providers"');
  const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const place = join(folder, 'registry.example.com', 'acme', 'cloud', '1.2.0', platform);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'terraform-provider-cloud_v1.2.0'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return folder;
}

withTool('providers come from the mirror, whatever the machine has configured', async () => {
  const providerMirror = await mirror();
  const own = join(world.directory, 'own.tfrc');
  await writeFile(own, 'provider_installation {\n  direct {}\n}\n');
  const environment = { TF_CLI_CONFIG_FILE: own };
  const { log } = await world.run({
    ...{ stage: 'validate', files: wanting('1.2.0'), settings: { providerMirror }, environment },
  });
  expect(log).toContain(`providers: from ${providerMirror} alone`);
  expect(log).toContain('Installed registry.example.com/acme/cloud v1.2.0');
});

withTool(
  'a provider or version that is not in the mirror: the tool says which, and we where to name it',
  async () => {
    const settings = { providerMirror: await mirror() };
    const { code, result } = await world.run({ stage: 'plan', files: wanting('~> 2.0'), settings });
    expect(code).toBe(10);
    expect(result?.reason).toMatch(
      /registry\.example\.com\/acme\/cloud.*~> 2\.0.*; plans have no way to a registry/,
    );
    expect(result?.reason).toContain('name this provider and version in plans.providers of belay.config.ts');
  },
);

withTool('a mirror that is not on this machine is said, and the machine’s own providers serve', async () => {
  const providerMirror = join(world.directory, 'not-there');
  const files = { 'components/network/main.tf': 'resource "terraform_data" "a" {}\n' };
  const { code, log } = await world.run({ stage: 'plan', files, settings: { providerMirror } });
  expect(existsSync(providerMirror)).toBe(false);
  expect(log).toContain(
    `this job takes providers from ${providerMirror}, which is not there: from where this machine has them instead`,
  );
  expect(code).toBe(0);
});

withTool('a module from elsewhere is refused with its place before anything is fetched', async () => {
  const files = {
    'components/network/main.tf': `module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n`,
  };
  const settings = { providerMirror: await mirror() };
  const { code, log, result } = await world.run({ stage: 'plan', files, settings });
  expect(code).toBe(10);
  expect(result?.reason).toBe(
    `module "vpc" comes from terraform-aws-modules/vpc/aws: plans have no way to the internet here (plans.network is 'closed' in belay.config.ts); keep it in a directory of this repository`,
  );
  expect(result?.diagnostics).toMatchObject([{ file: 'components/network/main.tf', line: 1 }]);
  expect(log).not.toContain(' init');
});

test('directories and buckets are within reach; with the internet registries and archives are, too', () => {
  const call = (source: string) => ({ name: 'm', source, file: 'main.tf', line: 1 });
  const near = [call('../shared'), call('./part'), call('s3::https://s3.eu-west-1.amazonaws.com/b/m.zip')];
  const far = [call('acme/vpc/aws'), call('https://example.com/m.zip')];
  expect(() => requireServedModules(near, true)).not.toThrow();
  expect(() => requireServedModules([...near, ...far], false)).not.toThrow();
  expect(() => requireServedModules([...near, ...far], true)).toThrow(
    'module "m" comes from acme/vpc/aws; module "m" comes from https://example.com/m.zip: plans have no way',
  );
});

test('the configuration names the folder and no other source', () => {
  expect(mirrorConfiguration('/belay/providers')).toBe(
    'provider_installation {\n  filesystem_mirror {\n    path = "/belay/providers"\n  }\n}\n',
  );
});

test.each([
  ['Failed to query available provider packages', true],
  ['Failed to resolve provider packages', true],
  ['Failed to install provider', true],
  ['Unsupported argument', false],
  ['Invalid provider configuration', false],
])('"%s" is explained with the mirror: %p', (summary, expected) => {
  const hint = missingProviderHint([{ severity: 'error', summary, detail: '' }]);
  expect(hint.includes('plans.providers of belay.config.ts')).toBe(expected);
});
