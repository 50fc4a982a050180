import { afterEach, expect, test } from '@jest/globals';
import { objectStore } from '../../../lambdas/adapters/object-store.ts';
import { clientOptions, type HttpAnswer, type HttpServer, httpServer } from '../../support/http-server.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

const outer = { ...process.env };
afterEach(() => {
  process.env = { ...outer };
});

/** The adapter with the client it makes itself, as in the function: configured by environment only. */
async function bucket(answer: HttpAnswer) {
  const started = await httpServer(() => answer);
  server = started;
  const { credentials, region } = clientOptions(started.url);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: started.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
  });
  return { store: objectStore('artifacts'), requests: started.requests };
}

const notFound = {
  status: 404,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>',
};

test('an object is read and written whole', async () => {
  const { store, requests } = await bucket({ body: 'content' });
  expect(Buffer.from((await store.get('7/a b.json')) ?? []).toString()).toBe('content');
  await store.put('7/a b.json', 'text');
  await store.put('7/bytes', Buffer.from([120, 121]));
  expect(requests.map(({ method, url, body }) => `${method} ${url.split('?')[0]} ${body}`)).toEqual([
    'GET /artifacts/7/a%20b.json ',
    'PUT /artifacts/7/a%20b.json text',
    'PUT /artifacts/7/bytes xy',
  ]);
});

test('what is not there is undefined, not an error', async () => {
  const { store } = await bucket(notFound);
  expect(await store.get('7/none')).toBeUndefined();
  expect(await store.exists('7/none')).toBe(false);
});

test('what may not be read is an error, not absent', async () => {
  const { store } = await bucket({
    ...notFound,
    status: 403,
    body: '<Error><Code>AccessDenied</Code></Error>',
  });
  await expect(store.get('7/x')).rejects.toThrow();
  await expect(store.exists('7/x')).rejects.toThrow();
});

test('a copy names its source encoded', async () => {
  const { store, requests } = await bucket({
    headers: { 'content-type': 'application/xml' },
    body: '<CopyObjectResult><ETag>"1"</ETag></CopyObjectResult>',
  });
  await store.copy('7/größe/a b+c.json', '7/last-good/x');
  expect(requests[0]?.url).toContain('/artifacts/7/last-good/x');
  expect(requests[0]?.headers['x-amz-copy-source']).toBe('artifacts/7/gr%C3%B6%C3%9Fe/a%20b%2Bc.json');
});

test('presigned URLs are good for one object, one method, the given time, and any body', async () => {
  const { store } = await bucket({});
  const get = new URL(await store.presignGet('7/releases/x/log.txt', 900));
  const put = new URL(await store.presignPut('7/releases/x/log.txt', 900));
  for (const url of [get, put]) {
    expect(url.pathname).toBe('/artifacts/7/releases/x/log.txt');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
  }
  // A checksum in the URL would be that of an empty body.
  expect([...put.searchParams.keys()].filter((name) => name.includes('checksum'))).toEqual([]);
  expect(get.searchParams.get('X-Amz-Signature')).not.toBe(put.searchParams.get('X-Amz-Signature'));
});
