/** The commands against a twin that answers from hand-written records. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseCommand } from '../../../local/cli/arguments.ts';
import { comment } from '../../../local/cli/commands/comment.ts';
import { history } from '../../../local/cli/commands/history.ts';
import { log } from '../../../local/cli/commands/log.ts';
import { metrics } from '../../../local/cli/commands/metrics.ts';
import { operate } from '../../../local/cli/commands/operate.ts';
import { plan } from '../../../local/cli/commands/plan.ts';
import { push } from '../../../local/cli/commands/push.ts';
import { redrive } from '../../../local/cli/commands/redrive.ts';
import { secret } from '../../../local/cli/commands/secret.ts';
import { serve } from '../../../local/cli/commands/serve.ts';
import { status } from '../../../local/cli/commands/status.ts';
import { sweep } from '../../../local/cli/commands/sweep.ts';
import { tell } from '../../../local/cli/commands/tell.ts';
import { trace } from '../../../local/cli/commands/trace.ts';
import type { ReleaseRecords } from '../../../local/cli/release-view.ts';
import type { Twin } from '../../../local/cli/twin.ts';
import { BadInput } from '../../../local/cli/usage.ts';
import { at, COMMIT, document, failed, RELEASE, releaseItem } from './records.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'belay-cli-')));
});
afterEach(() => rmSync(directory, { recursive: true }));

function repository(path: string, { withCommit }: { withCommit: boolean }): string {
  const root = join(directory, path);
  mkdirSync(root);
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' });
  git('init', '-q');
  if (withCommit) {
    git(
      '-c',
      'user.name=me',
      '-c',
      'user.email=me@example.org',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'first',
    );
  }
  return root;
}

/** A twin that has seen exactly these records; calls are noted in `seen`. */
function twinOf(records: ReleaseRecords | undefined, artifacts: Record<string, string> = {}) {
  const seen: unknown[] = [];
  const items = new Map<string, object>();
  if (records !== undefined) {
    const release = `7/release/${RELEASE}`;
    items.set(`${release}|release`, records.release);
    for (const one of records.deployments) items.set(`${release}|deployment/${one.environment}`, one);
    for (const one of records.outcomes)
      items.set(`${release}|outcome/${one.environment}/${one.component}`, one);
    for (const [name, item] of records.targets) {
      const [environment, component] = name.split('/');
      items.set(`7/environment/${environment}|target/${component}`, item);
    }
  }
  items.set('delivery/guid-1|delivery', {
    guid: 'guid-1',
    execution: 'arn:release',
    state: 'resolved',
    expiresAt: 1,
    ...(records && { release: RELEASE }),
  });
  const twin: Twin = {
    async push(order) {
      seen.push({ push: order });
      return { delivery: 'guid-1', repository: 7, commit: COMMIT };
    },
    async pull(order) {
      seen.push({ pull: order });
      return { delivery: 'guid-1', repository: 7, commit: COMMIT, number: 3 };
    },
    comments: async ({ number }) => [`what merging #${number} would change`],
    async settled() {},
    async resting() {},
    onProgress: () => () => {},
    query: async (pk, prefix) =>
      [...items]
        .filter(([key]) => key.startsWith(`${pk}|${prefix}`))
        .map(([key, item]) => ({ ...item, sk: key.split('|')[1] })),
    releases: async () => (records === undefined ? [] : [records.release]),
    artifact: async (key) => (artifacts[key] === undefined ? undefined : Buffer.from(artifacts[key])),
    async comment(order) {
      seen.push({ comment: order });
      return { repository: 7, comment: 5 };
    },
    answersTo: async () => ({ reactions: [], replies: [] }),
    statuses: async ({ sha }) => [{ sha, context: 'belay', state: 'failure', description: 'dev failed' }],
    checks: async () => [
      {
        name: 'belay',
        state: 'failure',
        title: 'dev failed',
        summary: 's',
        details: 'd',
        buttons: ['Redrive'],
      },
    ],
    segments: async (trace) => [
      { name: 'belay webhook', id: '53995c3f42cd8ad8', trace_id: trace, start_time: 1, end_time: 2 },
    ],
    executions: async () => [
      { arn: 'arn:other', status: 'SUCCEEDED' },
      { arn: 'arn:deployment:dev', status: 'FAILED' },
      { arn: 'arn:release', status: 'FAILED' },
    ],
    jobs: async () => [],
    async putSecret(order) {
      seen.push({ putSecret: order });
    },
    async command(order) {
      seen.push({ command: order });
      return { accepted: order.action !== 'cancel', message: `${order.action}: said` };
    },
    sweep: async () => ['dev of acme/shop: the job that wrote app has ended'],
    board: async () => ({ at: 0, widgets: [], alarms: [], notices: [] }),
    page: async ({ path }) => ({ status: 200, document: `what is at ${path}` }),
    webhook: async () => ({ url: 'http://127.0.0.1:1/webhook', secret: 'of the webhook' }),
    repositoryAt: async (path) => (path.endsWith('/shop') ? 7 : undefined),
    async close() {
      seen.push('closed');
    },
  };
  return { twin, seen, items, openTwin: async () => twin };
}

