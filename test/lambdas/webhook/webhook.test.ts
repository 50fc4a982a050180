import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { webhook as contract } from '../../../core/contracts/functions.ts';
import { sourcesOf } from '../../../lambdas/webhook/sources.ts';
import { webhook } from '../../../lambdas/webhook/webhook.ts';

const SECRET = 'a-long-random-webhook-secret';
const GUID = '72d3162e-cc78-11e3-81ab-4c9367dc0958';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/github/${name}.json`, import.meta.url), 'utf8');

const signed = (body: string | Buffer, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** A world with a bus that keeps what it was given, and a log that is read for leaks. */
interface Circumstances {
  readonly secrets?: string[];
  readonly fresh?: string[];
  readonly busFails?: boolean;
  readonly sources?: string;
  readonly served?: readonly string[];
}

function world({
  secrets = [SECRET],
  fresh = [SECRET],
  busFails = false,
  sources = 'any',
  served,
}: Circumstances = {}) {
  const published: unknown[] = [];
  const lines: string[] = [];
  const handler = contract.handle((request) =>
    webhook(request, {
      sources: sourcesOf(sources),
      secret: { values: async (options) => (options?.fresh ? fresh : secrets) },
      bus: {
        publish: async (event) => {
          if (busFails) throw new Error('publishing on belay: ThrottlingException: slow down');
          published.push(event);
        },
      },
      served,
      log: (event, facts) => lines.push(JSON.stringify({ event, ...facts })),
    }),
  );
  const deliver = async (body: string, headers: Record<string, string> = {}, request: object = {}) => {
    const { statusCode, body: answer } = await handler({
      version: '2.0',
      requestContext: { http: { method: 'POST', sourceIp: '192.30.252.7' } },
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': GUID,
        'x-hub-signature-256': signed(body),
        ...headers,
      },
      body,
      isBase64Encoded: false,
      ...request,
    });
    return { statusCode, message: JSON.parse(answer).message as string };
  };
  return { deliver, published, lines };
}

test('a signed push is published, small', async () => {
  const { deliver, published } = world();
  expect((await deliver(fixture('push'))).statusCode).toBe(202);
  expect(published).toEqual([
    {
      source: 'belay.webhook',
      detailType: 'push',
      detail: {
        delivery: GUID,
        repository: { id: 861234567, fullName: 'acme/shop', defaultBranch: 'main' },
        ref: 'refs/heads/main',
        before: '5b1f0c7de2a94c3f8a6b1d0e9f7c6a5b4d3e2f10',
        after: 'c0ffee1234567890abcdef1234567890abcdef12',
        forced: false,
        skip: false,
        sender: 'mira-lind',
      },
    },
  ]);
});

test('a merge group is published, small, whether it begins or ends', async () => {
  const { deliver, published } = world();
  const group = { 'x-github-event': 'merge_group' };
  const requested = fixture('merge-group');
  const head = 'c0ffee1234567890abcdef1234567890abcdef12';
  expect(await deliver(requested, group)).toEqual({
    statusCode: 202,
    message: `accepted: the merge group of #7 at ${head}`,
  });
  const ended = JSON.stringify({ ...JSON.parse(requested), action: 'destroyed', reason: 'dequeued' });
  expect(await deliver(ended, { ...group, 'x-hub-signature-256': signed(ended) })).toEqual({
    statusCode: 202,
    message: `accepted: the merge group of #7 at ${head}, dequeued`,
  });
  const detail = expect.objectContaining({ delivery: GUID, mergeGroup: expect.objectContaining({ head }) });
  expect(published).toEqual(
    [1, 2].map(() => ({ source: 'belay.webhook', detailType: 'merge group', detail })),
  );
  const other = JSON.stringify({ ...JSON.parse(requested), action: 'reordered' });
  expect(await deliver(other, { ...group, 'x-hub-signature-256': signed(other) })).toMatchObject({
    message: 'ignored: a merge group that was reordered is as it was',
  });
  expect(await deliver('{}', { ...group, 'x-hub-signature-256': signed('{}') })).toMatchObject({
    statusCode: 400,
    message: expect.stringContaining('the payload is not that of a merge group: action:'),
  });
});

test('a pull request is published, small; what changes none of its commits is ignored', async () => {
  const { deliver, published } = world();
  const pull = { 'x-github-event': 'pull_request' };
  const opened = fixture('pull-request');
  expect(await deliver(opened, pull)).toEqual({
    statusCode: 202,
    message: 'accepted: pull request 7 at c0ffee1234567890abcdef1234567890abcdef12',
  });
  expect(published).toEqual([
    {
      source: 'belay.webhook',
      detailType: 'pull request',
      detail: expect.objectContaining({
        delivery: GUID,
        pull: expect.objectContaining({ number: 7, base: 'main', fork: false }),
      }),
    },
  ]);
  const labelled = opened.replace('"opened"', '"labeled"');
  expect(await deliver(labelled, pull)).toEqual({
    statusCode: 202,
    message: 'ignored: a pull request that was labeled is as it was',
  });
  expect((await deliver('{"action":"opened"}', pull)).message).toMatch(
    /not that of a pull request: .*number/,
  );
  expect(published).toHaveLength(1);
});

