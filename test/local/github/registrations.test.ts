/** The App-manifest flow from the set-up page to the twin's GitHub and back. */
import { createPrivateKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { gitHubRequest } from '../../../lambdas/adapters/github-request.ts';
import { newApp } from '../../../lambdas/adapters/new-app.ts';
import { CODE, formIn, SetUpWorld, STATE } from '../../lambdas/set-up/world.ts';
import { start } from './support.ts';

const HOUR = 3600_000;

/** A set-up whose GitHub is the twin's, and its button pressed: where GitHub sends the browser. */
async function pressed(organisation?: string) {
  const clock = { now: Date.parse('2026-11-21T10:00:00Z') };
  const twin = await start(200, { now: () => clock.now });
  const world = await SetUpWorld.opened();
  world.gitHubUrl = twin.github.url;
  world.newApp = newApp(gitHubRequest(twin.github.apiUrl));
  const page = await world.visit('/set-up', { code: CODE, ...(organisation && { organisation }) });
  const { action, value } = formIn(page.body, 'post');
  const answer = await fetch(action, {
    method: 'POST',
    body: new URLSearchParams({ manifest: value }),
    redirect: 'manual',
  });
  const back = new URL(answer.headers.get('location') ?? 'about:blank');
  return { ...twin, world, clock, action, back, query: Object.fromEntries(back.searchParams) };
}

test('GitHub takes the manifest, hands a code back, and tells the App to who shows it', async () => {
  const { world, back, query, complaints, github } = await pressed();
  expect(back.origin + back.pathname).toBe('https://a1b2c3.execute-api.eu-west-1.amazonaws.com/set-up/done');
  expect(query.state).toBe(STATE);
  const { title, body } = await world.visit('/set-up/done', query);
  expect(title).toBe('Belay is set up');
  expect(body).toContain(`href="${github.url}/apps/belay-a1b2c3/installations/new"`);
  const { appId, privateKey } = JSON.parse(world.current.app ?? '');
  expect(appId).toBeGreaterThan(0);
  expect(createPrivateKey(privateKey).asymmetricKeyType).toBe('rsa');
  expect(world.current.webhook).toMatch(/^[0-9a-f]{40}$/);
  expect(complaints).toEqual([]);
});

test('the answer is as GitHub describes it, and is given once', async () => {
  const { rest, query } = await pressed('acme');
  const path = `/app-manifests/${query.code}/conversions`;
  const { status, body } = await rest('POST', path, undefined, 'nobody');
  expect(status).toBe(201);
  expect(body).toMatchObject({
    name: 'belay-a1b2c3',
    owner: { login: 'acme' },
    permissions: { checks: 'write', contents: 'write' },
    events: ['push', 'pull_request', 'merge_group', 'issue_comment', 'check_run', 'check_suite'],
  });
  expect((await rest('POST', path, undefined, 'nobody')).status).toBe(404);
});

test('after an hour GitHub knows the code no more, and the page says so', async () => {
  const { world, query, clock } = await pressed();
  clock.now += HOUR + 1;
  const { statusCode, title } = await world.visit('/set-up/done', query);
  expect([statusCode, title]).toEqual([409, 'GitHub does not know this answer any more']);
  expect(world.current).toEqual({ step: 'open', app: 'before', webhook: 'before' });
});

test('a manifest with a permission or a level that GitHub does not have is turned away', async () => {
  const { action } = await pressed();
  const manifest = {
    name: 'x',
    url: 'https://x.example',
    hook_attributes: { url: 'https://x.example/webhook' },
    redirect_url: 'https://x.example/done',
    default_events: ['push'],
  };
  for (const permissions of [{ check_runs: 'write' }, { checks: 'everything' }]) {
    const answer = await fetch(action, {
      method: 'POST',
      body: new URLSearchParams({
        manifest: JSON.stringify({ ...manifest, default_permissions: permissions }),
      }),
      redirect: 'manual',
    });
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('check');
  }
});
