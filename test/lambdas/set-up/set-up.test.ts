/** What visits to the set-up page come to, and what is left where one dies. */
import { expect, test } from '@jest/globals';
import { sealed, unsealed } from '../../../lambdas/set-up/code.ts';
import { APP, CODE, DIGEST, formIn, SetUpWorld, STATE, UNTOUCHED, WRITTEN } from './world.ts';

test('with the code the page posts the manifest to GitHub: these permissions, these events, these addresses', async () => {
  const world = await SetUpWorld.opened();
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
  expect(world.current).toEqual(UNTOUCHED);
});

test('an organisation is chosen on the page, and owns the App then', async () => {
  const world = await SetUpWorld.opened();
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
    const { statusCode, body } = await (await SetUpWorld.opened()).visit('/set-up', {
      code: CODE,
      organisation,
    });
    expect(statusCode).toBe(400);
    expect(body).not.toContain(organisation);
    expect(body).not.toContain('method="post"');
  },
);

test('a GitHub Enterprise Server is where the form goes, and the only place it may go', async () => {
  const world = await SetUpWorld.opened();
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
  const world = await SetUpWorld.opened();
  const { statusCode, body } = await world.visit('/set-up', query);
  expect(statusCode).toBe(403);
  expect(body).not.toContain(CODE);
  expect(body).not.toContain(STATE);
  expect(body).not.toContain('<form');
});

test("coming back, the App's id and key and the webhook's secret are kept, and the page is off for good", async () => {
  const world = await SetUpWorld.opened();
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

test('what the ledger keeps tells at no step the code, the state, the key or the secret of the webhook', async () => {
  const world = await SetUpWorld.opened();
  const steps: string[] = [];
  world.before = async () => {
    steps.push(String(world.item.step));
    const kept = JSON.stringify(world.item);
    for (const secret of [CODE, STATE, 'nobody may see this', 'what-github-signs-with'])
      for (const encoding of ['utf8', 'base64'] as const)
        expect(kept).not.toContain(Buffer.from(secret).toString(encoding).replace(/=+$/, ''));
  };
  await world.back();
  await world.visit('/set-up');
  expect(new Set(steps)).toEqual(new Set(['open', 'answered', 'done']));
  expect(Object.keys(world.item).sort()).toEqual(['digest', 'pk', 'sk', 'step']);
});

test('what is kept is opened by the state it was kept for, and by no other', () => {
  const kept = sealed(APP, STATE);
  expect(unsealed(kept, STATE)).toEqual(APP);
  expect(() => unsealed(kept, STATE.replace('8', '9'))).toThrow('unable to authenticate');
  expect(sealed(APP, STATE)).not.toBe(kept);
});

test('what was kept for one code can be changed by nobody into another App', async () => {
  const world = await SetUpWorld.opened();
  world.dieAfter = 3;
  await world.back();
  world.dieAfter = Number.POSITIVE_INFINITY;
  const sealed = Buffer.from(String(world.item.sealed), 'base64');
  sealed[40] = (sealed[40] ?? 0) ^ 1;
  await world.ledger.put(
    { pk: 'set-up', sk: 'set-up' },
    { ...world.item, sealed: sealed.toString('base64') },
  );
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(500);
  expect([world.current.app, world.current.webhook]).toEqual(['before', 'before']);
});

test("somebody else's App is not taken: GitHub is not even asked about it", async () => {
  const world = await SetUpWorld.opened();
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
  expect(world.current).toEqual(UNTOUCHED);
});

test('an answer that GitHub does not know any more changes nothing, and the page says what to do', async () => {
  const world = await SetUpWorld.opened();
  const queries: Record<string, string>[] = [{ code: 'too-old', state: STATE }, { state: STATE }];
  for (const query of queries) {
    const { statusCode, body } = await world.visit('/set-up/done', query);
    expect(statusCode).toBe(409);
    expect(body).toContain('<a href="https://github.com/settings/apps">delete it on GitHub</a>');
    expect(body).toContain('Start again');
  }
  expect(world.current).toEqual(UNTOUCHED);
  expect((await world.back()).statusCode).toBe(200);
});

/** The calls of a visit that comes back from GitHub, in order. */
const CALLS = ['read', 'newApp', 'keep answered', 'put webhook', 'put app', 'keep done'];

test('a visit that comes back makes these calls', async () => {
  const world = await SetUpWorld.opened();
  const calls: string[] = [];
  world.before = async (call) => void calls.push(call);
  await world.back();
  expect(calls).toEqual(CALLS);
});

test.each(CALLS.map((call, index) => [index + 1, call] as const))(
  'a visit that dies after call %i (%s) leaves something a later one finishes or explains',
  async (count, call) => {
    const world = await SetUpWorld.opened();
    world.dieAfter = count;
    const died = await world.back();
    expect([died.statusCode, died.title]).toEqual([500, 'Setting up did not work']);
    world.dieAfter = Number.POSITIVE_INFINITY;

    const reloaded = await world.back();
    if (call === 'newApp') {
      // GitHub tells the key once, and nobody has kept it: the only loss there can be.
      expect(reloaded.title).toBe('GitHub does not know this answer any more');
      expect(world.current).toEqual(UNTOUCHED);
      world.apps.set('second-code', APP);
      expect((await world.back('second-code')).statusCode).toBe(200);
    } else expect(reloaded.title).toBe('Belay is set up');
    expect(world.current).toEqual(WRITTEN);
  },
);

test.each([3, 4, 5])(
  'after dying at call %i the page itself finishes too, and makes no second App',
  async (count) => {
    const world = await SetUpWorld.opened();
    world.dieAfter = count;
    await world.back();
    world.dieAfter = Number.POSITIVE_INFINITY;
    expect((await world.visit('/set-up', { code: 'wrong' })).statusCode).toBe(403);
    expect(world.current.step).toBe('answered');
    const { statusCode, body } = await world.visit('/set-up', { code: CODE });
    expect(statusCode).toBe(200);
    expect(body).not.toContain('<form');
    expect(world.current).toEqual(WRITTEN);
  },
);

test.each(['keep answered', 'put webhook', 'put app'])(
  'two Apps at once, the second overtaking before "%s": one is used whole, the other is to be deleted',
  async (moment) => {
    const world = await SetUpWorld.opened();
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
    if (moment === 'keep answered') {
      expect(isFirst).toBe(false);
      expect(first.title).toBe('Another App was faster');
      expect(first.body).toContain('<a href="https://github.com/apps/belay-a1b2c3">Delete this one</a>');
      expect(second?.title).toBe('Belay is set up');
    } else expect(isFirst).toBe(true);
    await world.visit('/set-up');
    expect(world.current.step).toBe('done');
  },
);

test('a write whose answer was lost is not taken for that of another App', async () => {
  const world = await SetUpWorld.opened();
  const { put } = world.ledger;
  // As the SDK does when the answer to a write is lost: it writes again.
  world.ledger.put = async (...write) => (await put(...write)) && put(...write);
  expect((await world.back()).title).toBe('Belay is set up');
  expect(world.current).toEqual(WRITTEN);
});

test('an item that says no step opens to nobody, and the log says so', async () => {
  const world = await SetUpWorld.opened();
  await world.ledger.put({ pk: 'set-up', sk: 'set-up' }, { step: 'unheard of', digest: DIGEST });
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(500);
  expect(world.lines.join()).toContain('set-up failed');
});

test('no secret is in a page or in the log, and no page may be kept, framed or scripted', async () => {
  const world = await SetUpWorld.opened();
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
