/** The recording GitHub as an App meets it: its word, narrowed tokens, check runs, limits. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { commit, repository, start } from './support.ts';

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey;
const KEY = pair();
const NOW = Date.parse('2026-11-21T10:00:00Z');

function jwt(claims: object = {}, key = KEY): string {
  const seconds = NOW / 1000;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = { iss: '77', iat: seconds - 60, exp: seconds + 540, ...claims };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(said)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

const clock = { now: NOW };

/** A GitHub with an App, one pushed repository, and calls with a token of these permissions. */
async function appWorld(permissions: object = { checks: 'write' }) {
  clock.now = NOW;
  const secret = JSON.stringify({ appId: '77', privateKey: KEY });
  const world = await start(200, { secret, now: () => clock.now });
  const { commit: head } = await world.github.receivePush({ directory: repository() });
  const issued = await world.rest(
    'POST',
    '/app/installations/1/access_tokens',
    { repositories: ['shop'], permissions },
    jwt(),
  );
  const call = (method: string, path: string, body?: object) =>
    world.rest(method, path, body, issued.body.token);
  return { ...world, head, issued, call, secret };
}

const RUNS = '/repos/local/shop/check-runs';
const summary = { title: 'planning', summary: 'planning' };

test.each<[string, string, string]>([
  ['another key', jwt({}, pair()), 'A JSON web token could not be decoded'],
  ['another App', jwt({ iss: '78' }), 'Integration not found'],
  [
    'too long a life',
    jwt({ exp: NOW / 1000 + 700 }),
    "'Expiration time' claim ('exp') is too far in the future",
  ],
  ['the past', jwt({ exp: NOW / 1000 - 1 }), 'must be a numeric value representing the future'],
  ['the future', jwt({ iat: NOW / 1000 + 90 }), "'Issued at' claim ('iat') must be in the past"],
  ['no token at all', 'eyJhbGciOiJub25lIn0.e30.x', 'A JSON web token could not be decoded'],
])('a word with %s is not the App’s', async (_, token, message) => {
  const { rest } = await appWorld();
  expect(await rest('GET', '/repos/local/shop/installation', undefined, token)).toMatchObject({
    status: 401,
    body: { message: expect.stringContaining(message) },
  });
});

test('an installation is found, and its token is good for an hour, for what it was asked for', async () => {
  const { rest, call, head, issued, github } = await appWorld({ checks: 'write', contents: 'read' });
  expect(await rest('GET', '/repos/local/shop/installation', undefined, jwt())).toMatchObject({
    status: 200,
    body: { id: 1, app_id: 77, account: { login: 'local' } },
  });
  expect(issued).toMatchObject({
    status: 201,
    body: {
      expires_at: '2026-11-21T11:00:00Z',
      permissions: { checks: 'write', contents: 'read' },
      repository_selection: 'selected',
    },
  });
  await github.receivePush({ directory: repository('other') });
  expect(await call('GET', `/repos/local/shop/commits/${head}`)).toMatchObject({ status: 200 });
  expect(await call('GET', `/repos/local/other/commits/main`)).toMatchObject({ status: 404 });
  expect(await call('POST', `/repos/local/shop/statuses/${head}`, { state: 'success' })).toMatchObject({
    status: 403,
    body: { message: 'Resource not accessible by integration' },
  });
  expect(await call('GET', '/repos/local/shop/installation')).toMatchObject({ status: 401 });
  clock.now += 3599_000;
  expect(await call('GET', `/repos/local/shop/commits/${head}`)).toMatchObject({ status: 200 });
  clock.now += 1_000;
  expect(await call('GET', `/repos/local/shop/commits/${head}`)).toMatchObject({ status: 401 });
});

test('no token goes beyond what the App was given, and none is for a repository without it', async () => {
  const { rest, github } = await appWorld();
  const ask = (body: object) => rest('POST', '/app/installations/1/access_tokens', body, jwt());
  expect(await ask({ permissions: { administration: 'write' } })).toMatchObject({
    status: 422,
    body: { message: 'The permissions requested are not granted to this installation.' },
  });
  expect(await ask({ repositories: ['unknown'] })).toMatchObject({ status: 422 });
  github.app.installedOn = () => false;
  expect(await ask({ repositories: ['shop'] })).toMatchObject({ status: 422 });
  expect(await rest('GET', '/repos/local/shop/installation', undefined, jwt())).toMatchObject({
    status: 404,
  });
});

