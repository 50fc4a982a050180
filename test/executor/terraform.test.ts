/** The real OpenTofu or Terraform through whole jobs, with the built-in provider only: no network is needed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { withTool } from './support/tool.ts';
import { type Ended, type Wish, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

/** State beside the test's other files, so that it survives from job to job. */
const backend = () =>
  `terraform {\n  backend "local" {\n    path = "${join(world.directory, 'terraform.tfstate')}"\n  }\n}\n`;

const apply = (wish: Omit<Wish, 'stage'>, planned: Ended) =>
  world.run({
    ...wish,
    stage: 'apply',
    spec: { ...wish.spec, planDigest: planned.result?.plan?.planDigest },
  });

withTool('plan, apply, and a plan without changes', async () => {
  const files = {
    'components/network/main.tf': `${backend()}
variable "size" {
  type = number
}
variable "names" {
  type = list(string)
}
variable "token" {
  type      = string
  sensitive = true
}
resource "terraform_data" "net" {
  input = { size = var.size, names = var.names, token = var.token, at = abspath(path.module) }
  provisioner "local-exec" {
    command = "echo at \${abspath(path.module)}, token $TOKEN"
    environment = {
      TOKEN = nonsensitive(var.token)
    }
  }
}
module "shared" {
  source = "../../modules/shared"
}
output "size" {
  value = terraform_data.net.output.size
}
output "token" {
  value     = var.token
  sensitive = true
}
`,
    'modules/shared/main.tf': `output "text" {
  value = file("\${path.module}/../texts/hello.txt")
}
`,
    'modules/texts/hello.txt': 'hello',
  };
  const target = { variables: { size: 3, names: ['a', 'b'] }, inputs: {} };
  const inputs = { token: { value: 'tOken&of the/net', sensitive: true } };
  const wish = { files, target, inputs };

  const planned = await world.run({ ...wish, stage: 'plan' });
  expect(planned.result?.reason).toBe('1 to add, 2 outputs');
  expect(planned.code).toBe(0);
  expect(planned.uploaded).toEqual(['bundle.tar.gz', 'log.txt', 'plan.json', 'result.json']);
  expect(planned.result?.plan).toMatchObject({
    hasChanges: true,
    changes: { add: 1, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 2 },
    dependencies: ['modules/shared', 'modules/texts/hello.txt'],
  });

  const applied = await apply(wish, planned);
  expect(applied.result?.reason).toBe('applied');
  expect(applied.uploaded).toEqual(['log.txt', 'outputs.json', 'result.json']);
  const place = join(world.directory, 'work space/42/dev/network/tree/components/network');
  expect(applied.log).toContain(`at ${place}, token ***`);
  for (const { log, result } of [planned, applied]) {
    expect(log + JSON.stringify(result)).not.toContain('tOken');
  }
  expect(JSON.parse(String(world.artifacts.get('outputs.json')))).toMatchObject({
    size: { value: 3, sensitive: false },
    token: { value: 'tOken&of the/net', sensitive: true },
  });

  const again = await world.run({ ...wish, stage: 'plan' });
  expect(again.result?.plan).toMatchObject({ hasChanges: false, summary: 'no changes' });
  expect(again.result?.plan?.changeDigest).not.toBe(planned.result?.plan?.changeDigest);

  const changed = { ...wish, target: { ...target, variables: { size: 4, names: [] } } };
  const digests: unknown[] = [];
  for (const _ of [1, 2]) {
    const { result } = await world.run({ ...changed, stage: 'plan' });
    expect(result?.reason).toBe('1 to change, 1 output');
    digests.push(result?.plan?.changeDigest);
  }
  expect(digests[0]).toBe(digests[1]);
});

withTool('validate names file and line of every error, in repository paths', async () => {
  const files = {
    'components/network/main.tf': `${backend()}
resource "terraform_data" "a" {
  input = var.missing
}
resource "terraform_data" "b" {
  input = local.missing
}
`,
  };
  const { code, result } = await world.run({ stage: 'plan', files });
  expect(code).toBe(10);
  expect(result?.reason).toBe('components/network/main.tf:8: Reference to undeclared input variable');
  expect(result?.diagnostics.map(({ file, line, severity }) => [severity, file, line])).toEqual([
    ['error', 'components/network/main.tf', 8],
    ['error', 'components/network/main.tf', 11],
  ]);
});

