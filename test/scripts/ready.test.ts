/** What makes a fresh clone ready: dependencies, the deploying tool, the synthesized stacks. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PINNED_OPENTOFU } from '../../executor-image/tools/releases.ts';

const scripts = join(import.meta.dirname, '../../scripts');
const { isInstalled } = await import(`${scripts}/install.mjs`);
const { ensureSynth } = await import(`${scripts}/synth.mjs`);
const { findTool } = await import(`${scripts}/tool.mjs`);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'belay-ready-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string | object, mode = 0o644) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
}

describe('dependencies', () => {
  const lock = {
    '': { version: '0.1.0' },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/binary-darwin': { version: '1.0.0', optional: true },
  };
  const record = { 'node_modules/zod': { version: '4.6.7' } };
  const installed = (packages: object | undefined, locked: object = lock) => {
    write('package-lock.json', { packages: locked });
    if (packages !== undefined) write('node_modules/.package-lock.json', { packages });
    return isInstalled(root);
  };

  test('are installed when npm’s record holds what the lock asks for, other platforms’ packages aside', () => {
    expect(installed(record)).toBe(true);
  });

  test.each([
    ['there is no record', undefined, lock],
    ['a version is another one', { 'node_modules/zod': { version: '4.6.6' } }, lock],
    ['one is missing', record, { ...lock, 'node_modules/yaml': { version: '2.9.1' } }],
    ['one is left over', { ...record, 'node_modules/old': { version: '1.0.0' } }, lock],
  ])('are installed anew when %s', (_, packages, locked) => {
    expect(installed(packages, locked)).toBe(false);
  });

  test('a record cut short by a broken installation counts as none', () => {
    write('package-lock.json', { packages: lock });
    write('node_modules/.package-lock.json', '{"packages":{');
    expect(isInstalled(root)).toBe(false);
  });
});

describe('stacks', () => {
  /** A `cdk` that writes what it read of the sources, and counts its runs. */
  const cdk = `
    const { appendFileSync, cpSync, existsSync, mkdirSync } = require('node:fs');
    const output = process.argv[process.argv.indexOf('--output') + 1];
    appendFileSync('runs', 'x');
    if (existsSync('lib/broken')) process.exit(1);
    mkdirSync(output);
    cpSync('lib/stack.ts', output + '/template.json');
  `;
  const runs = () => readFileSync(join(root, 'runs'), 'utf8').length;
  const template = () => readFileSync(join(root, 'cdk.out/template.json'), 'utf8');

  beforeEach(() => {
    write('node_modules/aws-cdk/bin/cdk', cdk);
    write('lib/stack.ts', 'one');
    write('cdk.json', {});
  });

  test('are synthesized once, and again only when a source has changed', async () => {
    await ensureSynth(root, process.execPath);
    await ensureSynth(root, process.execPath);
    expect([runs(), template()]).toEqual([1, 'one']);
    write('lib/stack.ts', 'two');
    await ensureSynth(root, process.execPath);
    expect([runs(), template()]).toEqual([2, 'two']);
    write('core/deep/new.ts', '');
    await ensureSynth(root, process.execPath);
    expect(runs()).toBe(3);
    write('docs/read-me.md', 'no source');
    await ensureSynth(root, process.execPath);
    expect(runs()).toBe(3);
  });

  test('an assembly that somebody else put there is replaced', async () => {
    write('cdk.out/template.json', 'made by hand');
    await ensureSynth(root, process.execPath);
    expect(template()).toBe('one');
  });

  test('a failing synth leaves the former assembly, and is tried again', async () => {
    await ensureSynth(root, process.execPath);
    write('lib/broken', '');
    await expect(ensureSynth(root, process.execPath)).rejects.toThrow('cdk synth failed');
    expect(template()).toBe('one');
    rmSync(join(root, 'lib/broken'));
    write('lib/stack.ts', 'three');
    await ensureSynth(root, process.execPath);
    expect(template()).toBe('three');
  });
});

describe('tool', () => {
  const { PATH, HTTPS_PROXY, https_proxy } = process.env;
  afterEach(() => {
    for (const [name, value] of Object.entries({ PATH, HTTPS_PROXY, https_proxy })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test.each(['tofu', 'terraform'])('%s on PATH is taken as it is', async (name) => {
    write(`bin/${name}`, '', 0o755);
    process.env.PATH = join(root, 'bin');
    expect(await findTool(root, process.execPath)).toBeUndefined();
  });

  test('one that was fetched before is found again; a file that cannot be run is none', async () => {
    write('bin/terraform', '', 0o644);
    const folder = join(root, `.belay/tools/opentofu-${PINNED_OPENTOFU}`);
    write(`.belay/tools/opentofu-${PINNED_OPENTOFU}/tofu`, '', 0o755);
    process.env.PATH = join(root, 'bin');
    expect(await findTool(root, process.execPath)).toBe(folder);
  });

  test('without network the error says what to install', async () => {
    process.env.PATH = root;
    // Nothing listens on the discard port.
    process.env.HTTPS_PROXY = 'http://127.0.0.1:9';
    process.env.https_proxy = 'http://127.0.0.1:9';
    await expect(findTool(root, process.execPath)).rejects.toThrow(
      /install OpenTofu \(https:\S+\) or Terraform \(https:\S+\) so that `tofu` or `terraform` is on PATH/,
    );
  });
});
