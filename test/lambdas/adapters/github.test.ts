import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gitHub } from '../../../lambdas/adapters/github.ts';
import { type HttpAnswer, type HttpRequest, type HttpServer, httpServer } from '../../support/http-server.ts';

const TOKEN = 'ghs_12345_a.very-long.installation-token';
const BASE = '5b1f0c7de2a94c3f8a6b1d0e9f7c6a5b4d3e2f10';
const HEAD = 'c0ffee1234567890abcdef1234567890abcdef12';
const PENDING = { context: 'belay', state: 'pending', description: 'planning' } as const;

let server: HttpServer | undefined;
afterEach(() => server?.close());

/** What the secret holds. */
let appId: string | undefined;
beforeEach(() => {
  appId = undefined;
});

async function api(...answers: (HttpAnswer | ((request: HttpRequest) => HttpAnswer))[]) {
  const started = await httpServer((request) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return typeof answer === 'function' ? answer(request) : (answer ?? {});
  });
  server = started;
  const refused: string[] = [];
  const access = {
    mode: async () => 'token' as const,
    appId: async () => appId,
    token: async () => TOKEN,
    refused: (token: string) => void refused.push(token),
  };
  return { github: gitHub(`${started.url}/api/v3/`, access, [1, 1]), requests: started.requests, refused };
}

const broken = () => {
  throw new Error('connection lost');
};

const messageOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'nothing went wrong',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test.each(['identical', 'ahead', 'behind', 'diverged'])('two commits compared: %s', async (status) => {
  const { github, requests } = await api({ body: { status, files: [] } });
  expect(await github.compare('acme/shop', BASE, HEAD)).toBe(status);
  expect(requests[0]).toMatchObject({
    method: 'GET',
    url: `/api/v3/repos/acme/shop/compare/${BASE}...${HEAD}?per_page=1`,
    headers: { authorization: `Bearer ${TOKEN}`, 'x-github-api-version': '2022-11-28' },
  });
});

test('a base GitHub does not know is unknown', async () => {
  const { github } = await api({ status: 404, body: { message: 'Not Found' } });
  expect(await github.compare('acme/shop', BASE, HEAD)).toBe('unknown');
});

test("a branch's head is read, whatever the branch is called", async () => {
  const { github, requests } = await api({
    body: { ref: 'refs/heads/x', object: { sha: HEAD, type: 'commit' } },
  });
  expect(await github.branchHead('acme/shop', 'feature/#1 größer')).toBe(HEAD);
  expect(requests[0]?.url).toBe('/api/v3/repos/acme/shop/git/ref/heads/feature/%231%20gr%C3%B6%C3%9Fer');
});

test('a branch that is gone has no head', async () => {
  const { github } = await api({ status: 404, body: { message: 'Not Found' } });
  expect(await github.branchHead('acme/shop', 'main')).toBeUndefined();
});

test('membership of a team: active members only; what cannot be seen is none', async () => {
  const { github, requests } = await api(
    { body: { state: 'active', role: 'member' } },
    { body: { state: 'pending', role: 'member' } },
    { status: 404, body: { message: 'Not Found' } },
  );
  const seen = [];
  for (const login of ['ada', 'bob', 'c/d']) seen.push(await github.isTeamMember('acme', 'platform', login));
  expect(seen).toEqual([true, false, false]);
  expect(requests.map(({ url }) => url)).toEqual([
    '/api/v3/orgs/acme/teams/platform/memberships/ada',
    '/api/v3/orgs/acme/teams/platform/memberships/bob',
    '/api/v3/orgs/acme/teams/platform/memberships/c%2Fd',
  ]);
});

test('a status is posted', async () => {
  const { github, requests } = await api({ status: 201, body: { id: 1 } });
  await github.createStatus('acme/shop', HEAD, { ...PENDING, context: 'belay/dev/app' });
  expect(requests[0]).toMatchObject({ method: 'POST', url: `/api/v3/repos/acme/shop/statuses/${HEAD}` });
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    context: 'belay/dev/app',
    state: 'pending',
    description: 'planning',
  });
});

test('reads outlast a server error and a broken connection', async () => {
  const { github, requests } = await api(
    broken,
    { status: 502, body: 'bad gateway' },
    { body: { status: 'ahead' } },
  );
  expect(await github.compare('acme/shop', BASE, HEAD)).toBe('ahead');
  expect(requests).toHaveLength(3);
});

test('a read that keeps failing is an error; a refusal is not tried again', async () => {
  const failing = await api({ status: 503, body: { message: 'unavailable' } });
  expect(await messageOf(failing.github.branchHead('acme/shop', 'main'))).toBe(
    'GitHubError: reading the head of main of acme/shop: GitHub answered 503: unavailable',
  );
  expect(failing.requests).toHaveLength(3);
  server?.close();
  const refusing = await api({ status: 401, body: { message: 'Bad credentials' } });
  expect(await messageOf(refusing.github.branchHead('acme/shop', 'main'))).toBe(
    'GitHubError: reading the head of main of acme/shop: GitHub answered 401: Bad credentials; the credentials in the GitHub secret are not valid (any more)',
  );
  expect(refusing.requests).toHaveLength(1);
  expect(refusing.refused).toEqual([TOKEN]);
});

