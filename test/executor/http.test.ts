/** Plain HTTP, against a server that does not always behave. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { send, textOf } from '../../executor-image/http.ts';

let stop = () => {};
afterEach(() => stop());

async function serve(handle: (asked: IncomingMessage, answer: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`;
}

test('what is sent arrives, with its length, and the answer comes back', async () => {
  const url = await serve(async (asked, answer) => {
    let body = '';
    for await (const piece of asked) body += piece;
    answer.writeHead(201, { 'x-of': 'test' });
    answer.end(JSON.stringify([asked.method, asked.url, asked.headers['content-length'], body]));
  });
  const answer = await send(url, { method: 'PUT', body: Buffer.from('grün') });
  expect([answer.status, answer.ok, answer.headers['x-of']]).toEqual([201, true, 'test']);
  expect(JSON.parse(await textOf(answer))).toEqual(['PUT', '/a?b=c', '5', 'grün']);
});

test('an empty body has a length, too: S3 takes no upload without', async () => {
  const url = await serve((asked, answer) => answer.end(String(asked.headers['content-length'])));
  expect(await textOf(await send(url, { method: 'PUT', body: '' }))).toBe('0');
});

test('a refusal and a redirect are answers, and not followed', async () => {
  const url = await serve((_, answer) => answer.writeHead(302, { location: '/elsewhere' }).end());
  const { status, ok, body } = await send(url);
  body.resume();
  expect([status, ok]).toEqual([302, false]);
});

test('a body that is cut off is no body', async () => {
  const url = await serve((_, answer) => {
    answer.writeHead(200, { 'content-length': '10' });
    answer.write('half', () => answer.destroy());
  });
  const answer = await send(url);
  await expect(textOf(answer)).rejects.toThrow('aborted');
});

test('nobody listens', async () => {
  const url = await serve(() => {});
  stop();
  await expect(send(url)).rejects.toThrow('ECONNREFUSED');
});