test('a check run: created, completed, its annotations added up, and not opened again', async () => {
  const { call, head } = await appWorld();
  const created = await call('POST', RUNS, {
    name: 'belay',
    head_sha: head,
    status: 'in_progress',
    external_id: 'r1',
  });
  expect(created).toMatchObject({
    status: 201,
    body: { id: 1, name: 'belay', external_id: 'r1', status: 'in_progress', conclusion: null },
  });
  const annotation = { path: 'a.tf', start_line: 3, end_line: 3, annotation_level: 'failure', message: 'no' };
  const output = { ...summary, annotations: [annotation] };
  await call('PATCH', `${RUNS}/1`, { output });
  expect(
    await call('PATCH', `${RUNS}/1`, { status: 'completed', conclusion: 'failure', output }),
  ).toMatchObject({
    status: 200,
    body: { status: 'completed', conclusion: 'failure', output: { annotations_count: 2 } },
  });
  expect(await call('PATCH', `${RUNS}/1`, { status: 'in_progress' })).toMatchObject({ status: 422 });
  expect((await call('GET', `${RUNS}/1/annotations`)).body).toMatchObject([annotation, annotation]);
  await call('POST', RUNS, { name: 'belay', head_sha: head });
  const listed = await call('GET', `/repos/local/shop/commits/${head}/check-runs`);
  expect(listed.body).toMatchObject({ total_count: 1, check_runs: [{ id: 2, status: 'queued' }] });
  const all = await call(
    'GET',
    `/repos/local/shop/commits/main/check-runs?filter=all&per_page=1&check_name=belay`,
  );
  expect(all.body).toMatchObject({ total_count: 2, check_runs: [{ id: 2 }] });
  expect(all.headers.get('link')).toMatch(/page=2>; rel="next", <.*page=2>; rel="last"/);
});

test.each<[string, object]>([
  [
    '51 annotations',
    {
      output: {
        ...summary,
        annotations: Array(51).fill({
          path: 'a',
          start_line: 1,
          end_line: 1,
          annotation_level: 'notice',
          message: 'x',
        }),
      },
    },
  ],
  ['a long summary', { output: { ...summary, summary: 'x'.repeat(65_536) } }],
  ['a long text', { output: { ...summary, text: 'x'.repeat(65_536) } }],
  ['four buttons', { actions: Array(4).fill({ label: 'a', description: 'b', identifier: 'c' }) }],
  ['a long label', { actions: [{ label: 'x'.repeat(21), description: 'b', identifier: 'c' }] }],
  ['completed without a conclusion', { status: 'completed' }],
  ['a field GitHub does not know', { verdict: 'failed' }],
  [
    'a title of 256 characters',
    {
      output: {
        ...summary,
        annotations: [
          {
            path: 'a',
            start_line: 1,
            end_line: 1,
            annotation_level: 'notice',
            message: 'x',
            title: 'x'.repeat(256),
          },
        ],
      },
    },
  ],
])('refused: %s', async (_, body) => {
  const { call, head } = await appWorld();
  await call('POST', RUNS, { name: 'belay', head_sha: head });
  expect(await call('PATCH', `${RUNS}/1`, body)).toMatchObject({ status: 422 });
});

test('a token of a person makes no check runs', async () => {
  const { github, rest } = await start();
  const { commit: head } = await github.receivePush({ directory: repository() });
  expect(await rest('POST', RUNS, { name: 'belay', head_sha: head })).toMatchObject({
    status: 403,
    body: { message: 'You must authenticate via a GitHub App.' },
  });
});

test('what GitHub does not describe is refused, and told to whoever runs the twin', async () => {
  const { call, complaints } = await appWorld();
  expect(await call('GET', '/repos/local/shop/labels')).toMatchObject({ status: 404 });
  expect(await call('GET', '/repos/local/shop/pulls?colour=red')).toMatchObject({ status: 422 });
  expect(complaints).toEqual([
    "the twin's GitHub knows no GET /repos/local/shop/labels",
    'GET /repos/local/shop/pulls is not as GitHub describes it: no query parameter is called colour',
  ]);
});

test('limits and outages, when a test wants them', async () => {
  const { call, github, head } = await appWorld();
  const create = () => call('POST', RUNS, { name: 'belay', head_sha: head });
  github.limits.writesPerMinute = 2;
  await create();
  const limited = await create();
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([403, '60']);
  clock.now += 60_000;
  expect(await create()).toMatchObject({ status: 201 });
  github.limits.perHour = 6;
  expect((await create()).status).toBe(201);
  const used = await create();
  expect([used.status, used.headers.get('x-ratelimit-remaining')]).toEqual([403, '0']);
  expect(used.headers.get('x-ratelimit-reset')).toBe(String(NOW / 1000 + 3600));
  github.limits.isDown = true;
  expect((await create()).status).toBe(503);
});