test('the signature is over the bytes as sent, also when the API hands them over in base64', async () => {
  const { deliver, published } = world();
  const body = fixture('push');
  const encoded = Buffer.from(body).toString('base64');
  const headers = { 'x-hub-signature-256': signed(Buffer.from(body)) };
  expect((await deliver(encoded, headers, { isBase64Encoded: true })).statusCode).toBe(202);
  expect(published).toHaveLength(1);
  // The same JSON, spelled otherwise, is not what was signed.
  const respelled = JSON.stringify(JSON.parse(body));
  expect((await deliver(respelled, headers)).statusCode).toBe(401);
});

test('header names may be in any case', async () => {
  const { deliver } = world();
  const body = fixture('push');
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'X-GitHub-Event': 'push',
    'X-GitHub-Delivery': GUID,
    'X-Hub-Signature-256': signed(body),
  };
  expect((await deliver(body, {}, { headers })).statusCode).toBe(202);
});

test('while the secret rotates both values are good, and nothing else', async () => {
  const { deliver } = world({ secrets: ['new-secret', SECRET], fresh: ['new-secret', SECRET] });
  const body = fixture('push');
  expect((await deliver(body)).statusCode).toBe(202);
  expect((await deliver(body, { 'x-hub-signature-256': signed(body, 'new-secret') })).statusCode).toBe(202);
  expect((await deliver(body, { 'x-hub-signature-256': signed(body, 'other') })).statusCode).toBe(401);
});

test('a value newer than the cache is looked up before a delivery is turned away', async () => {
  const { deliver } = world({ secrets: ['old-secret'], fresh: [SECRET, 'old-secret'] });
  expect((await deliver(fixture('push'))).statusCode).toBe(202);
});

test('ping is answered', async () => {
  const { deliver, published } = world();
  expect(await deliver(fixture('ping'), { 'x-github-event': 'ping' })).toEqual({
    statusCode: 200,
    message: 'pong',
  });
  expect(published).toEqual([]);
});

test('an event nobody serves is taken and ignored, with a word', async () => {
  const { deliver } = world();
  expect(await deliver('{}', { 'x-github-event': 'star' })).toEqual({
    statusCode: 202,
    message: 'ignored: star is not served',
  });
});

test.each(['push-tag', 'push-deleted'])('%s is passed on: resolve explains it', async (name) => {
  const { deliver, published } = world();
  expect((await deliver(fixture(name))).statusCode).toBe(202);
  expect(published).toHaveLength(1);
});

test.each<[string, number, RegExp, string, Record<string, string>, object]>([
  [
    'another method',
    405,
    /POST.*GET/,
    '{}',
    {},
    { requestContext: { http: { method: 'GET', sourceIp: '192.30.252.7' } } },
  ],
  [
    'a form',
    415,
    /application\/json on GitHub/,
    'payload=%7B%7D',
    { 'content-type': 'application/x-www-form-urlencoded' },
    {},
  ],
  ['no body', 400, /empty/, '', {}, { body: undefined }],
  ['no event name', 400, /x-github-event/, '{}', {}, { headers: headersWithout('x-github-event') }],
  [
    'no signature',
    401,
    /no x-hub-signature-256/,
    '{}',
    {},
    { headers: headersWithout('x-hub-signature-256') },
  ],
  ['a signature of another kind', 401, /does not match/, '{}', { 'x-hub-signature-256': 'sha1=00' }, {}],
  ['broken JSON', 400, /not JSON/, '{"ref":', {}, {}],
  ['a payload that is no push', 400, /repository: /, '{"ref":"refs/heads/main"}', {}, {}],
])('%s is refused with its reason', async (_, statusCode, message, body, headers, request) => {
  const { deliver, published } = world();
  const answer = await deliver(body, headers, request);
  expect(answer.statusCode).toBe(statusCode);
  expect(answer.message).toMatch(message);
  expect(published).toEqual([]);
});

