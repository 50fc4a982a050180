import { expect, test } from '@jest/globals';
import { APP, CODE, formIn, KEY, SetUpWorld, STATE } from './world.ts';

const WRITTEN = {
  own: '{"step":"done"}',
  app: JSON.stringify({ appId: 4711, privateKey: KEY }),
  webhook: 'what-github-signs-with',
};

test('with the code the page posts the manifest to GitHub: these permissions, these events, these addresses', async () => {
  const world = new SetUpWorld();
  const { statusCode, body } = await world.visit('/set-up', { code: CODE });
  expect(statusCode).toBe(200);
  const { action, value } = formIn(body, 'post');
  expect(action).toBe(`https://github.com/settings/apps/new?state=${STATE}`);
  expect(JSON.parse(value)).toEqual({
    name: 'belay-a1b2c3',
    url: 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/set-up',
    hook_attributes: { url: 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/webhook', active: true },
    redirect_url: 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/set-up/done',
    public: false,
    default_permissions: {
      checks: 'write',
      contents: 'write',
      deployments: 'write',
      metadata: 'read',
      issues: 'write',
      pull_requests: 'read',
      merge_queues: 'read',
      members: 'read',
      statuses: 'write',
    },
    default_events: ['push', 'pull_request', 'merge_group', 'issue_comment', 'check_run', 'check_suite'],
  });
  expect(world.current).toEqual({ own: CODE, app: 'before', webhook: 'before' });
});

test('an organisation is chosen on the page, and owns the App then', async () => {
  const world = new SetUpWorld();
  expect(formIn((await world.visit('/set-up', { code: CODE })).body, 'get')).toEqual({
    action: '/set-up',
    value: CODE,
  });
  const { body } = await world.visit('/set-up', { code: CODE, organisation: ' acme-corp ' });
  expect(formIn(body, 'post').action).toBe(
    `https://github.com/organizations/acme-corp/settings/apps/new?state=${STATE}`,
  );
  expect(body).toContain('Create the App for acme-corp');
});

test.each(['../settings', 'acme/shop', '"><script>', '-acme', 'acme-', 'a'.repeat(40)])(
  '%s is no organisation, and nothing of it is shown',
  async (organisation) => {
    const { statusCode, body } = await new SetUpWorld().visit('/set-up', { code: CODE, organisation });
    expect(statusCode).toBe(400);
    expect(body).not.toContain(organisation);
    expect(body).not.toContain('method="post"');
  },
);

test('a GitHub Enterprise Server is where the form goes, and the only place it may go', async () => {
  const world = new SetUpWorld();
  world.gitHubUrl = 'https://git.acme.example/';
  const { body, headers } = await world.visit('/set-up', { code: CODE });
  expect(formIn(body, 'post').action).toBe(`https://git.acme.example/settings/apps/new?state=${STATE}`);
  expect(headers['content-security-policy']).toContain("form-action 'self' https://git.acme.example;");
});

test.each([
  ['none', {}],
  ['a wrong one', { code: CODE.replace('9', '8') }],
  ['an empty one', { code: '' }],
  ['one that is longer', { code: `${CODE}0` }],
  ['the state', { code: STATE }],
])('without the code the page is refused: %s', async (_, query) => {
  const world = new SetUpWorld();
  const { statusCode, body } = await world.visit('/set-up', query);
  expect(statusCode).toBe(403);
  expect(body).not.toContain(CODE);
  expect(body).not.toContain(STATE);
  expect(body).not.toContain('<form');
});

test("coming back, the App's id and key and the webhook's secret are kept, and the page is off for good", async () => {
  const world = new SetUpWorld();
  const { statusCode, title, body } = await world.back();
  expect([statusCode, title]).toEqual([200, 'Belay is set up']);
  expect(body).toContain('href="https://github.com/apps/belay-a1b2c3/installations/new"');
  expect(world.current).toEqual(WRITTEN);

  for (const visit of [world.visit('/set-up', { code: CODE }), world.back(), world.visit('/set-up')]) {
    const again = await visit;
    expect([again.statusCode, again.title]).toEqual([410, 'Belay is set up']);
    expect(again.body).toContain('Install the App on the repositories');
  }
  expect(world.current).toEqual(WRITTEN);
});

test('of the value before, which Secrets Manager keeps, nothing tells the key', async () => {
  const world = new SetUpWorld();
  await world.back();
  expect(world.values.own.slice(0, 2)).toEqual(['{"step":"done"}', '{"step":"written"}']);
});

test("somebody else's App is not taken: GitHub is not even asked about it", async () => {
  const world = new SetUpWorld();
  world.apps.set('evil-code', { ...APP, id: 666 });
  const queries: Record<string, string>[] = [
    { code: 'evil-code' },
    { code: 'evil-code', state: '' },
    { code: 'evil-code', state: STATE.replace('a', 'b') },
    { code: 'evil-code', state: CODE },
  ];
  for (const query of queries) {
    const { statusCode, title } = await world.visit('/set-up/done', query);
    expect([statusCode, title]).toEqual([403, 'This was not begun here']);
  }
  expect(world.apps.has('evil-code')).toBe(true);
  expect(world.current).toEqual({ own: CODE, app: 'before', webhook: 'before' });
});

test('an answer that GitHub does not know any more changes nothing, and the page says what to do', async () => {
  const world = new SetUpWorld();
  const queries: Record<string, string>[] = [{ code: 'too-old', state: STATE }, { state: STATE }];
  for (const query of queries) {
    const { statusCode, body } = await world.visit('/set-up/done', query);
    expect(statusCode).toBe(409);
    expect(body).toContain('<a href="https://github.com/settings/apps">delete it on GitHub</a>');
    expect(body).toContain('Start again');
  }
  expect(world.current).toEqual({ own: CODE, app: 'before', webhook: 'before' });
  expect((await world.back()).statusCode).toBe(200);
});

/** The calls of a visit that comes back from GitHub, in order. */
const CALLS = ['own', 'newApp', 'put own', 'put webhook', 'put app', 'put own', 'put own'];

test('a visit that comes back makes these calls', async () => {
  const world = new SetUpWorld();
  const calls: string[] = [];
  world.before = async (call) => void calls.push(call);
  await world.back();
  expect(calls).toEqual(CALLS);
});

test.each(CALLS.map((call, index) => [index + 1, call] as const))(
  'a visit that dies after call %i (%s) leaves something a later one finishes or explains',
  async (count, call) => {
    const world = new SetUpWorld();
    world.dieAfter = count;
    const died = await world.back();
    expect([died.statusCode, died.title]).toEqual([500, 'Setting up did not work']);
    world.dieAfter = Number.POSITIVE_INFINITY;

    const reloaded = await world.back();
    if (call === 'newApp') {
      // GitHub tells the key once, and nobody has kept it: the only loss there can be.
      expect(reloaded.title).toBe('GitHub does not know this answer any more');
      expect(world.current).toEqual({ own: CODE, app: 'before', webhook: 'before' });
      world.apps.set('second-code', APP);
      expect((await world.back('second-code')).statusCode).toBe(200);
    } else expect(reloaded.title).toBe('Belay is set up');
    expect(world.current).toEqual(WRITTEN);
    expect(world.values.own[1]).not.toContain('PRIVATE KEY');
  },
);

test.each([3, 4, 5])(
  'after dying at call %i the page itself finishes too, and makes no second App',
  async (count) => {
    const world = new SetUpWorld();
    world.dieAfter = count;
    await world.back();
    world.dieAfter = Number.POSITIVE_INFINITY;
    expect((await world.visit('/set-up', { code: 'wrong' })).statusCode).toBe(403);
    expect(world.current.own).toContain('"step":"answered"');
    const { statusCode, body } = await world.visit('/set-up', { code: CODE });
    expect(statusCode).toBe(200);
    expect(body).not.toContain('<form');
    expect(world.current).toEqual(WRITTEN);
  },
);

test.each(['put own', 'put webhook', 'put app'])(
  'two Apps at once, the second overtaking before "%s": one is used whole, the other is to be deleted',
  async (moment) => {
    const world = new SetUpWorld();
    world.apps.set('second-code', {
      id: 4712,
      privateKey: 'second key',
      webhookSecret: 'second secret',
      url: 'https://github.com/apps/second',
    });
    let overtaking: ReturnType<SetUpWorld['back']> | undefined;
    world.before = async (call) => {
      if (call !== moment || overtaking !== undefined) return;
      overtaking = world.back('second-code');
      await overtaking;
    };
    const first = await world.back();
    const second = await overtaking;
    const { app, webhook } = world.current;
    const isFirst = app === WRITTEN.app;
    expect([app, webhook]).toEqual(
      isFirst
        ? [WRITTEN.app, 'what-github-signs-with']
        : [JSON.stringify({ appId: 4712, privateKey: 'second key' }), 'second secret'],
    );
    if (moment === 'put own') {
      expect(isFirst).toBe(false);
      expect(first.title).toBe('Another App was faster');
      expect(first.body).toContain('<a href="https://github.com/apps/belay-a1b2c3">Delete this one</a>');
      expect(second?.title).toBe('Belay is set up');
    } else expect(isFirst).toBe(true);
    await world.visit('/set-up');
    expect(world.current.own).toBe('{"step":"done"}');
  },
);

test('a new code opens the page again, for another App', async () => {
  const world = new SetUpWorld();
  await world.back();
  const other = 'another-code-that-somebody-has-put-there-by-hand';
  world.values.own.unshift(other);
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(403);
  const { statusCode, body } = await world.visit('/set-up', { code: other });
  expect(statusCode).toBe(200);
  const state = new URL(formIn(body, 'post').action).searchParams.get('state') ?? '';
  expect(state).not.toBe(STATE);
  world.apps.set('later', { ...APP, id: 4713 });
  expect((await world.back('later', state)).statusCode).toBe(200);
  expect(JSON.parse(world.current.app ?? '').appId).toBe(4713);
});

test.each(['', 'short', '{"step":"unheard of"}', '{ no JSON'])(
  'a secret of the set-up that holds "%s" opens to nobody, and the log says what to do',
  async (value) => {
    const world = new SetUpWorld();
    world.values.own.unshift(value);
    expect((await world.visit('/set-up', { code: value })).statusCode).toBe(500);
    expect(world.lines[0]).toContain('put a long random one into it');
  },
);

test('no secret is in a page or in the log, and no page may be kept, framed or scripted', async () => {
  const world = new SetUpWorld();
  world.dieAfter = 3;
  const pages = [await world.back()];
  world.dieAfter = Number.POSITIVE_INFINITY;
  pages.push(await world.back(), await world.visit('/set-up'), await world.back('x', 'y'));
  const shown = pages.map(({ body }) => body).join('\n') + world.lines.join('\n');
  for (const secret of [CODE, STATE, 'nobody may see this', 'what-github-signs-with', 'github-code'])
    expect(shown).not.toContain(secret);
  for (const { headers, body } of pages) {
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self' https:\/\/github\.com; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(body).not.toMatch(/<script|onclick|javascript:/);
  }
});
