/** The page's server: what it lets in, what it says to browsers, and that it tells them of changes. */
import { request as httpRequest } from 'node:http';
import { userInfo } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import type { PageRequest } from '../../../local/page/exchange.ts';
import { servePage } from '../../../local/page/serve-page.ts';
import { Progress } from '../../../local/world/progress.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A served page whose twin answers with a document, or with a way to go on after a form. */
async function served() {
  const asked: PageRequest[] = [];
  const progress = new Progress();
  const { url, close } = await servePage(
    {
      async page(request) {
        asked.push(request);
        if (request.path === '/broken') throw new Error('the process that ran the twin has ended');
        return request.method === 'POST'
          ? { location: '/then', login: 'ada' }
          : { status: 200, document: '<p>here' };
      },
      onProgress: progress.on.bind(progress),
    },
    { port: 0 },
  );
  open.push(close);
  const post = (headers: Record<string, string>, body = 'a=1&b=%E2%82%AC') =>
    fetch(`${url}/form`, { method: 'POST', redirect: 'manual', headers, body });
  return { url, asked, progress, post };
}

/** A request whose Host header says something else; `fetch` does not allow that. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('a document comes with a policy that lets nothing else in', async () => {
  const { url, asked } = await served();
  const response = await fetch(`${url}/local/shop?page=2`);
  expect(await response.text()).toBe('<p>here');
  expect(asked).toEqual([
    { method: 'GET', path: '/local/shop?page=2', form: {}, login: userInfo().username },
  ]);
  expect(response.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(response.headers.get('cache-control')).toBe('no-store');
  for (const [path, type] of [
    ['/-/page.css', 'text/css'],
    ['/-/page.js', 'text/javascript'],
  ])
    expect((await fetch(url + path)).headers.get('content-type')).toContain(type);
});

test('forms come from this page, under its own name', async () => {
  const { url, asked, post } = await served();
  for (const headers of [
    {},
    { origin: 'null' },
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:1' },
  ])
    expect((await post(headers as Record<string, string>)).status).toBe(403);
  expect(await statusFor(url, `evil.example:${new URL(url).port}`)).toBe(403);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  expect(asked).toEqual([]);
  const answer = await post({
    origin: url,
    'content-type': 'application/x-www-form-urlencoded',
    cookie: 'x=1; belay-login=mira',
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/then']);
  expect(answer.headers.get('set-cookie')).toBe('belay-login=ada; Path=/; HttpOnly; SameSite=Strict');
  expect(asked).toEqual([{ method: 'POST', path: '/form', form: { a: '1', b: '€' }, login: 'mira' }]);
});

test('a form that is too large, and a twin that has ended, are told', async () => {
  const { url, post } = await served();
  const large = await post({ origin: url }, 'x'.repeat(1024 * 1024 + 1));
  expect([large.status, await large.text()]).toEqual([413, 'The form is larger than 1048576 bytes.\n']);
  const broken = await fetch(`${url}/broken`);
  expect([broken.status, await broken.text()]).toEqual([500, 'the process that ran the twin has ended\n']);
});

test('open pages hear once of changes that come together, and only of what they show', async () => {
  const { url, progress } = await served();
  const response = await fetch(`${url}/-/changes`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = (response.body ?? new ReadableStream()).getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await read()).toBe('retry: 1000\n\n');
  progress.changed('log');
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const change of ['status', 'ledger', 'status'] as const) progress.changed(change);
  expect(await read()).toBe('data: changed\n\n');
  for (const close of open.splice(0)) await close();
  expect((await reader.read()).done).toBe(true);
});

test('a port that is taken is named', async () => {
  const { url } = await served();
  const port = Number(new URL(url).port);
  const twin = { page: async () => ({ location: '/' }), onProgress: () => () => {} };
  await expect(servePage(twin, { port })).rejects.toThrow(
    `serving the page: port ${port} is taken; name another one with --port`,
  );
});
