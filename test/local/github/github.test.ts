import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../world/small-stack.ts';
import { commit, git, repository, start } from './support.ts';

test('a push is delivered as GitHub delivers it, signed over the exact bytes', async () => {
  const { github, delivered, payloads } = await start();
  const directory = repository();
  const head = git(directory, 'rev-parse', 'HEAD');
  const result = await github.receivePush({ directory });
  expect(result).toMatchObject({ status: 200, body: 'taken', commit: head });
  const [{ headers, body } = { headers: {}, body: '' }] = delivered;
  const signature = createHmac('sha256', 'webhook secret').update(body).digest('hex');
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': result.guid,
    'x-hub-signature-256': `sha256=${signature}`,
  });
  expect(payloads()[0]).toMatchObject({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: head,
    created: true,
    deleted: false,
    forced: false,
    repository: { id: 100000001, full_name: 'local/shop', default_branch: 'main' },
    head_commit: { id: head, message: 'first', added: ['a/main.tf', 'b.txt'] },
  });
});

test('the next push tells what came between; a rewritten branch is forced; a deleted one is gone', async () => {
  const { github, payloads } = await start();
  const directory = repository();
  const { repository: registered, commit: first } = await github.receivePush({ directory });
  commit(directory, 'second', { 'b.txt': null });
  const third = commit(directory, 'third\n\nwith a body', { 'a/main.tf': '2', 'ä b': '1' });
  await github.receivePush({ directory });
  git(directory, 'reset', '--quiet', '--hard', first);
  const other = commit(directory, 'other', { c: '1' });
  await github.receivePush({ directory });
  await github.receiveDeletion(registered, 'refs/heads/main');
  const [, second, forced, deleted] = payloads();
  expect(second).toMatchObject({ before: first, after: third, created: false, forced: false });
  expect(second.commits).toMatchObject([
    { message: 'second', removed: ['b.txt'] },
    { message: 'third\n\nwith a body', modified: ['a/main.tf'], added: ['ä b'] },
  ]);
  expect(forced).toMatchObject({ before: third, after: other, forced: true });
  expect(deleted).toMatchObject({ before: other, after: '0'.repeat(40), deleted: true, head_commit: null });
});

test('a delivery is sent several times at once, and again later, with one GUID and one body', async () => {
  const { github, delivered } = await start();
  const { guid } = await github.receivePush({ directory: repository(), deliveries: 3 });
  await github.deliveries.redeliver(guid);
  expect(delivered.map(({ headers }) => headers['x-github-delivery'])).toEqual([guid, guid, guid, guid]);
  expect(new Set(delivered.map(({ body }) => body)).size).toBe(1);
  expect(() => github.deliveries.redeliver('unknown')).toThrow('no such delivery');
});

test('two directories of one name are two repositories; one directory is the same one by any path', async () => {
  const { github, payloads } = await start();
  const [one, two] = [repository(), repository()];
  await github.receivePush({ directory: one });
  await github.receivePush({ directory: two });
  await github.receivePush({ directory: `${one}/../shop` });
  expect(payloads().map(({ repository: { id, full_name } }) => [id, full_name])).toEqual([
    [100000001, 'local/shop'],
    [100000002, 'local/shop-2'],
    [100000001, 'local/shop'],
  ]);
});

