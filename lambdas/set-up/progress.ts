/** How far the set-up is, as its own secret says, and what is derived from the one-time code. Used by `set-up.ts`. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';

const appSchema = z.object({
  id: z.int(),
  privateKey: z.string(),
  webhookSecret: z.string(),
  url: z.string(),
});

const keptSchema = z.discriminatedUnion('step', [
  /** GitHub's answer is kept, and on its way to the two secrets it is for. */
  z.object({ step: z.literal('answered'), code: z.string(), app: appSchema }),
  /** It is in both; the version of this secret that held it can still be read as the previous one. */
  z.object({ step: z.literal('written') }),
  z.object({ step: z.literal('done') }),
]);

export type Answered = Extract<z.output<typeof keptSchema>, { step: 'answered' }>;
export type Progress = z.output<typeof keptSchema> | { readonly step: 'open'; readonly code: string };

/** A code of one's own must not be easier to guess than a long one. */
const MIN_CODE = 32;

/** @throws Error when the secret holds neither a code nor a step; never with a part of it. */
export function progressIn(value: string): Progress {
  const text = value.trim();
  if (text.startsWith('{')) {
    const kept = keptSchema.safeParse(jsonOf(text));
    if (kept.success) return kept.data;
  } else if (text.length >= MIN_CODE) return { step: 'open', code: text };
  throw new Error(
    `reading the secret of the set-up: it holds no code of at least ${MIN_CODE} characters; put a long random one into it (docs/set-up.md)`,
  );
}

/** The parser's own message would quote the secret. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What GitHub hands back to us: only who knows the code can have made it, and it does not tell the code. */
export const stateOf = (code: string): string =>
  createHmac('sha256', code).update('the state of the set-up').digest('hex');

/** The version of a secret that a set-up with this code writes, so that it writes one value only. */
export const versionOf = (code: string, secret: string): string =>
  createHash('sha256').update(`the set-up's ${secret} ${code}`).digest('hex');

/** Compares in constant time, whatever the lengths. */
export function isSame(given: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}
