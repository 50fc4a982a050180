/** Secret values never get through the masking, however they are encoded or cut. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Masking } from '../../executor-image/masking.ts';

const masked = (secret: unknown, text: string) => {
  const masking = new Masking();
  masking.add(secret);
  return masking.mask(text);
};

/** Every way the secret may be written; the noise before it shifts base64's alignment. */
const ENCODINGS: ReadonlyArray<(secret: string, before: string, after: string) => string> = [
  (secret, before, after) => before + secret + after,
  (secret, before, after) => JSON.stringify({ [before]: secret, after }),
  (secret, before, after) =>
    `${encodeURIComponent(before)}=${encodeURIComponent(secret)}&${encodeURIComponent(after)}`,
  (secret, before, after) => new URLSearchParams({ [`k${before}`]: secret, after }).toString(),
  (secret, before, after) => Buffer.from(before + secret + after).toString('hex'),
  (secret, before, after) =>
    Buffer.from(before + secret + after)
      .toString('hex')
      .toUpperCase(),
  (secret, before, after) => Buffer.from(before + secret + after).toString('base64'),
  (secret, before, after) => Buffer.from(before + secret + after).toString('base64url'),
];

/** Can the secret be read out of a text? Decodes every run that could be an encoding, at every alignment. */
function reveals(text: string, secret: string): boolean {
  const bytes = Buffer.from(secret);
  if (text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1))) return true;
  if (text.includes(encodeURIComponent(secret))) return true;
  const form = new URLSearchParams({ k: secret }).toString().slice(2);
  if (text.includes(form)) return true;
  const hex = text.match(/[0-9a-fA-F]+/g) ?? [];
  if (hex.some((run) => [0, 1].some((at) => Buffer.from(run.slice(at), 'hex').includes(bytes)))) return true;
  const base64 = text.match(/[A-Za-z0-9+/_-]+/g) ?? [];
  return base64.some((run) =>
    [0, 1, 2, 3].some((at) => Buffer.from(run.slice(at), 'base64').includes(bytes)),
  );
}

/** Values as generated keys, passwords and words are. Not all of one mask character, which no masking can hide. */
const secrets = fc
  .oneof(
    fc.string({ minLength: 6, maxLength: 40 }),
    fc.string({ minLength: 6, maxLength: 30, unit: 'grapheme' }),
    fc.base64String({ minLength: 8, maxLength: 80 }),
  )
  .filter((secret) => secret.trim().length >= 6 && !/^[*]+$/.test(secret) && Buffer.from(secret).length >= 6);

test('no secret is readable in what comes out, whatever its encoding and wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(secrets, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(7), fc.nat(2), fc.string({ maxLength: 6 }), fc.string({ maxLength: 6 })), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
      (values, pieces, cuts) => {
        const masking = new Masking();
        for (const value of values) masking.add(value);
        const text = pieces
          .map(([encoding, which, before, after]) =>
            ENCODINGS[encoding]?.(values[which % values.length] ?? '', before, after),
          )
          .join('\n');
        const stream = masking.stream();
        let out = '';
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          out += stream.write(text.slice(at, at + size));
          at += size;
        }
        out += stream.end();
        expect(out).toBe(masking.mask(text));
        expect(values.filter((value) => reveals(out, value))).toEqual([]);
      },
    ),
    { numRuns: 2000 },
  );
});

test('text without secrets comes through as it is', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(masked('Zq9-never-generated', text)).toBe(text);
    }),
  );
});

test.each([
  ['hunter22', 'a hunter22 b hunter22', 'a *** b ***'],
  ['abcabc', 'abcabcabc', '***'],
  ['line one\nline two', 'x line two y', 'x *** y'],
  ['two words', 'wrapped: two\n│ words.', 'wrapped: ***.'],
  [{ user: 'belay', pass: ['hunter22'] }, 'belay hunter22', '*** ***'],
  ['a<b>&cd', '{"k":"a\\u003cb\\u003e\\u0026cd"}', '{"k":"***"}'],
  ['say "hi"', '{"k":"say \\"hi\\""}', '{"k":"***"}'],
  [12345, 'port 12345', 'port ***'],
  ['abc', 'abc is too short to hide', 'abc is too short to hide'],
])('%j in %j', (secret, text, expected) => {
  expect(masked(secret, text)).toBe(expected);
});

test('a value whose end could begin another is masked whole, piece by piece too', () => {
  const masking = new Masking();
  masking.add('22aaa22');
  const stream = masking.stream();
  const out = [...'22aaa22ab'].map((piece) => stream.write(piece)).join('');
  expect(out + stream.end()).toBe('***ab');
});

test('overlapping secrets are hidden together', () => {
  const masking = new Masking();
  masking.add('abcdef');
  masking.add('defghi');
  expect(masking.mask('<abcdefghi>')).toBe('<***>');
});

test('a long secret in wrapped base64 is hidden line by line', () => {
  const key = `-----BEGIN KEY-----\n${'Zm9vYmFyYmF6+/'.repeat(20)}\n-----END KEY-----`;
  const wrapped = Buffer.from(key).toString('base64').replace(/.{76}/g, '$&\n');
  expect(masked(key, wrapped)).toBe(`${'***\n'.repeat(5)}***`);
});