const command = (line: string) => parseCommand(line.split(' '), directory);

function run(line: string, openTwin: () => Promise<Twin>) {
  const parsed = command(line);
  switch (parsed.name) {
    case 'push':
      return push(parsed, { openTwin, screen: undefined });
    case 'plan':
      return plan(parsed, { openTwin, screen: undefined });
    case 'status':
      return status(parsed, openTwin);
    case 'history':
      return history(parsed, openTwin);
    case 'log':
      return log(parsed, openTwin);
    case 'trace':
      return trace(parsed, openTwin);
    case 'redrive':
      return redrive(parsed, { openTwin, screen: undefined });
    case 'cancel':
    case 'unlock':
      return tell(parsed, openTwin);
    case 'destroy':
    case 'rollback':
      return operate(parsed, { openTwin, screen: undefined });
    case 'metrics':
      return metrics(parsed, openTwin);
    case 'sweep':
      return sweep(parsed, openTwin);
    default:
      throw new Error(`not run by this helper: ${line}`);
  }
}

test('push reports the release its delivery became, and fails with it', async () => {
  const repo = repository('shop', { withCommit: true });
  const artifacts = { [`7/releases/${RELEASE}/release.json`]: JSON.stringify(document) };
  const { openTwin, seen } = twinOf(failed, artifacts);
  const { exitCode, result, lines } = await run('push --repo shop --ref live --state-dir s', openTwin);
  expect(seen).toEqual([{ push: { directory: repo, ref: 'live' } }, 'closed']);
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({
    release: RELEASE,
    verdict: 'failed',
    environments: [
      { name: 'dev' },
      { name: 'prod', targets: [{ outcome: 'skipped' }, { outcome: 'skipped' }] },
    ],
    statuses: [{ sha: COMMIT, context: 'belay', state: 'failure', description: 'dev failed' }],
    checks: [{ name: 'belay', state: 'failure', title: 'dev failed' }],
    executions: [
      { arn: 'arn:release', status: 'FAILED' },
      { arn: 'arn:deployment:dev', status: 'FAILED' },
    ],
  });
  expect(lines).toEqual([`see: npm run local -- log --release ${RELEASE} --target dev/api --state-dir s`]);
});

test('plan reports like a push, with the pull request and what is written on it', async () => {
  const repo = repository('shop', { withCommit: true });
  const { openTwin, seen } = twinOf(failed);
  const { exitCode, result } = await run('plan --repo shop --ref topic --base next', openTwin);
  expect(seen).toEqual([{ pull: { directory: repo, ref: 'topic', base: 'next' } }, 'closed']);
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({ release: RELEASE, pull: 3, comment: 'what merging #3 would change' });
  expect(() => command('plan --repo shop')).toThrow('--ref BRANCH');
});

test('a refused manifest: bad input, every problem on a line of its own', async () => {
  repository('shop', { withCommit: true });
  const reason = 'belay.yaml:3:1 unknown key `envs`\nbelay.yaml:9:5 `api` needs `db`, which is no component';
  const { openTwin } = twinOf({
    release: { ...releaseItem, verdict: 'refused', environments: [], reason },
    deployments: [],
    outcomes: [],
    targets: new Map(),
    ends: new Map(),
  });
  const { exitCode, lines, result } = await run('push --repo shop', openTwin);
  expect(exitCode).toBe(2);
  expect(lines).toEqual([
    'belay.yaml:3:1 unknown key `envs`',
    'belay.yaml:9:5 `api` needs `db`, which is no component',
  ]);
  expect(result).toMatchObject({ verdict: 'refused', reason, environments: [] });
});