test('pull requests, comments and reactions', async () => {
  const { call, github, head } = await appWorld({ issues: 'write', pull_requests: 'read' });
  const directory = repository('other');
  commit(directory, 'more', { c: '1' });
  github.discussions.open({
    repository: 100000001,
    title: 'Bigger',
    user: 'mira',
    head: 'main',
    base: 'main',
  });
  expect((await call('GET', '/repos/local/shop/pulls?head=local:main')).body).toMatchObject([
    { number: 1, title: 'Bigger', head: { sha: head }, user: { login: 'mira' } },
  ]);
  expect(await call('GET', '/repos/local/shop/pulls/2')).toMatchObject({ status: 404 });
  const comments = '/repos/local/shop/issues/1/comments';
  expect(await call('POST', comments, { body: 'x'.repeat(65_537) })).toMatchObject({
    status: 422,
    body: { errors: [{ message: 'body is too long (maximum is 65536 characters)' }] },
  });
  expect(await call('POST', comments, { body: 'a plan' })).toMatchObject({ status: 201, body: { id: 1 } });
  await call('PATCH', '/repos/local/shop/issues/comments/1', { body: 'another plan' });
  expect((await call('GET', comments)).body).toMatchObject([{ body: 'another plan', user: { type: 'Bot' } }]);
  const react = () => call('POST', '/repos/local/shop/issues/comments/1/reactions', { content: 'rocket' });
  expect([(await react()).status, (await react()).status]).toEqual([201, 200]);
});

test('deployments: no merge, no required contexts, and older ones become inactive', async () => {
  const { call, head } = await appWorld({ deployments: 'write' });
  const at = '/repos/local/shop/deployments';
  const order = { ref: head, environment: 'dev', auto_merge: false, required_contexts: [] };
  expect(await call('POST', at, { ...order, auto_merge: true })).toMatchObject({ status: 409 });
  expect(await call('POST', at, { ref: head, auto_merge: false })).toMatchObject({ status: 409 });
  for (const id of [1, 2]) {
    expect(await call('POST', at, order)).toMatchObject({ status: 201, body: { id, sha: head } });
    await call('POST', `${at}/${id}/statuses`, { state: 'success', description: 'applied' });
  }
  const states = async (id: number) =>
    (await call('GET', `${at}/${id}/statuses`)).body.map(({ state }: { state: string }) => state);
  expect([await states(1), await states(2)]).toEqual([['inactive', 'success'], ['success']]);
  expect((await call('GET', `${at}?environment=dev`)).body).toMatchObject([{ id: 2 }, { id: 1 }]);
});

test('refs and commits are made as the pipeline makes its history', async () => {
  const { call, head } = await appWorld({ contents: 'write' });
  const at = '/repos/local/shop/git';
  const tree = await call('POST', `${at}/trees`, {
    tree: [{ path: 'note', mode: '100644', type: 'blob', content: 'deployed' }],
  });
  const made = await call('POST', `${at}/commits`, {
    message: 'release 1',
    tree: tree.body.sha,
    parents: [head],
  });
  expect(made).toMatchObject({ status: 201, body: { message: 'release 1', parents: [{ sha: head }] } });
  const ref = { ref: 'refs/belay/dev/history', sha: made.body.sha };
  expect(await call('POST', `${at}/refs`, ref)).toMatchObject({ status: 201 });
  expect(await call('POST', `${at}/refs`, ref)).toMatchObject({ status: 422 });
  expect(await call('PATCH', `${at}/refs/belay/dev/history`, { sha: head })).toMatchObject({
    status: 422,
    body: { message: 'Update is not a fast forward' },
  });
  expect(await call('PATCH', `${at}/refs/belay/dev/history`, { sha: head, force: true })).toMatchObject({
    status: 200,
  });
  expect((await call('GET', `${at}/ref/belay/dev/history`)).body).toMatchObject({ object: { sha: head } });
});

test('the App sees its deliveries, and has failed ones sent again', async () => {
  const { rest, github, delivered } = await appWorld();
  const list = async (query = '') =>
    (await rest('GET', `/app/hook/deliveries${query}`, undefined, jwt())).body;
  expect(await list()).toMatchObject([{ id: 1, event: 'push', status: 'OK', redelivery: false }]);
  expect(await list('?status=failure')).toEqual([]);
  const again = await rest('POST', '/app/hook/deliveries/1/attempts', undefined, jwt());
  expect(again.status).toBe(202);
  while (github.deliveries.attempts().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await list()).toMatchObject([{ id: 2, redelivery: true }, { id: 1 }]);
  expect(delivered[1]?.headers['x-github-delivery']).toBe(delivered[0]?.headers['x-github-delivery']);
});

test('permissions, branches and the repository itself', async () => {
  const { call, head } = await appWorld({ contents: 'read' });
  expect((await call('GET', '/repos/local/shop/collaborators/mira/permission')).body).toMatchObject({
    permission: 'admin',
    role_name: 'admin',
  });
  expect((await call('GET', '/repos/local/shop')).body).toMatchObject({
    id: 100000001,
    default_branch: 'main',
  });
  expect((await call('GET', '/repos/local/shop/branches')).body).toMatchObject([
    { name: 'main', commit: { sha: head } },
  ]);
  expect((await call('GET', '/repos/local/shop/branches/main')).body).toMatchObject({
    commit: { sha: head },
  });
});