test.each<[string, HttpAnswer, string]>([
  [
    'a secondary rate limit',
    {
      status: 403,
      headers: { 'retry-after': '60' },
      body: { message: 'You have exceeded a secondary rate limit' },
    },
    'GitHub answered 403: You have exceeded a secondary rate limit; the rate limit is used up, it will be tried again',
  ],
  [
    'a used-up rate limit',
    { status: 403, headers: { 'x-ratelimit-remaining': '0' }, body: { message: 'API rate limit exceeded' } },
    'GitHub answered 403: API rate limit exceeded; the rate limit is used up, it will be tried again',
  ],
  [
    'a missing permission',
    {
      status: 403,
      headers: { 'x-accepted-github-permissions': 'statuses=write' },
      body: { message: 'Resource not accessible by integration' },
    },
    'GitHub answered 403: Resource not accessible by integration; the token lacks a permission for this (statuses=write)',
  ],
  [
    'a commit that is gone',
    { status: 422, body: { message: `No commit found for SHA: ${HEAD}` } },
    `GitHub answered 422: No commit found for SHA: ${HEAD}`,
  ],
  ['a server error', { status: 500, body: 'oops' }, 'GitHub answered 500: oops'],
])('%s is told, and a status is not posted twice', async (_, answer, message) => {
  const { github, requests } = await api(answer);
  expect(await messageOf(github.createStatus('acme/shop', HEAD, PENDING))).toBe(
    `GitHubError: setting status belay of ${HEAD} of acme/shop: ${message}`,
  );
  expect(requests).toHaveLength(1);
});

test('neither refusals nor broken connections tell the token', async () => {
  for (const answer of [broken, { status: 401, body: { message: 'Bad credentials' } }]) {
    const { github } = await api(answer);
    const failure = await github.createStatus('acme/shop', HEAD, PENDING).catch((error) => error);
    const told = JSON.stringify(failure, Object.getOwnPropertyNames(failure)) + String(failure.cause);
    expect(told).toContain('setting status');
    expect(told).not.toContain(TOKEN);
    server?.close();
  }
});

test('an answer of another shape is an error that says where', async () => {
  const { github } = await api({ body: { status: 'sideways' } });
  expect(await messageOf(github.compare('acme/shop', BASE, HEAD))).toMatch(/not as documented.*status/s);
});

test.each<[Record<string, string>, number, string, number | undefined]>([
  [{ 'retry-after': '90' }, 403, 'You have exceeded a secondary rate limit', 90],
  [{ 'retry-after': '90' }, 429, 'Too many requests', 90],
  [
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795254000' },
    403,
    'API rate limit exceeded',
    undefined,
  ],
  [{}, 403, 'You have exceeded a secondary rate limit', 60],
  [{}, 429, 'Too many requests', 60],
])('a limit says when to come back: %o', async (headers, status, message, seconds) => {
  const { github } = await api({ status, headers, body: { message } });
  const before = Date.now();
  const failure = await github.createStatus('acme/shop', HEAD, PENDING).catch((error) => error);
  const at = failure.retryAt.getTime();
  if (seconds === undefined) expect(failure.retryAt).toEqual(new Date('2026-11-21T09:40:00Z'));
  else expect(Math.abs(at - before - seconds * 1000)).toBeLessThan(5000);
});

test('a refusal that is no limit names no time', async () => {
  const { github } = await api({ status: 403, body: { message: 'Resource not accessible by integration' } });
  const failure = await github.createStatus('acme/shop', HEAD, PENDING).catch((error) => error);
  expect([failure.status, failure.retryAt]).toEqual([403, undefined]);
});

test("a comment is the App's own, not anybody's who writes the same words", async () => {
  const mark = { body: 'so\n\n<!-- belay answers 55 -->' };
  const app = { id: 12, client_id: 'Iv23abc' };
  const comments = [
    { id: 1, ...mark, user: { type: 'User' }, performed_via_github_app: null },
    { id: 2, ...mark, user: { type: 'User' }, performed_via_github_app: app },
    { id: 3, ...mark, user: { type: 'Bot' }, performed_via_github_app: { id: 13, client_id: 'Iv23abd' } },
    { id: 4, ...mark, user: null },
    { id: 5, body: 'other words', user: { type: 'Bot' }, performed_via_github_app: app },
    { id: 6, ...mark, user: { type: 'Bot' }, performed_via_github_app: app },
  ];
  const { github } = await api(() => ({ body: comments }));
  const wanted = { since: '2026-11-21T08:00:00.000Z', words: '<!-- belay answers 55 -->' };
  const find = () => github.findComment('acme/shop', 3, wanted);
  const found = [];
  for (appId of ['12', 'Iv23abc', undefined]) found.push(await find());
  expect(found).toEqual([6, 6, 1]);
  comments[5] = { id: 6, ...mark, user: { type: 'Bot' }, performed_via_github_app: null };
  appId = '12';
  expect(await find()).toBe(6);
});
