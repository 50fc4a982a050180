/** What the ledger keeps of what people say on GitHub, so that it is done and answered once. */
import * as z from 'zod';

/** Until when whoever began may go on alone (`until`); `expiresAt` is epoch seconds (DynamoDB TTL). */
const claim = { state: z.enum(['begun', 'done']), until: z.iso.datetime(), expiresAt: z.int() };

/** One delivery of a button or a re-run. */
export const claimItemSchema = z.object(claim);
export type ClaimItem = z.infer<typeof claimItemSchema>;

/** What is answered to a comment: a thumb, and words where there is something to say. */
export const replySchema = z.object({ reaction: z.enum(['+1', '-1']), text: z.string().optional() });
export type Reply = z.infer<typeof replySchema>;

/** One comment. `command` writes how far it is and the answer; `git-status` what of that GitHub has. */
export const commentItemSchema = z.object({
  ...claim,
  /** `owner/name` */
  fullName: z.string(),
  pull: z.int(),
  /** When it was written. */
  at: z.iso.datetime(),
  answer: replySchema.optional(),
  /** The last reaction that was given. */
  reacted: z.string().optional(),
  /** Words were about to be written: look whether they are there before they are written again. */
  replying: z.boolean().optional(),
  /** GitHub's id of the comment with our words. */
  reply: z.int().optional(),
});
export type CommentItem = z.infer<typeof commentItemSchema>;