test('a push that is none for Belay is nothing to do, and says why', async () => {
  repository('shop', { withCommit: true });
  const { openTwin, items } = twinOf(undefined);
  const delivery = items.get('delivery/guid-1|delivery');
  items.set('delivery/guid-1|delivery', { ...delivery, reason: 'branch x is not the default branch (main)' });
  const { exitCode, result, lines } = await run('push --repo shop', openTwin);
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ release: null, commit: COMMIT, verdict: 'nothing-to-do', environments: [] });
  expect(lines).toEqual(['nothing to do: branch x is not the default branch (main)']);
});

test('a push that was lost before it became a release has failed', async () => {
  repository('shop', { withCommit: true });
  const { openTwin, items } = twinOf(undefined);
  items.delete('delivery/guid-1|delivery');
  const { exitCode, result, lines } = await run('push --repo shop', openTwin);
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({ release: null, verdict: 'failed' });
  expect(lines).toEqual(['the push was delivered, but no release came of it; push again']);
});

test('a release that was broken off without a verdict has failed', async () => {
  repository('shop', { withCommit: true });
  const { verdict: _, ...release } = releaseItem;
  const { openTwin } = twinOf({ ...failed, release });
  const { exitCode, result } = await run('push --repo shop', openTwin);
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({ verdict: 'failed' });
});

test('push refuses what is no repository of its own before anything is opened', async () => {
  const { openTwin, seen } = twinOf(undefined);
  repository('empty', { withCommit: false });
  mkdirSync(join(repository('outer', { withCommit: true }), 'inner'));
  mkdirSync(join(directory, 'plain'));
  for (const [path, message] of [
    ['nowhere', /there is no directory .*nowhere/],
    ['plain', /plain is not a git repository/],
    ['empty', /empty has no commit yet/],
    ['outer/inner', /inner lies inside the git repository .*outer/],
  ] as const) {
    const attempt = run(`push --repo ${path}`, openTwin);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toBeInstanceOf(BadInput);
  }
  expect(seen).toEqual([]);
});

test('changes without a commit are not pushed, and that is said', async () => {
  writeFileSync(join(repository('shop', { withCommit: true }), 'new.txt'), '');
  const { lines } = await run('push --repo shop', twinOf(failed).openTwin);
  expect(lines.at(-1)).toBe('note: changes that are not committed were not pushed');
});

test('status shows the newest release, or says that there is none', async () => {
  const { exitCode, lines } = await run('status', twinOf(failed).openTwin);
  expect(exitCode).toBe(0);
  expect(lines[0]).toBe(`release ${RELEASE}  main  9.0 s  failed`);
  expect(lines.at(-1)).toBe('belay  failure  dev failed');
  await expect(run('status', twinOf(undefined).openTwin)).rejects.toThrow('nothing has been pushed yet');
  await expect(run('status --release x', twinOf(failed).openTwin)).rejects.toThrow('there is no release `x`');
});

test('history lists releases, of one repository or all', async () => {
  const { openTwin } = twinOf(failed);
  const { result, lines } = await run('history', openTwin);
  expect(result).toMatchObject({
    releases: [{ release: RELEASE, repository: 'local/shop', verdict: 'failed' }],
  });
  expect(lines).toEqual([`${RELEASE}  local/shop  main  failed  9.0 s  dev failed`]);
  expect((await run('history --repo shop', openTwin)).lines).toHaveLength(1);
  await expect(run('history --repo other', openTwin)).rejects.toThrow('other was never pushed');
});

test('two repositories with a release of the same id are told apart', async () => {
  const { openTwin, twin } = twinOf(failed);
  const copy = { ...releaseItem, repository: { id: 8, fullName: 'local/copy', defaultBranch: 'main' } };
  twin.releases = async () => [copy, releaseItem];
  await expect(run(`status --release ${RELEASE}`, openTwin)).rejects.toThrow(
    `local/copy and local/shop both have a release \`${RELEASE}\`; name one with \`--repo DIR\``,
  );
  const { result } = await run(`status --release ${RELEASE} --repo shop`, openTwin);
  expect(result).toMatchObject({ release: RELEASE, verdict: 'failed' });
});

