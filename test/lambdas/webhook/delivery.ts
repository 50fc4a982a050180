/** A delivery for `fuzz.test.ts`: what it is, which answers are right for it, and how GitHub would have signed it. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const SECRET = 'a-long-random-webhook-secret';

export interface Malformed {
  readonly kind: string;
  /** Status codes that are right. */
  readonly right: readonly number[];
  /** Must stand in the reason. */
  readonly names?: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded?: boolean;
  readonly method?: string;
}

export const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/github/${name}.json`, import.meta.url), 'utf8');

export const signatureOf = (body: string | Buffer, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

export const headersOf = (event: string, signature: string): Record<string, string> => ({
  'content-type': 'application/json',
  'x-github-event': event,
  'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  'x-hub-signature-256': signature,
});