test.each([
  ['192.30.252.7', 202],
  ['192.30.255.255', 202],
  ['192.31.0.0', 403],
  ['2a0a:a440::17', 202],
  ['2a0a:a448::17', 403],
  ['::ffff:192.30.252.7', 202],
  ['', 403],
])('with ranges in the configuration a delivery from "%s" is answered with %i', async (sourceIp, status) => {
  const { deliver, published, lines } = world({ sources: '192.30.252.0/22,2a0a:a440::/29' });
  const answer = await deliver(
    fixture('push'),
    {},
    { requestContext: { http: { method: 'POST', sourceIp } } },
  );
  expect(answer.statusCode).toBe(status);
  expect(published).toHaveLength(status === 202 ? 1 : 0);
  if (status === 202) return;
  expect(answer.message).toMatch(/^deliveries from .* are not taken: add its range to webhookSources/);
  expect(lines.join()).toContain('"statusCode":403');
});

test('six megabytes are taken, one byte more is not, and size is judged before the signature', async () => {
  const { deliver } = world();
  const sixMegabytes = 6_291_456;
  const most = JSON.stringify('x'.repeat(sixMegabytes - 2));
  expect((await deliver(most)).statusCode).toBe(400);
  const unsigned = { 'x-hub-signature-256': 'sha256=00' };
  expect((await deliver(`${most} `, unsigned)).statusCode).toBe(413);
});

test('an event the bus did not take is a failed delivery on GitHub', async () => {
  const { deliver, lines } = world({ busFails: true });
  const answer = await deliver(fixture('push'));
  expect(answer.statusCode).toBe(500);
  expect(answer.message).toContain(GUID);
  expect(lines.join()).toContain('ThrottlingException');
});

test('neither secret nor signature is ever logged or answered', async () => {
  const body = fixture('push');
  const wrong = signed(body, 'wrong-secret');
  const { deliver, lines } = world();
  const answers = [
    await deliver(body),
    await deliver(body, { 'x-hub-signature-256': wrong }),
    await deliver('{', {}),
  ];
  const said = JSON.stringify(answers) + lines.join();
  expect(lines).toHaveLength(3);
  for (const hidden of [SECRET, signed(body).slice(7), wrong.slice(7), signed('{').slice(7)])
    expect(said).not.toContain(hidden);
});

function headersWithout(name: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': GUID,
    'x-hub-signature-256': signed('{}'),
  };
  delete headers[name];
  return headers;
}

test.each([
  ['issue_comment', 'issue-comment', 'accepted: a comment by mira-lind', 'comment'],
  ['check_run', 'check-run', 'accepted: a press by mira-lind', 'press'],
  ['check_suite', 'check-suite', 'accepted: a re-run by mira-lind', 're-run'],
])('what people say is published: %s', async (event, name, message, action) => {
  const { deliver, published } = world();
  const answer = await deliver(fixture(name), { 'x-github-event': event });
  expect(answer).toEqual({ statusCode: 202, message });
  expect(published).toMatchObject([
    { source: 'belay.webhook', detailType: 'Said on GitHub', detail: { action, delivery: GUID } },
  ]);
});

test('what nobody answers is not published, and GitHub is told why', async () => {
  const { deliver, published } = world();
  const edited = fixture('issue-comment').replace('"created"', '"edited"');
  expect(await deliver(edited, { 'x-github-event': 'issue_comment' })).toEqual({
    statusCode: 202,
    message: 'ignored: a comment that was edited is not read again',
  });
  expect((await deliver('{}', { 'x-github-event': 'issue_comment' })).statusCode).toBe(400);
  const forged = { 'x-github-event': 'issue_comment', 'x-hub-signature-256': signed('other') };
  expect((await deliver(fixture('issue-comment'), forged)).statusCode).toBe(401);
  expect(published).toEqual([]);
});

test.each([
  ['push', 'push'],
  ['pull_request', 'pull-request'],
  ['issue_comment', 'issue-comment'],
  ['merge_group', 'merge-group'],
])('a %s of a repository that is not configured is ignored by name', async (event, file) => {
  const { deliver, published, lines } = world({ served: ['acme/infrastructure', 'other/*'] });
  const message = 'ignored: acme/shop is none of the `repositories` in belay.config.ts';
  expect(await deliver(fixture(file), { 'x-github-event': event })).toEqual({ statusCode: 202, message });
  expect(published).toEqual([]);
  expect(lines.join()).toContain('acme/shop');
});

test('one that is configured is served, by its name or with all of its owner', async () => {
  for (const served of [['acme/shop'], ['Acme/Shop'], ['acme/*']]) {
    const { deliver, published } = world({ served });
    expect((await deliver(fixture('push'))).message).toMatch(/^accepted/);
    expect(published).toHaveLength(1);
  }
});

test('who is not configured learns nothing without a signature', async () => {
  const { deliver } = world({ served: ['other/*'] });
  const answer = await deliver(fixture('push'), { 'x-hub-signature-256': signed(fixture('push'), 'guess') });
  expect(answer.statusCode).toBe(401);
  expect(answer.message).not.toContain('belay.config.ts');
});