test('log lists what there is, and shows one target’s jobs in order', async () => {
  const folder = `7/releases/${RELEASE}/dev/api`;
  const { openTwin } = twinOf(failed, {
    [`${folder}/plan/log.txt`]: 'one\ntwo\n',
    [`${folder}/apply/log.txt`]: 'port taken\n',
  });
  expect((await run(`log --release ${RELEASE}`, openTwin)).result).toEqual({
    release: RELEASE,
    logs: [
      { target: 'dev/api', stage: 'plan', lines: 2 },
      { target: 'dev/api', stage: 'apply', lines: 1 },
    ],
  });
  const one = await run(`log --release ${RELEASE} --target dev/api`, openTwin);
  expect(one.lines).toEqual(['--- dev/api plan', 'one\ntwo', '--- dev/api apply', 'port taken']);
  const none = await run(`log --release ${RELEASE} --target dev/web`, openTwin);
  expect(none.lines).toEqual([`dev/web had no job in release ${RELEASE}`]);
  await expect(run(`log --release ${RELEASE} --target dev/x`, openTwin)).rejects.toThrow('no target `dev/x`');
});

test('a secret’s value comes from standard input or a variable, without the line break at its end', async () => {
  const repo = repository('shop', { withCommit: true });
  const { openTwin, seen } = twinOf(undefined);
  const store = (line: string, input: string) => {
    const parsed = command(line);
    if (parsed.name !== 'secret') throw new Error(line);
    const sources = { environment: { PW: 'from-variable' }, readStandardInput: async () => input };
    return secret(parsed, { openTwin, sources });
  };
  expect((await store('secret app/pw --repo shop', 'two\nlines\n')).lines).toEqual(['stored app/pw']);
  await store('secret app/pw --repo shop --from-env PW', '');
  expect(seen).toEqual([
    { putSecret: { directory: repo, name: 'app/pw', value: 'two\nlines' } },
    'closed',
    { putSecret: { directory: repo, name: 'app/pw', value: 'from-variable' } },
    'closed',
  ]);
  await expect(store('secret app/pw --repo shop', '\n')).rejects.toThrow(
    'there is no value on standard input',
  );
  await expect(store('secret app/pw --repo shop --from-env NO', '')).rejects.toThrow('NO is not set');
});

test('redrive says who asks and reports like a push', async () => {
  const { openTwin, seen } = twinOf(failed, {
    [`7/releases/${RELEASE}/release.json`]: JSON.stringify(document),
  });
  const { exitCode, result } = await run(`redrive --release ${RELEASE} --older --as mira`, openTwin);
  const named = { repository: 7, release: RELEASE, by: 'mira' };
  expect(seen).toEqual([{ command: { action: 'redrive', ...named, older: true } }, 'closed']);
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({ release: RELEASE, verdict: 'failed', environments: [{ name: 'dev' }, {}] });
});

test('a refusal is told and fails the command; unlock names its target', async () => {
  const { openTwin, seen } = twinOf(failed);
  expect(await run(`cancel --release ${RELEASE} --as mira`, openTwin)).toEqual({
    exitCode: 1,
    result: { accepted: false, message: 'cancel: said' },
    lines: ['cancel: said'],
  });
  const unlocking = await run(`unlock --release ${RELEASE} --target dev/api --as mira`, openTwin);
  expect(unlocking).toEqual({
    exitCode: 0,
    result: { accepted: true, message: 'unlock: said' },
    lines: ['unlock: said'],
  });
  const target = { environment: 'dev', component: 'api' };
  expect(seen).toContainEqual({
    command: { action: 'unlock', repository: 7, release: RELEASE, by: 'mira', ...target },
  });
});

