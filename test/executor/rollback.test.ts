/** Plans that go back to last good: whose lock file they use, and what happens when the state is newer than it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { create } from 'tar';
import { NEWER_PROVIDER } from '../../executor-image/lock-file.ts';
import { withTool } from './support/tool.ts';
import { type Wish, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const LOCK = '.terraform.lock.hcl';
/** A lock file is read by its comments here: the built-in provider needs no entry. */
const lockFile = (from: string) => `# from ${from}\n`;

/** An archive with one file, as a bundle (`tree/…`) or a snapshot holds it. */
async function archive(name: string, path: string, content: string): Promise<Buffer> {
  const folder = join(world.directory, `archive-${name}`);
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
  const file = `${folder}.tar.gz`;
  await create({ file, cwd: folder, gzip: true, portable: true }, ['.']);
  return readFileSync(file);
}

const path = 'components/network';
const spec: Wish['spec'] = {
  pass: 'reverse',
  locks: {
    lastGood: 'last-good-bundle',
    current: { bundle: 'bundle', source: 'source', path: 'moved/network' },
  },
};

/**
 * A stand-in for `terraform`, for what no built-in provider can do: its plan wants the lock file to come from somewhere else than
 * last good's bundle, as a provider does whose newer version has written the state.
 */
function pickyTool(wanted: string): string {
  const folder = join(world.directory, 'bin');
  mkdirSync(folder);
  const script = `#!/bin/sh
case "$*" in
  *version*) echo '{"terraform_version":"1.11.0"}' ;;
  *' init '*|*' init') exit 0 ;;
  *fmt*) exit 0 ;;
  *validate*) echo '{"valid":true,"diagnostics":[]}' ;;
  *show*) echo '{}' ;;
  *plan*)
    cd "\${1#-chdir=}"
    cat ${LOCK} >> "${world.directory}/seen"
    for one in "$@"; do case $one in -out=*) : > "\${one#-out=}" ;; esac; done
    grep -q '${wanted}' ${LOCK} && exit 0
    printf 'Error: Resource instance managed by newer provider version\\n\\nThe current state of x.y was created by a newer provider version.\\n' >&2
    exit 1 ;;
esac
`;
  for (const name of ['tofu', 'terraform']) {
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
  return `${folder}:${process.env.PATH}`;
}

const REFUSED =
  'Resource instance managed by newer provider version: The current state of x.y was created by a newer provider version.';

const files = { [`${path}/main.tf`]: 'terraform {\n  backend "local" {}\n}\n' };
const seen = () => readFileSync(join(world.directory, 'seen'), 'utf8');

test("the plan uses last good's lock file, over the snapshot's own", async () => {
  world.artifacts.set('lock', await archive('lock', `tree/${path}/${LOCK}`, lockFile('last good')));
  const planned = await world.run({
    ...{ stage: 'plan', spec, files: { ...files, [`${path}/${LOCK}`]: lockFile('snapshot') } },
    environment: { PATH: pickyTool('last good') },
  });
  expect([planned.code, planned.result?.reason]).toEqual([0, 'no changes']);
  expect(seen()).toBe(lockFile('last good'));
});

test("where last good's bundle has none, the snapshot's stays", async () => {
  world.artifacts.set('lock', await archive('lock', 'meta.json', '{}'));
  const planned = await world.run({
    ...{ stage: 'plan', spec, files: { ...files, [`${path}/${LOCK}`]: lockFile('snapshot') } },
    environment: { PATH: pickyTool('snapshot') },
  });
  expect(planned.code).toBe(0);
  expect(seen()).toBe(lockFile('snapshot'));
});

test.each([
  ['bundle', 'current-bundle', `tree/moved/network/${LOCK}`],
  ['snapshot, where its lock file is committed', 'current-source', `moved/network/${LOCK}`],
])(
  "a state written by a newer provider: once more with the lock file of the failed release's %s",
  async (_, name, place) => {
    world.artifacts.set('lock', await archive('lock', `tree/${path}/${LOCK}`, lockFile('last good')));
    world.artifacts.set(name, await archive('current', place, lockFile('failed release')));
    const planned = await world.run({
      ...{ stage: 'plan', spec, files },
      environment: { PATH: pickyTool('failed release') },
    });
    expect([planned.code, planned.result?.reason]).toEqual([0, 'no changes']);
    expect(seen()).toBe(lockFile('last good') + lockFile('failed release'));
    expect(planned.log).toContain('once more with the lock file of the failed release');
  },
);

test('one more try, not two; without another lock file none: the message names the heading of the guide', async () => {
  world.artifacts.set('lock', await archive('lock', `tree/${path}/${LOCK}`, lockFile('last good')));
  const wish: Wish = { stage: 'plan', spec, files, environment: { PATH: pickyTool('nowhere') } };
  const reason = `Provider newer than last good: ${REFUSED}`;
  expect((await world.run(wish)).result?.reason).toBe(reason);
  expect(seen()).toBe(lockFile('last good'));
  world.artifacts.set(
    'current-bundle',
    await archive('current', `tree/moved/network/${LOCK}`, lockFile('other')),
  );
  const planned = await world.run(wish);
  expect([planned.code, planned.result?.reason]).toEqual([10, reason]);
  expect(seen()).toBe(lockFile('last good') + lockFile('last good') + lockFile('other'));
  expect(readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8')).toContain(
    `## ${NEWER_PROVIDER}\n`,
  );
});

test('a plan of a deployment is never tried again', async () => {
  const { spec: _, ...wish } = { stage: 'plan' as const, files, spec };
  writeFileSync(join(world.directory, 'seen'), '');
  const planned = await world.run({
    ...wish,
    files: { ...files, [`${path}/${LOCK}`]: lockFile('snapshot') },
    environment: { PATH: pickyTool('nowhere') },
  });
  expect(planned.result?.reason).toBe(REFUSED);
  expect(seen()).toBe(lockFile('snapshot'));
});

withTool('the real tool refuses a newer state in the words that are looked for', async () => {
  const state = join(world.directory, 'terraform.tfstate');
  const code = (more = '') =>
    `terraform {\n  backend "local" {\n    path = "${state}"\n  }\n}\nresource "terraform_data" "a" {${more}}\n`;
  const wish = { files: { [`${path}/main.tf`]: code() } };
  const planned = await world.run({ stage: 'plan', ...wish });
  const planDigest = planned.result?.plan?.planDigest;
  expect(planned.result?.plan?.creations).toEqual(['terraform_data.a']);
  await world.run({ stage: 'apply', ...wish, spec: { planDigest } });
  const written = JSON.parse(readFileSync(state, 'utf8'));
  written.resources[0].instances[0].schema_version = 99;
  writeFileSync(state, JSON.stringify(written));
  world.artifacts.set('lock', await archive('lock', 'meta.json', '{}'));
  world.artifacts.set(
    'current-bundle',
    await archive('current', `tree/moved/network/${LOCK}`, lockFile('x')),
  );
  const back = await world.run({ stage: 'plan', ...wish, spec });
  expect(back.result?.reason).toMatch(/^Provider newer than last good: .*newer provider version/);
  expect(back.log).toContain('once more with the lock file of the failed release');
});

withTool("a plan back takes its lock file along: the apply finds it in the plan's own bundle", async () => {
  const state = join(world.directory, 'terraform.tfstate');
  const code = `terraform {\n  backend "local" {\n    path = "${state}"\n  }\n}\nresource "terraform_data" "a" {}\n`;
  const wish = { files: { [`${path}/main.tf`]: code } };
  world.artifacts.set('lock', await archive('lock', `tree/${path}/${LOCK}`, lockFile('last good')));
  const planned = await world.run({ stage: 'plan', ...wish, spec });
  const planDigest = planned.result?.plan?.planDigest;
  const applied = await world.run({ stage: 'apply', ...wish, spec: { pass: 'reverse', planDigest } });
  expect([applied.code, applied.result?.reason]).toEqual([0, 'applied']);
  const laid = join(world.directory, 'work space/42/dev/network/tree', path, LOCK);
  expect(existsSync(laid) && readFileSync(laid, 'utf8')).toBe(lockFile('last good'));
});

test('the shell tool goes back with its rollback command where it has one, and plans so', async () => {
  const commands = { apply: 'echo forth', rollback: 'echo back' };
  const target = { tool: 'shell' as const, commands };
  const wish = { files: { [`${path}/a`]: '' }, target };
  const planned = await world.run({ stage: 'plan', ...wish, spec: { pass: 'reverse' } });
  expect(planned.result?.reason).toBe('changes unknown (no plan command): the rollback command will run');
  const planDigest = planned.result?.plan?.planDigest;
  const back = await world.run({ stage: 'apply', ...wish, spec: { pass: 'reverse', planDigest } });
  expect(back.log).toContain('$ rollback: echo back');

  const verified = await world.run({ stage: 'plan', ...wish, spec: { pass: 'forward' } });
  expect(verified.result?.reason).toBe('changes unknown (no plan command): the apply command will run');
});