withTool('a syntax error stops init and is told with its place too', async () => {
  const files = { 'components/network/main.tf': 'resource "terraform_data" "a" {\n  input = \n}\n' };
  const { code, result } = await world.run({ stage: 'validate', files });
  expect(code).toBe(10);
  expect(result?.reason).toBe('components/network/main.tf:2: Invalid expression');
});

withTool('formatting: told at validate as a failure, at plan as a warning', async () => {
  const files = { 'components/network/main.tf': `${backend()}locals {\n  a="b"\n}\n` };
  const validated = await world.run({ stage: 'validate', files });
  expect([validated.code, validated.result?.reason]).toEqual([
    10,
    'not formatted: components/network/main.tf',
  ]);
  const planned = await world.run({ stage: 'plan', files });
  expect(planned.code).toBe(0);
  expect(planned.result?.diagnostics).toMatchObject([
    { severity: 'warning', summary: 'Not formatted', file: 'components/network/main.tf' },
  ]);
});

withTool(
  'a failing apply tells where; what it had made is in the state; a saved destroy plan clears it',
  async () => {
    const files = {
      'components/network/main.tf': `${backend()}
resource "terraform_data" "made" {}
resource "terraform_data" "broken" {
  depends_on = [terraform_data.made]
  provisioner "local-exec" {
    command = "echo no luck; exit 4"
  }
}
`,
    };
    const planned = await world.run({ stage: 'plan', files });
    const applied = await apply({ files }, planned);
    expect(applied.code).toBe(10);
    expect(applied.result?.reason).toBe(
      'components/network/main.tf:10: local-exec provisioner error: no luck',
    );
    expect(applied.uploaded).toEqual(['log.txt', 'result.json']);
    expect(readFileSync(join(world.directory, 'terraform.tfstate'), 'utf8')).toContain('"made"');

    const spec = { destroy: true };
    const removal = await world.run({ stage: 'plan', files, spec });
    expect(removal.result?.plan?.changes).toMatchObject({ destroy: 2, add: 0 });
    expect(removal.result?.plan?.removals.map(({ address }) => address)).toEqual([
      'terraform_data.broken',
      'terraform_data.made',
    ]);
    const destroyed = await world.run({
      stage: 'destroy',
      files,
      spec: { destroy: true, planDigest: removal.result?.plan?.planDigest },
    });
    expect([destroyed.code, destroyed.result?.reason]).toEqual([0, 'destroyed']);
    expect(readFileSync(join(world.directory, 'terraform.tfstate'), 'utf8')).not.toContain('"made"');
  },
);

withTool('a plan whose state has moved is refused as stale, and nothing of it is applied', async () => {
  const named = (name: string) => ({
    'components/network/main.tf': `${backend()}resource "terraform_data" "${name}" {}\n`,
  });
  const planned = await world.run({ stage: 'plan', files: named('first') });
  const bundle = world.artifacts.get('bundle.tar.gz');
  const other = await world.run({ stage: 'plan', files: named('second') });
  await apply({ files: named('second') }, other);
  world.artifacts.set('bundle', bundle ?? Buffer.of());

  const { code, result } = await apply({ files: named('first'), spec: { round: 2 } }, planned);
  expect(code).toBe(10);
  expect(result).toMatchObject({
    status: 'failed',
    failure: 'stale-plan',
    round: 2,
    reason: 'the state moved since the plan, nothing was applied',
  });
  const state = readFileSync(join(world.directory, 'terraform.tfstate'), 'utf8');
  expect([state.includes('"first"'), state.includes('"second"')]).toEqual([false, true]);
});

