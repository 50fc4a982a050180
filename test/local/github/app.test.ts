/** The recording GitHub as an App meets it: its word, narrowed tokens, check runs, limits. */
import { expect, test } from '@jest/globals';
import { appWorld, clock, jwt, NOW, pair } from './app-world.ts';
import { repository, start } from './support.ts';

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
