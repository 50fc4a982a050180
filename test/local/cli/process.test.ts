/** The command line as people and scripts call it: real processes, the synthesized stacks, a repository of shell components. */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const run = join(import.meta.dirname, '../../../scripts/run.mjs');
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'belay-process-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function belay(args: readonly string[], input = ''): Promise<Ended> {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, [run, 'local', ...args, '--state-dir', 'state'], {
    cwd: directory,
    env: { ...env, PROBE: 'passed on' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function commit(files: Record<string, string>): string {
  const root = join(directory, 'repo');
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
  if (!existsSync(root)) {
    mkdirSync(root);
    git('init', '-q', '-b', 'main');
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  git('add', '-A');
  git('-c', 'user.name=me', '-c', 'user.email=me@example.org', 'commit', '-q', '-m', 'change');
  return git('rev-parse', 'HEAD');
}

const manifest = (deployed: string) => `version: 1
environments:
  dev: { account: "111122223333", region: eu-west-1 }
defaults:
  tool: shell
  env: { DEPLOYED: "${deployed}" }
components:
  base:
    path: base
    commands: { plan: "exit 2", apply: "cat value > $DEPLOYED/base", outputs: 'printf ''{"value":"%s"}'' "$(cat value)"' }
  top:
    path: top
    needs: [base]
    inputs: { below: base.value }
    secrets: { TOKEN: app/token }
    commands: { plan: "exit 2", apply: 'echo "token $TOKEN"; echo "$below $PROBE" > $DEPLOYED/top' }
`;

test('a wrong call: one sentence and the usage, nothing on standard output', async () => {
  const { code, stdout, stderr } = await belay(['push', '--json']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^belay: `push` needs `--repo DIR`\n\nusage: npm run local/);
});

test('pushes of one repository, from the first to a refused manifest', async () => {
  const deployed = join(directory, 'deployed');
  mkdirSync(deployed);
  const first = commit({ 'belay.yaml': manifest(deployed), 'base/value': 'one', 'top/value': '' });
  expect(await belay(['secret', 'app/token', '--repo', 'repo'], 'hunter2-hunter2\n')).toMatchObject({
    code: 0,
    stdout: 'stored app/token\n',
  });

  const push = ['push', '--repo', 'repo', '--pass-env', 'PROBE'];
  const pushed = await belay([...push, '--json']);
  expect(pushed.stderr).toBe('');
  expect(pushed.stdout.trimEnd().split('\n')).toHaveLength(1);
  const report = JSON.parse(pushed.stdout);
  expect(pushed.code).toBe(0);
  expect(report).toMatchObject({ commit: first, verdict: 'succeeded', environments: [{ name: 'dev' }] });
  const [base, top] = report.environments[0].targets;
  expect([base, top]).toMatchObject([
    { target: 'dev/base', outcome: 'applied', commit: first },
    { target: 'dev/top', outcome: 'applied', commit: first },
  ]);
  expect(Date.parse(top.startedAt)).toBeGreaterThanOrEqual(Date.parse(base.endedAt));
  expect(report.checks).toEqual([
    { name: 'belay', state: 'success', title: '2 targets: 2 applied' },
    { name: 'belay/dev/base', state: 'success', title: 'applied' },
    { name: 'belay/dev/top', state: 'success', title: 'applied' },
  ]);
  expect(report.executions.map(({ status }: { status: string }) => status)).toEqual([
    'SUCCEEDED',
    'SUCCEEDED',
  ]);
  expect(readFileSync(join(deployed, 'top'), 'utf8')).toBe('one passed on\n');

  const log = await belay(['log', '--release', report.release, '--target', 'dev/top']);
  expect(log.stdout).toContain('--- dev/top apply\n');
  expect(log.stdout).toContain('token ');
  expect(log.stdout).not.toContain('hunter2');

  const again = await belay(push);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/nothing to do: /);

  commit({ 'belay.yaml': 'version: 1\nenvironments: {}\nkomponents: {}\n' });
  const refused = await belay([...push, '--json']);
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({ verdict: 'refused', environments: [] });
  expect(refused.stderr).toMatch(/^belay\.yaml:\d+:\d+ .+\n(belay\.yaml:\d+:\d+ .+\n)+$/);

  const { releases } = JSON.parse((await belay(['history', '--json'])).stdout);
  expect(releases.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
    'refused',
    'nothing-to-do',
    'succeeded',
  ]);
  expect(readdirSync(deployed).sort()).toEqual(['base', 'top']);
});
