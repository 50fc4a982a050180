/** Who opens the set-up page, for how long, and what becomes of a set-up when it is opened anew. */
import { expect, test } from '@jest/globals';
import { APP, CODE, DIGEST, formIn, PAGE, SetUpWorld, STATE, UNTOUCHED, WRITTEN } from './world.ts';

const HOUR = 3600_000;

/** The clock of a world goes on. */
function later(world: SetUpWorld, milliseconds: number): void {
  world.now = new Date(world.now.getTime() + milliseconds);
}

test('nothing is kept and nobody is let in before somebody opens the page', async () => {
  const world = new SetUpWorld();
  const page = await world.visit('/set-up', { code: CODE });
  expect([page.statusCode, page.title]).toEqual([403, 'The one-time code is missing, wrong or too old']);
  expect(page.body).toContain('OpenSetUp');
  expect((await world.back()).statusCode).toBe(403);
  expect(world.apps.has('github-code')).toBe(true);
  expect(world.ledger.items.size).toBe(0);
});

test('who opens it is told where and until when; of the code only a digest is kept', async () => {
  const world = new SetUpWorld();
  expect(await world.open()).toEqual({
    url: `https://a1b2c3.execute-api.eu-west-1.amazonaws.com/set-up?code=${CODE}`,
    until: '2026-11-21T11:00:00.000Z',
  });
  expect(world.item).toEqual({
    ...{ pk: 'set-up', sk: 'set-up', step: 'open', digest: DIGEST },
    ...{ until: '2026-11-21T11:00:00.000Z', expiresAt: 1_795_258_800 },
  });
});

/** What the API hands over of a request, and where in it people can write what they like. */
const REQUEST = {
  version: '2.0',
  routeKey: 'GET /set-up',
  rawPath: '/set-up',
  rawQueryString: `open=${PAGE}`,
  headers: { open: PAGE, 'content-type': 'application/json' },
  queryStringParameters: { open: PAGE },
  requestContext: { domainName: 'a1b2c3.example', http: { method: 'GET', path: '/set-up' } },
  body: JSON.stringify({ open: PAGE }),
  isBase64Encoded: false,
};

test.each([
  ['as it comes', REQUEST],
  ['with more than the API ever hands over', { ...REQUEST, open: PAGE }],
])('nothing in a request of the API opens the page: %s', async (_, request) => {
  const world = new SetUpWorld();
  expect(await world.call(request)).toMatchObject({ statusCode: 403 });
  expect(world.ledger.items.size).toBe(0);
});

test.each([
  ['of another route', { ...REQUEST, routeKey: '$default' }],
  ['without its HTTP part', { ...REQUEST, requestContext: { domainName: 'a1b2c3.example' } }],
  ['that is half an opening', { open: PAGE, requestContext: REQUEST.requestContext }],
  ['that says yes only', { open: true }],
  ['that opens something else than an address', { open: 'javascript:alert(1)' }],
  ['that is empty', {}],
])('a call %s is none', async (_, request) => {
  const world = new SetUpWorld();
  await expect(world.call(request)).rejects.toThrow('the function was called with a bad input');
  expect(world.ledger.items.size).toBe(0);
});

test('after an hour the code opens nothing, nor what GitHub answers to it', async () => {
  const world = await SetUpWorld.opened();
  later(world, HOUR - 1);
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(200);
  later(world, 1);
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(403);
  expect((await world.back()).title).toBe('This was not begun here');
  expect(world.apps.has('github-code')).toBe(true);
  expect(world.current).toEqual(UNTOUCHED);
});

test('what GitHub has answered can be finished for a day, by who has the code', async () => {
  const world = await SetUpWorld.opened();
  world.dieAfter = 3;
  await world.back();
  world.dieAfter = Number.POSITIVE_INFINITY;
  expect(world.item).toMatchObject({ until: '2026-11-22T10:00:00.000Z', expiresAt: 1_795_341_600 });
  later(world, 24 * HOUR);
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(403);
  later(world, -1);
  expect((await world.visit('/set-up', { code: CODE })).title).toBe('Belay is set up');
  expect(world.current).toEqual(WRITTEN);
});

/** Opens the page anew, with another code. */
async function reopen(world: SetUpWorld): Promise<string> {
  world.code = 'another-code-that-somebody-has-been-given';
  return (await world.open()).url;
}

test('who opens the page again gets a new code, for another App, and the old one is worth nothing', async () => {
  const world = await SetUpWorld.opened();
  await world.back();
  expect(await reopen(world)).toBe(`${PAGE}?code=another-code-that-somebody-has-been-given`);
  expect((await world.visit('/set-up', { code: CODE })).statusCode).toBe(403);
  expect((await world.back()).statusCode).toBe(403);
  const { statusCode, body } = await world.visit('/set-up', { code: world.code });
  expect(statusCode).toBe(200);
  const state = new URL(formIn(body, 'post').action).searchParams.get('state') ?? '';
  expect(state).not.toBe(STATE);
  world.apps.set('later', { ...APP, id: 4713 });
  expect((await world.back('later', state)).statusCode).toBe(200);
  expect(JSON.parse(world.current.app ?? '').appId).toBe(4713);
});

test('an App that comes when the page was opened anew is not taken', async () => {
  const world = await SetUpWorld.opened();
  world.before = async (call) => void (call === 'newApp' && (await reopen(world)));
  const { title, body } = await world.back();
  expect(title).toBe('Another App was faster');
  expect(body).toContain('or the page was opened anew');
  expect(world.current).toEqual(UNTOUCHED);
});

test('an App whose set-up is overtaken while it is written is not said to be used', async () => {
  const world = await SetUpWorld.opened();
  world.before = async (call) => void (call === 'put app' && (await reopen(world)));
  const { statusCode, title } = await world.back();
  expect([statusCode, title]).toEqual([409, 'The page was opened anew meanwhile']);
  expect(world.current.step).toBe('open');
});
