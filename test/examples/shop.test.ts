/** The shop's own programs: its manifest is sound, its database keeps its data, its files are published in one step. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseManifest } from '../../core/manifest/parse.ts';
import { resolveTargets } from '../../core/manifest/resolve.ts';

const shop = join(import.meta.dirname, '../../examples/shop');
let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'belay-shop-'));
});
afterEach(() => rmSync(work, { recursive: true }));

test('the manifest: nine components in dev and prod, each after what it needs', () => {
  const parsed = parseManifest(readFileSync(join(shop, 'belay.yaml'), 'utf8'), {
    hasDirectory: (path) => statSync(join(shop, path)).isDirectory(),
  });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const environments = resolveTargets(parsed.manifest);
  const order = 'host network database credentials api web worker gateway monitoring'.split(' ');
  expect(environments.map(({ name, after }) => ({ name, after }))).toEqual([
    { name: 'dev', after: [] },
    { name: 'prod', after: ['dev'] },
  ]);
  for (const { targets } of environments) expect(targets.map(({ component }) => component)).toEqual(order);
  // Reviewed plans may replace anything but what holds the data.
  expect(environments[1]?.targets.map(({ policy }) => policy.approval)).toEqual(
    order.map((component) => (component === 'database' ? 'on-destroy' : 'never')),
  );
});

describe('migrations', () => {
  const file = () => join(work, 'data/shop.sqlite');
  const migrations = () => join(work, 'migrations');
  const add = (name: string, sql: string) => writeFileSync(join(migrations(), name), sql);
  const migrate = (upTo: string) =>
    spawnSync(process.execPath, [join(work, 'migrate.mjs')], {
      env: { ...process.env, DATABASE: file(), UP_TO: upTo },
      encoding: 'utf8',
    });
  function rows(query: string) {
    const database = new DatabaseSync(file());
    try {
      return database
        .prepare(query)
        .all()
        .map((row) => Object.values(row));
    } finally {
      database.close();
    }
  }

  beforeEach(() => {
    cpSync(join(shop, 'components/database'), work, { recursive: true });
    rmSync(migrations(), { recursive: true });
    mkdirSync(migrations());
    add('001-notes.sql', "CREATE TABLE note (words TEXT); INSERT INTO note VALUES ('first')");
    add('002-more.sql', "INSERT INTO note VALUES ('second')");
    add('010-last.sql', "INSERT INTO note VALUES ('last')");
  });

  test('are applied once, in the order of their numbers, up to the one asked for; data survives', () => {
    expect(migrate('002-more.sql').stdout).toBe('001-notes.sql: applied\n002-more.sql: applied\n');
    rows("INSERT INTO note VALUES ('a visitor’s')");
    expect(migrate('010-last.sql').stdout).toBe('010-last.sql: applied\n');
    expect(migrate('010-last.sql').stdout).toBe('');
    expect(rows('SELECT words FROM note')).toEqual([['first'], ['second'], ['a visitor’s'], ['last']]);
    expect(rows('SELECT number, name FROM schema_version')).toEqual([
      [1, '001-notes.sql'],
      [2, '002-more.sql'],
      [10, '010-last.sql'],
    ]);
  });

  test('one that fails leaves nothing of itself, and works once it is put right', () => {
    add('002-more.sql', "INSERT INTO note VALUES ('half'); INSERT INTO nowhere VALUES (1)");
    const failed = migrate('002-more.sql');
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('002-more.sql: no such table: nowhere');
    expect(rows('SELECT words FROM note')).toEqual([['first']]);
    add('002-more.sql', "INSERT INTO note VALUES ('whole')");
    expect(migrate('002-more.sql').status).toBe(0);
    expect(rows('SELECT words FROM note')).toEqual([['first'], ['whole']]);
  });

  test('one that was changed after it had been applied is refused', () => {
    migrate('001-notes.sql');
    add('001-notes.sql', 'CREATE TABLE other (words TEXT)');
    expect(migrate('001-notes.sql').stderr).toContain(
      '001-notes.sql: it was changed after it had been applied',
    );
    expect(rows('SELECT words FROM note')).toEqual([['first']]);
  });

  test('run side by side each is applied once', async () => {
    const ends = ['001-notes.sql', '002-more.sql', '010-last.sql', '010-last.sql'].map(async (upTo) => {
      const child = spawn(process.execPath, [join(work, 'migrate.mjs')], {
        env: { ...process.env, DATABASE: file(), UP_TO: upTo },
        stdio: 'ignore',
      });
      return (await once(child, 'exit'))[0];
    });
    expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
    expect(rows('SELECT words FROM note')).toEqual([['first'], ['second'], ['last']]);
  });
});

test('a release is published beside the former one, and `current` names the newest', () => {
  const publish = (release: string, files: object) =>
    execFileSync(process.execPath, [join(shop, 'modules/published-files/publish.mjs')], {
      env: { ...process.env, DIRECTORY: work, RELEASE: release, FILES: JSON.stringify(files) },
    });
  publish('one', { 'index.html': '1' });
  publish('two', { 'index.html': '2', 'style.css': 'a' });
  expect(readdirSync(join(work, 'releases')).sort()).toEqual(['one', 'two']);
  publish('three', { 'index.html': '3' });
  expect(readlinkSync(join(work, 'current'))).toBe('releases/three');
  expect(readdirSync(join(work, 'current'))).toEqual(['index.html']);
  expect(readFileSync(join(work, 'current/index.html'), 'utf8')).toBe('3');
  expect(readdirSync(join(work, 'releases')).sort()).toEqual(['three', 'two']);
  // The same again, as an apply that is retried does it.
  publish('three', { 'index.html': '3' });
  expect(readdirSync(join(work, 'releases'))).toEqual(['three']);
});

test('the API is built by the command the twin runs, and published out of its image by digest', () => {
  const [images, image] = [join(work, 'images'), join(work, 'images/sha256:1')];
  mkdirSync(image, { recursive: true });
  const run = (script: string, env: Record<string, string>, cwd: string) =>
    execFileSync(process.execPath, [script], { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  const app = join(work, 'app');
  cpSync(join(shop, 'components/api/app'), app, { recursive: true });
  run('build.mjs', { BELAY_IMAGE: image }, app);
  expect(readdirSync(image)).toEqual(['handler.mjs']);
  run(
    join(shop, 'modules/published-files/publish.mjs'),
    {
      DIRECTORY: join(work, 'api'),
      RELEASE: 'one',
      FILES: '{"config.json":"{}"}',
      IMAGE: 'registry/api@sha256:1',
      BELAY_IMAGES: images,
    },
    work,
  );
  expect(readdirSync(join(work, 'api/current')).sort()).toEqual(['config.json', 'handler.mjs']);
  // What is no program is not built.
  writeFileSync(join(app, 'handler.mjs'), 'export const = 1;');
  expect(() => run('build.mjs', { BELAY_IMAGE: image }, app)).toThrow('SyntaxError');
});

test('the shell component: nothing, an addition, a change, and outputs', () => {
  const planFile = join(work, 'plan.json');
  const probes = (command: string, hostname = 'shop.internal') =>
    spawnSync(join(shop, 'components/monitoring/probes.sh'), [command], {
      env: {
        PATH: process.env.PATH,
        directory: work,
        hostname,
        report: '/r.json',
        BELAY_PLAN_JSON: planFile,
      },
      encoding: 'utf8',
    });
  const plan = (hostname?: string) => {
    rmSync(planFile, { force: true });
    const { status } = probes('plan', hostname);
    return status === 2 ? JSON.parse(readFileSync(planFile, 'utf8')) : status;
  };
  expect(plan()).toEqual({ add: 1, change: 0, destroy: 0, summary: 'probes for shop.internal' });
  expect(probes('apply').status).toBe(0);
  expect(plan()).toBe(0);
  expect(plan('other.internal')).toEqual({
    add: 0,
    change: 1,
    destroy: 0,
    summary: 'probes for other.internal',
  });
  expect(JSON.parse(probes('outputs').stdout)).toEqual({ probes: 2 });
  probes('destroy');
  expect(plan()).toMatchObject({ add: 1 });
});
