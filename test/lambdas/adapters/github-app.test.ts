/** Belay as a GitHub App, against a GitHub that checks the App's word and narrows its tokens. */
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { gitHub } from '../../../lambdas/adapters/github.ts';
import { gitHubRequest } from '../../../lambdas/adapters/github-request.ts';
import type { GitHubCredentials } from '../../../lambdas/adapters/github-secret.ts';
import { accessBy } from '../../../lambdas/adapters/github-token.ts';
import { NotGranted } from '../../../lambdas/github-error.ts';
import { repository, start } from '../../local/github/support.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const KEY = pair();

const clock = { now: NOW };
afterEach(() => {
  clock.now = NOW;
});

/** An App with this key on a GitHub that knows `KEY`; `asked` lists the routes called so far. */
async function world(privateKey = KEY) {
  const now = () => clock.now;
  const pem = KEY.export({ type: 'pkcs1', format: 'pem' });
  const world = await start(200, { secret: JSON.stringify({ appId: '77', privateKey: pem }), now });
  const { commit: head } = await world.github.receivePush({ directory: repository() });
  const asked: string[] = [];
  const request = gitHubRequest(world.github.apiUrl, now);
  const credentials: GitHubCredentials = { kind: 'app', appId: '77', privateKey };
  const access = accessBy(async () => credentials, {
    now,
    send: (call) => {
      asked.push(call.route);
      return request(call);
    },
  });
  return { ...world, head, access, asked, api: gitHub(world.github.apiUrl, access, [1, 1]) };
}

const SHOP = { repository: 'local/shop' };
const messageOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'nothing went wrong',
    (error: Error) => error.message,
  );

test('one token for each repository and permission, kept until shortly before its end', async () => {
  const { access, asked } = await world();
  const first = await access.token(SHOP, { contents: 'read' });
  expect(first.length).toBeGreaterThan(255);
  expect(await access.token(SHOP, { contents: 'read' })).toBe(first);
  expect(asked).toEqual([
    'GET /repos/{owner}/{repository}/installation',
    'POST /app/installations/{id}/access_tokens',
  ]);
  expect(await access.token(SHOP, { checks: 'write' })).not.toBe(first);
  clock.now += 49 * 60_000;
  expect(await access.token(SHOP, { contents: 'read' })).toBe(first);
  clock.now += 60_000;
  expect(await access.token(SHOP, { contents: 'read' })).not.toBe(first);
  expect(asked).toHaveLength(6);
});

test('several who want the same token at once wait for one', async () => {
  const { access, asked } = await world();
  const tokens = await Promise.all([1, 2, 3].map(() => access.token(SHOP, { contents: 'read' })));
  expect(new Set(tokens).size).toBe(1);
  expect(asked).toHaveLength(2);
});

test('the API works with tokens that open only what they are for', async () => {
  const { api, head, github } = await world();
  expect(await api.mode()).toBe('app');
  expect(await api.branchHead('local/shop', 'main')).toBe(head);
  const output = { title: 'planning', summary: 'planning' };
  const check = { name: 'belay', external_id: 'r', status: 'in_progress', output, actions: [] } as const;
  const id = await api.createCheckRun('local/shop', head, check);
  await api.updateCheckRun('local/shop', id, { ...check, status: 'completed', conclusion: 'success' });
  expect(github.checks.of({ repository: 100000001, sha: head })).toMatchObject([
    { name: 'belay', external_id: 'r', status: 'completed', conclusion: 'success' },
  ]);
  expect(await api.isTeamMember('acme', 'platform', 'ada')).toBe(false);
});

test('a token GitHub took back is not used twice', async () => {
  const { api, github } = await world();
  await api.branchHead('local/shop', 'main');
  github.app.revokeAll();
  expect(await messageOf(api.branchHead('local/shop', 'main'))).toContain('GitHub answered 401');
  expect(await messageOf(api.branchHead('local/shop', 'main'))).toBe('nothing went wrong');
});

test('an App that is not installed, may too little, or has another key says so', async () => {
  const { access, github } = await world();
  github.app.permissions = { contents: 'read', metadata: 'read' };
  expect(await messageOf(access.token(SHOP, { checks: 'write' }))).toMatch(
    /GitHub App 77 for local\/shop: GitHub answered 422.*may not have checks: write.*accept it in the installation/s,
  );
  await expect(access.token(SHOP, { contents: 'write' })).rejects.toBeInstanceOf(NotGranted);
  github.app.installedOn = () => false;
  expect(await messageOf(access.token(SHOP, { contents: 'read' }))).toMatch(
    /GitHub answered 404.*the App is not installed on local\/shop: install it there/s,
  );
  const stranger = await world(pair());
  expect(await messageOf(stranger.access.token(SHOP, { contents: 'read' }))).toMatch(
    /GitHub answered 401.*appId and privateKey of the GitHub secret must belong together/s,
  );
});

test('an App that is not installed is not taken for a branch that is gone', async () => {
  const { api, github, head } = await world();
  github.app.installedOn = () => false;
  expect(await messageOf(api.branchHead('local/shop', 'main'))).toContain(
    'the App is not installed on local/shop',
  );
  expect(await messageOf(api.compare('local/shop', head, 'main'))).toContain(
    'the App is not installed on local/shop',
  );
});

test('a failed try is forgotten', async () => {
  const { access, github } = await world();
  github.app.installedOn = () => false;
  await access.token(SHOP, { contents: 'read' }).catch(() => undefined);
  github.app.installedOn = () => true;
  expect(await access.token(SHOP, { contents: 'read' })).toMatch(/^ghs_/);
});

test('a token in place of an App is used for everything', async () => {
  const access = accessBy(async () => ({ kind: 'token', token: 'github_pat_x' }), {
    now: () => NOW,
    send: async () => ({}),
  });
  expect([await access.mode(), await access.token(SHOP, { statuses: 'write' })]).toEqual([
    'token',
    'github_pat_x',
  ]);
});
