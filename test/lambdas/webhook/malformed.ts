/** Deliveries that GitHub would never send, by chance and of every kind: sent by `fuzz.test.ts`. */
import { gzipSync } from 'node:zlib';
import { fixture, headersOf, type Malformed, signatureOf } from './delivery.ts';
import { EVENTS } from './wrong-fields.ts';

/** Numbers from 0 up to below 1, the same for the same seed (mulberry32). */
export type Chance = () => number;
export function chance(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const upTo = (random: Chance, limit: number) => Math.floor(random() * limit);
const pick = <T>(random: Chance, all: readonly T[]): T => all[upTo(random, all.length)] as T;

const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`;
const noise = (random: Chance, length: number) =>
  Buffer.from(Array.from({ length }, () => upTo(random, 256)));

type Make = (random: Chance, event: string, body: string) => Omit<Malformed, 'kind'>;

const unsigned = (event: string, body: string, signature: string) => ({
  right: [401],
  headers: headersOf(event, signature),
  body,
});
const signed = (right: readonly number[], event: string, body: string) => ({
  right,
  headers: headersOf(event, signatureOf(body)),
  body,
});
const signedBytes = (right: readonly number[], event: string, bytes: Buffer) => ({
  right,
  headers: headersOf(event, signatureOf(bytes)),
  body: bytes.toString('base64'),
  isBase64Encoded: true,
});

/** One of each kind at a time, by chance. */
const KINDS: Readonly<Record<string, Make>> = {
  'signed with another secret': (random, event, body) =>
    unsigned(event, body, signatureOf(body, noise(random, 20).toString('hex'))),
  'the signature of another body': (random, event, body) =>
    unsigned(event, body, signatureOf(`${body}${upTo(random, 1e6)}`)),
  'no signature at all': (random, event, body) => {
    const { 'x-hub-signature-256': _, ...headers } = headersOf(event, '');
    const sha1 = { 'x-hub-signature': `sha1=${noise(random, 20).toString('hex')}` };
    return { right: [401], headers: random() < 0.5 ? headers : { ...headers, ...sha1 }, body };
  },
  'a signature that is none': (random, event, body) => {
    const right = signatureOf(body);
    const hex = right.slice(7);
    const wrong = [
      '',
      ' ',
      'sha256=',
      hex,
      right.toUpperCase(),
      `${right}0`,
      right.slice(0, -1),
      ` ${right}`,
      `sha1=${hex}`,
      `sha256=${'0'.repeat(64)}`,
      `sha256=${'é'.repeat(32)}`,
      `${right},${right}`,
      `sha256=${noise(random, 32).toString('hex')}`,
      'x'.repeat(9000),
      'null',
      '[object Object]',
    ];
    return unsigned(event, body, pick(random, wrong));
  },
  'a byte changed after signing': (random, event, body) => {
    const at = upTo(random, body.length);
    const other = String.fromCharCode(33 + ((body.charCodeAt(at) + 1 + upTo(random, 80)) % 90));
    const text = `${body.slice(0, at)}${other}${body.slice(at + 1)}`;
    return unsigned(event, text === body ? `${body} ` : text, signatureOf(body));
  },
  'cut after signing': (random, event, body) =>
    unsigned(event, body.slice(0, 1 + upTo(random, body.length - 1)), signatureOf(body)),
  'cut before signing': (random, event, body) =>
    signed([400], event, body.trimEnd().slice(0, 1 + upTo(random, body.trimEnd().length - 1))),
  'text that claims to be base64': (_, event, body) => ({
    right: [400, 401],
    headers: headersOf(event, signatureOf(body)),
    body,
    isBase64Encoded: true,
  }),
  'base64 that claims to be text': (_, event, body) => ({
    right: [401],
    headers: headersOf(event, signatureOf(body)),
    body: Buffer.from(body).toString('base64'),
  }),
  'another encoding': (random, event, body) =>
    signedBytes(
      [400],
      event,
      pick(random, [
        () => Buffer.from(body, 'utf16le'),
        () => Buffer.from(`\uFEFF${body}`),
        () => Buffer.from(body.replace('acme', 'acmé'), 'latin1'),
        () => gzipSync(body, { level: 1 }),
        () => Buffer.concat([Buffer.from(body), Buffer.from([0xc3, 0x28])]),
      ])(),
    ),
  'bytes by chance': (random, event) => signedBytes([400], event, noise(random, 1 + upTo(random, 300))),
  'JSON that is no object': (random, event) =>
    signed(
      [400],
      event,
      pick(random, ['null', 'true', '0', '-1e400', '"push"', '[]', '[{}]', '{}', '""', '[null]']),
    ),
  'JSON that is nearly JSON': (random, event) =>
    signed(
      [400],
      event,
      pick(random, ['{,}', "{'ref':1}", '{"a":1,}', 'NaN', 'undefined', '{"a":01}', '\u0000', '{"\\u12":1}']),
    ),
  'JSON a thousand deep': (random, event) => {
    const depth = 1000 + upTo(random, 20_000);
    return signed([400], event, random() < 0.5 ? nested(depth, '[', ']') : nested(depth, '{"a":', '}'));
  },
  'a field a thousand deep': (random, event, body) => {
    const deep = nested(1000 + upTo(random, 20_000), '[', ']');
    return signed([400], event, body.replace(/"full_name": "[^"]*"/g, `"full_name": ${deep}`));
  },
  'a prototype': (random, event, body) => {
    const key = pick(random, ['"__proto__"', '"constructor"', '"prototype"', '"__proto__\\u0000"']);
    return signed([400], event, `{${key}: ${body}, "polluted": true}`);
  },
  'letters that look alike': (random, event, body) => {
    const [from, to] = pick(random, [
      ['"repository"', '"rеpository"'],
      ['"full_name"', '"full_name\u200b"'],
      ['"default_branch"', '"DEFAULT_BRANCH"'],
      ['"id": 861234567', '"id": ８６１２３４５６７'],
    ] as const);
    return signed([400], event, body.replaceAll(from, to));
  },
  'headers as long as they get': (random, event, body) => {
    const headers = headersOf(event, signatureOf(body, 'another'));
    for (let n = 0; n < 200; n++) headers[`x-${noise(random, 4).toString('hex')}`] = 'é'.repeat(40);
    return { right: [401], headers: { ...headers, 'x-github-delivery': 'd'.repeat(9000) }, body };
  },
  'an id that is none': (random, event, body) => {
    const id = pick(random, [
      '',
      ' ',
      'd'.repeat(9000),
      'a/b',
      '../x',
      'a b',
      'ü',
      '\u0000',
      '{}',
      '#',
      'a,b',
    ]);
    return {
      right: [400],
      headers: { ...headersOf(event, signatureOf(body)), 'x-github-delivery': id },
      body,
    };
  },
  'another content type': (random, event, body) => {
    const type = pick(random, [
      'text/plain',
      'application/x-www-form-urlencoded',
      '',
      'application/jsonp',
      'x'.repeat(9000),
      ';',
    ]);
    return { right: [415], headers: { ...headersOf(event, signatureOf(body)), 'content-type': type }, body };
  },
  'another method': (random, event, body) => ({
    ...signed([405], event, body),
    method: pick(random, ['GET', 'PUT', 'DELETE', 'post', '', 'CONNECT']),
  }),
  'more than a release takes': (_, __, body) =>
    signed([413], 'push', JSON.stringify({ ...JSON.parse(body), ...LONG_PUSH })),
};
const LONG_PUSH = { ...JSON.parse(fixture('push')), ref: `refs/heads/${'x'.repeat(300_000)}` };

/** `each` of every kind, of all events in turn. */
export function byChance(random: Chance, each: number): Malformed[] {
  return Object.entries(KINDS).flatMap(([kind, make]) =>
    Array.from({ length: kind === 'more than a release takes' ? 3 : each }, (_, n): Malformed => {
      const { event, body } = EVENTS[n % EVENTS.length] ?? EVENTS[0];
      return { kind, ...make(random, event, body) };
    }),
  );
}