test('the default branch is what the directory’s origin says, else the first branch pushed', async () => {
  const { github, payloads } = await start();
  const directory = repository();
  git(directory, 'update-ref', 'refs/remotes/origin/trunk', 'HEAD');
  git(directory, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk');
  await github.receivePush({ directory });
  await github.receivePush({ directory: repository(), ref: 'release' });
  await github.receivePush({ directory, ref: 'refs/tags/v1' });
  expect(payloads().map(({ ref, repository: { default_branch } }) => [ref, default_branch])).toEqual([
    ['refs/heads/main', 'trunk'],
    ['refs/heads/release', 'release'],
    ['refs/tags/v1', 'trunk'],
  ]);
});

test('a shallow clone is taken as it is', async () => {
  const { github } = await start();
  const directory = repository();
  commit(directory, 'second', { c: '1' });
  const shallow = join(temporaryFolder('shallow'), 'shop');
  git('/', 'clone', '--quiet', '--depth', '1', `file://${directory}`, shallow);
  expect(await github.receivePush({ directory: shallow })).toMatchObject({ status: 200 });
});

test('any commit can be fetched alone with the token, and nothing without it', async () => {
  const { github } = await start();
  const directory = repository();
  const { commit: first } = await github.receivePush({ directory });
  commit(directory, 'second', { c: '1' });
  await github.receivePush({ directory });
  const clone = temporaryFolder('clone');
  git(clone, 'init', '--quiet', '--bare');
  const fetchWith = async (token: string) => {
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    const { spawn } = await import('node:child_process');
    const header = `http.extraHeader=Authorization: Basic ${basic}`;
    const args = [
      '-C',
      clone,
      '-c',
      header,
      'fetch',
      '--quiet',
      '--depth=1',
      `${github.url}/local/shop.git`,
      first,
    ];
    const child = spawn('git', args, { env: { ...process.env, GIT_TERMINAL_PROMPT: '0' }, stdio: 'ignore' });
    return new Promise((resolve) => child.once('exit', resolve));
  };
  expect(await fetchWith('wrong')).not.toBe(0);
  expect(await fetchWith('the-token')).toBe(0);
  expect(git(clone, 'rev-parse', 'FETCH_HEAD')).toBe(first);
});

test('statuses are kept, and the newest of a context counts', async () => {
  const { github, rest } = await start();
  const { commit: head, repository: pushed } = await github.receivePush({ directory: repository() });
  const at = `/repos/local/shop/statuses/${head}`;
  expect(
    await rest('POST', at, { state: 'pending', context: 'belay', description: 'x'.repeat(140) }),
  ).toMatchObject({
    status: 201,
    body: { state: 'pending', context: 'belay' },
  });
  await rest('POST', at, { state: 'success', context: 'belay/dev/a' });
  await rest('POST', at, { state: 'failure', context: 'belay', description: 'no' });
  expect(
    github.statuses
      .newest({ repository: pushed.id, sha: head })
      .map(({ context, state }) => [context, state]),
  ).toEqual([
    ['belay', 'failure'],
    ['belay/dev/a', 'success'],
  ]);
  expect((await rest('GET', `/repos/local/shop/commits/main/status`)).body).toMatchObject({
    state: 'failure',
    total_count: 2,
  });
  expect((await rest('GET', `/repos/local/shop/commits/${head}/statuses`)).body).toHaveLength(3);
});

test('what GitHub refuses is refused', async () => {
  const { github, rest, folder } = await start();
  const { commit: head } = await github.receivePush({ directory: repository() });
  const at = `/repos/local/shop/statuses/${head}`;
  expect(await rest('POST', at, { state: 'success', description: 'x'.repeat(141) })).toMatchObject({
    status: 422,
    body: { message: 'Validation Failed', errors: [{ field: 'description' }] },
  });
  expect(await rest('POST', at, { state: 'done' })).toMatchObject({ status: 422 });
  expect(
    await rest('POST', `/repos/local/shop/statuses/${'a'.repeat(40)}`, { state: 'success' }),
  ).toMatchObject({
    status: 422,
    body: { message: `No commit found for SHA: ${'a'.repeat(40)}` },
  });
  expect(await rest('POST', at, { state: 'success' }, 'wrong')).toMatchObject({ status: 401 });
  expect(await rest('POST', `/repos/local/other/statuses/${head}`, { state: 'success' })).toMatchObject({
    status: 404,
  });
  expect(await rest('GET', '/repos/local/shop/git/ref/heads/none')).toMatchObject({ status: 404 });
  const recorded = readFileSync(join(folder, 'requests.jsonl'), 'utf8').trim().split('\n');
  expect(recorded.map((line) => JSON.parse(line).status)).toEqual([422, 422, 422, 401, 404, 404]);
});

test('comparing says how two commits lie to each other', async () => {
  const { github, rest } = await start();
  const directory = repository();
  const { commit: first } = await github.receivePush({ directory });
  const second = commit(directory, 'second', { c: '1' });
  await github.receivePush({ directory });
  git(directory, 'reset', '--quiet', '--hard', first);
  const side = commit(directory, 'side', { d: '1' });
  await github.receivePush({ directory, ref: 'feature/side' });
  git(directory, 'checkout', '--quiet', '--orphan', 'lonely');
  const lonely = commit(directory, 'lonely', { e: '1' });
  await github.receivePush({ directory });
  const compare = async (base: string, head: string) => {
    const { status, body } = await rest('GET', `/repos/local/shop/compare/${base}...${head}`);
    return [status, body.status, body.ahead_by, body.behind_by];
  };
  expect(await compare(first, first)).toEqual([200, 'identical', 0, 0]);
  expect(await compare(first, second)).toEqual([200, 'ahead', 1, 0]);
  expect(await compare('main', first)).toEqual([200, 'behind', 0, 1]);
  expect(await compare(second, side)).toEqual([200, 'diverged', 1, 1]);
  expect((await compare(second, lonely))[0]).toBe(404);
  expect((await compare('a'.repeat(40), first))[0]).toBe(404);
  expect(await rest('GET', '/repos/local/shop/git/ref/heads/feature/side')).toMatchObject({
    status: 200,
    body: { object: { sha: side } },
  });
});

test('a receiver that refuses is told about', async () => {
  const { github } = await start(401);
  expect(await github.receivePush({ directory: repository() })).toMatchObject({ status: 401, body: 'taken' });
});

test('teams are those a person has written down, and the author of a commit is who pushed it', async () => {
  const { github, payloads, rest, folder } = await start();
  const ask = (login: string) => rest('GET', `/orgs/acme/teams/platform/memberships/${login}`);
  expect(await ask('mira')).toMatchObject({ status: 404 });
  writeFileSync(join(folder, 'teams.json'), JSON.stringify({ 'acme/platform': ['Mira'] }));
  expect(await ask('mira')).toMatchObject({ status: 200, body: { state: 'active' } });
  expect(await ask('ada')).toMatchObject({ status: 404 });
  const directory = repository();
  git(directory, 'commit', '--quiet', '--allow-empty', '--author=Mira Blum <m@example.com>', '-m', 'x');
  await github.receivePush({ directory });
  expect(payloads()[0]).toMatchObject({ sender: { login: 'mira-blum' }, pusher: { name: 'mira-blum' } });
});
