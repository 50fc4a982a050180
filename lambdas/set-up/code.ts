/** What follows from the one-time code: who has it, or the state it makes, is known, and can read what was kept for them. Used by the set-up. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import * as z from 'zod';
import type { NewApp, SetUpSecret } from './ports.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What GitHub hands back to us: only who knows the code can have made it, and it does not tell the code. */
export const stateOf = (code: string): string =>
  createHmac('sha256', code).update('the state of the set-up').digest('hex');

/** All that is kept of a code: it tells neither it nor its state. */
export const digestOf = (state: string): string => sha256(state);

/** Compares in constant time: both sides are digests, so of one length. */
export const isSame = (state: string, digest: string): boolean =>
  timingSafeEqual(Buffer.from(digestOf(state), 'hex'), Buffer.from(digest, 'hex'));

/** The version of a secret that a set-up with this code writes, so that it writes one value only. */
export const versionOf = (digest: string, secret: SetUpSecret): string =>
  sha256(`the set-up's ${secret} ${digest}`);

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Of the state, not of the code: who comes back from GitHub brings no more. */
const keyOf = (state: string) => createHmac('sha256', state).update("the key of GitHub's answer").digest();

/** The App for who has the state, and for nobody who reads the ledger. */
export function sealed(app: NewApp, state: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(state), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(app), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

const appSchema = z.object({
  id: z.int(),
  privateKey: z.string(),
  webhookSecret: z.string(),
  url: z.string(),
});

/** @throws Error when it was sealed with another state, or changed. */
export function unsealed(text: string, state: string): NewApp {
  const whole = Buffer.from(text, 'base64');
  const nonce = whole.subarray(0, NONCE_BYTES);
  const tag = whole.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(state), nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(tag);
  const opened = Buffer.concat([decipher.update(whole.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  return appSchema.parse(JSON.parse(opened.toString('utf8')));
}
