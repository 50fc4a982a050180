/** What the ledger keeps of the page that makes the App: to whom it is open, until when, and how far it is. Nothing of it tells a code or a key. */
import * as z from 'zod';

const opened = {
  /** SHA-256 of the `state` that the one-time code makes; hexadecimal. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  until: z.iso.datetime(),
  /** Epoch seconds (DynamoDB TTL). */
  expiresAt: z.int(),
};

export const setUpItemSchema = z.discriminatedUnion('step', [
  z.object({ step: z.literal('open'), ...opened }),
  /** GitHub's answer is kept, encrypted for who has code or state, and on its way to the two secrets it is for. */
  z.object({ step: z.literal('answered'), ...opened, sealed: z.string() }),
  z.object({ step: z.literal('done'), digest: z.string() }),
]);
export type SetUpItem = z.infer<typeof setUpItemSchema>;