test.each([
  [['eyes', '+1'], [], 0, ['reaction: +1']],
  [['-1'], ['- nothing waits'], 1, ['reaction: -1', '- nothing waits']],
  [[], [], 0, ['reaction: none, nobody but a person with a command is answered']],
])('a comment is written, and its answer told: %p', async (reactions, replies, exitCode, lines) => {
  const { openTwin, seen, twin } = twinOf(failed);
  twin.answersTo = async ({ comment: id }) => ({ reactions: id === 5 ? reactions : ['?'], replies });
  const parsed = parseCommand(['comment', '--repo', 'shop', '--as', 'ada', '/belay approve dev'], directory);
  if (parsed.name !== 'comment') throw new Error(parsed.name);
  expect(await comment(parsed, openTwin)).toEqual({
    exitCode,
    lines,
    result: { reaction: reactions.at(-1) ?? null, replies },
  });
  expect(seen).toEqual([
    { comment: { directory: join(directory, 'shop'), by: 'ada', body: '/belay approve dev' } },
    'closed',
  ]);
  await expect(comment({ ...parsed, repo: '/other' }, openTwin)).rejects.toThrow('/other was never pushed');
});

test('metrics prints the board', async () => {
  const { openTwin } = twinOf(undefined);
  expect(await run('metrics', openTwin)).toEqual({
    exitCode: 0,
    result: { at: 0, widgets: [], alarms: [], notices: [] },
    lines: ['all 0 alarms are green'],
  });
});

test('sweep prints what it did', async () => {
  const { openTwin } = twinOf(undefined);
  expect(await run('sweep', openTwin)).toEqual({
    exitCode: 0,
    result: { done: ['dev of acme/shop: the job that wrote app has ended'] },
    lines: ['dev of acme/shop: the job that wrote app has ended'],
  });
});

test('destroy and rollback ask of an environment, and report like the push of what was asked for', async () => {
  const artifacts = { [`7/releases/${RELEASE}/release.json`]: JSON.stringify(document) };
  const { openTwin, seen, twin } = twinOf(failed, artifacts);
  const request = { id: 'guid-1', repository: 7, commit: COMMIT };
  twin.command = async (order) => {
    seen.push({ command: order });
    return { accepted: true, message: 'begins', request };
  };
  const destroyed = await run('destroy --env dev --target api --as mira', openTwin);
  expect([destroyed.exitCode, destroyed.lines[0]]).toEqual([1, 'begins']);
  expect(destroyed.result).toMatchObject({ release: RELEASE, verdict: 'failed' });
  await run(`rollback --env dev --to ${COMMIT.slice(0, 7)} --as mira`, openTwin);
  const named = { repository: 7, environment: 'dev', by: 'mira' };
  expect(seen).toEqual([
    { command: { action: 'destroy', ...named, components: ['api'] } },
    'closed',
    { command: { action: 'rollback', ...named, to: COMMIT } },
    'closed',
  ]);
});

test('a destroy that is refused started nothing; neither does an unclear one', async () => {
  const { openTwin, twin } = twinOf(failed);
  twin.command = async () => ({ accepted: false, message: 'nothing is deployed in dev' });
  expect(await run('destroy --env dev --as mira', openTwin)).toEqual({
    exitCode: 1,
    result: { accepted: false, message: 'nothing is deployed in dev' },
    lines: ['nothing is deployed in dev'],
  });
  await expect(run('rollback --env dev --to 9999999', openTwin)).rejects.toThrow(
    'no commit that was released begins with 9999999',
  );
  const copy = { ...releaseItem, repository: { id: 8, fullName: 'local/copy', defaultBranch: 'main' } };
  twin.releases = async () => [copy, releaseItem];
  await expect(run('destroy --env dev', openTwin)).rejects.toThrow(
    'local/copy and local/shop are here; name one with `--repo DIR`',
  );
});

test('serve shows the page, says where deliveries are taken, and stays open', async () => {
  const { openTwin, twin, seen } = twinOf(failed);
  const parsed = command('serve --port 0 --pass-env A --state-dir s');
  if (parsed.name !== 'serve') throw new Error('that is another command');
  const opened: unknown[] = [];
  const { page, result, lines } = await serve(parsed, async (order) => {
    opened.push(order);
    return twin;
  });
  try {
    expect(opened).toMatchObject([{ passEnv: ['A'], own: true, github: 'app' }]);
    const webhook = { url: 'http://127.0.0.1:1/webhook', secret: 'of the webhook' };
    expect(result).toEqual({ url: page.url, webhook });
    for (const text of [page.url, webhook.url, webhook.secret, 'push --repo DIR --state-dir s'])
      expect(lines.join('\n')).toContain(text);
    expect(await (await fetch(`${page.url}/local/shop`)).text()).toBe('what is at /local/shop');
    expect(seen).toEqual([]);
    const taken = { ...parsed, port: Number(new URL(page.url).port) };
    await expect(serve(taken, openTwin)).rejects.toThrow('name another one with --port');
    expect(seen).toEqual(['closed']);
  } finally {
    await page.close();
  }
});