withTool('SIGTERM during an apply: one signal, the state is kept, exit code 143', async () => {
  const files = {
    'components/network/main.tf': `${backend()}
resource "terraform_data" "first" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" {
    command = "echo slow begins; sleep 20"
  }
}
`,
  };
  const planned = await world.run({ stage: 'plan', files });
  const { code, log, result } = await world.run({
    stage: 'apply',
    files,
    spec: { planDigest: planned.result?.plan?.planDigest },
    onLine: (line, stop) => {
      if (!line.includes('): slow begins')) return;
      stop.request();
      stop.request();
    },
  });
  expect(code).toBe(143);
  expect(result?.reason).toMatch(/^stopped by SIGTERM: /);
  expect(log).toContain('Gracefully shutting down');
  expect(log).not.toContain('Two interrupts received');
  expect(readFileSync(join(world.directory, 'terraform.tfstate'), 'utf8')).toContain('"first"');
  expect(world.admissions).toEqual(['begin', 'end', 'begin', 'end']);
});

withTool('a git module source is refused by name, before init', async () => {
  const files = {
    'components/network/main.tf': 'module "local" {\n  source = "../../modules/a"\n}\n',
    'modules/a/main.tf': '\nmodule "vpc" {\n  source = "git::https://git.example.com/vpc.git?ref=v1"\n}\n',
  };
  const { code, log, result } = await world.run({ stage: 'plan', files });
  expect(code).toBe(10);
  expect(result?.reason).toContain(
    'module "vpc" is fetched with git from git::https://git.example.com/vpc.git?ref=v1',
  );
  expect(result?.diagnostics).toMatchObject([{ file: 'modules/a/main.tf', line: 2 }]);
  expect(log).not.toContain('$ ');
});

withTool('a version that is neither installed nor known is refused with what to do', async () => {
  const files = { 'components/network/main.tf': backend() };
  const target = { tool: 'terraform' as const, toolVersion: '0.0.7' };
  const { code, result } = await world.run({ stage: 'plan', files, target });
  expect(code).toBe(10);
  expect(result?.reason).toMatch(
    /^finding terraform 0\.0\.7: installed is .*change toolVersion in belay\.yaml$/,
  );
});

withTool('an apply is refused when its tool is not the one the plan was made with', async () => {
  const files = { 'components/network/main.tf': `${backend()}resource "terraform_data" "a" {}\n` };
  const planned = await world.run({ stage: 'plan', files });
  const target = { tool: 'shell' as const, commands: { apply: 'true' } };
  const { code, result } = await apply({ files, target }, planned);
  expect(code).toBe(30);
  expect(result?.reason).toContain('nothing was touched, plan again');
  expect(existsSync(join(world.directory, 'terraform.tfstate'))).toBe(false);
});

withTool('an error without a place says what it is about', async () => {
  const files = {
    'components/network/main.tf': `terraform {
  required_providers {
    nobody = {
      source = "registry.invalid/nobody/nobody"
    }
  }
}
`,
  };
  const { code, result } = await world.run({ stage: 'plan', files });
  expect(code).toBe(10);
  expect(result?.reason).toContain('registry.invalid/nobody/nobody');
});

withTool('a failed provisioner: the reason has what its command said last', async () => {
  const command = 'echo one; echo the port is taken >&2; exit 7';
  const main = `resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = "${command}"\n  }\n}\n`;
  const wish = { files: { 'components/network/main.tf': main } };
  const planned = await world.run({ ...wish, stage: 'plan' });
  const spec = { planDigest: planned.result?.plan?.planDigest };
  const { code, result } = await world.run({ ...wish, stage: 'apply', spec });
  expect(code).toBe(10);
  expect(result?.reason).toBe(
    'components/network/main.tf:2: local-exec provisioner error: the port is taken',
  );
});

withTool('a CLI configuration that is not there is said once, not before every command', async () => {
  const files = { 'components/network/main.tf': 'resource "terraform_data" "a" {}\n' };
  const environment = { TF_CLI_CONFIG_FILE: '/nowhere/terraformrc' };
  const { code, log } = await world.run({ stage: 'plan', files, environment });
  expect(code).toBe(0);
  expect(log.match(/\/nowhere\/terraformrc/g)).toHaveLength(1);
  expect(log).toContain('TF_CLI_CONFIG_FILE names /nowhere/terraformrc, which is not there: left out');
});