test('trace tells the critical path, every target, the segments, and leaves the timeline as a file', async () => {
  const artifacts = { [`7/releases/${RELEASE}/timeline.html`]: '<!doctype html>' };
  const header = 'Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  const deployments = failed.deployments.map((one) => ({
    ...one,
    ...{ askedAt: at(0.2), openedAt: at(0.5), endedAt: at(8.5) },
  }));
  const records = { ...failed, release: { ...failed.release, trace: header }, deployments };
  const { openTwin } = twinOf(records, artifacts);
  mkdirSync(join(directory, 's'));
  const { lines, result, exitCode } = await run(`trace --release ${RELEASE} --state-dir s`, openTwin);
  expect(exitCode).toBe(0);
  expect(lines).toEqual([
    `${RELEASE}  failed  9.0 s on the critical path: 8.7 s work, 0.3 s waiting`,
    '',
    'critical path   took   work  waiting',
    'release        0.2 s  0.2 s    0.0 s  resolve 0.2 s',
    'dev            0.3 s  0.0 s    0.3 s  lease 0.3 s',
    'dev/api        7.5 s  7.5 s    0.0 s  belay 7.5 s',
    'dev            0.5 s  0.5 s    0.0 s  settle 0.5 s',
    'release        0.5 s  0.5 s    0.0 s  close 0.5 s',
    '',
    'target                  work  waiting',
    'dev/database  applied  2.4 s    0.5 s',
    'dev/api       failed   4.5 s    3.0 s',
    '',
    'trace 1-6b014f80-bd862e3fe1be46a994272793: 1 segments (belay webhook)',
    `its timeline: ${join(directory, 's', `timeline-${RELEASE}.html`)}`,
  ]);
  expect(readFileSync(join(directory, 's', `timeline-${RELEASE}.html`), 'utf8')).toBe('<!doctype html>');
  expect(result).toMatchObject({
    ...{ release: RELEASE, verdict: 'failed', tookMs: 9000, workMs: 8700, waitMs: 300 },
    trace: '1-6b014f80-bd862e3fe1be46a994272793',
    segments: [{ name: 'belay webhook' }],
  });
});

test('trace of a release that runs, begun by an older version, says what there is', async () => {
  const { endedAt: _, verdict: __, ...open } = failed.release;
  const { openTwin } = twinOf({ ...failed, release: open });
  const { lines } = await run(`trace --release ${RELEASE} --state-dir s`, openTwin);
  expect(lines.slice(-2)).toEqual([
    'it has no trace: an older version of Belay began it',
    'its timeline comes when it has ended',
  ]);
});

test('status tells what a release has cost, and with --json how it adds up', async () => {
  const { openTwin, items } = twinOf(failed);
  const times = { startedAt: at(1), endedAt: at(61), failed: false, logBytes: 0, steps: [] };
  items.set(`7/release/${RELEASE}/job-times|job-1`, {
    ...{ environment: 'dev', component: 'api', pass: 'deploy', stage: 'plan', jobId: 'job-1' },
    ...{ architecture: 'arm64', times },
  });
  const { lines, result } = await run(`status --release ${RELEASE} --state-dir s`, openTwin);
  expect(lines.at(-1)).toMatch(/^cost \$0\.00\d\d: dev\/database .*, dev\/api \$0\.0012$/);
  const { cost } = result as { cost: { targets: { target: string; lines: string[] }[] } };
  const api = cost.targets.find(({ target }) => target === 'dev/api');
  expect(api?.lines[0]).toBe(
    'processors of plan (60 s billed, arm64): 0.01667 vCPU-hour × $0.03238 = $0.0005',
  );
});
