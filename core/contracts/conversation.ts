/** What people say on GitHub, as Belay carries it: `webhook` publishes it small, a rule hands it to `command`. */
import * as z from 'zod';
import { orderSchema } from '../commands/order.ts';
import { commitSchema, repositorySchema } from './push.ts';

const said = {
  /** GUID. */
  delivery: z.string().min(1),
  repository: repositorySchema,
  /** GitHub login of a person, never of a bot. */
  by: z.string().min(1),
};

/** A comment on a pull request with at least one command, or with mistakes, and then without any. Its text stays behind. */
export const commentedSchema = z.object({
  action: z.literal('comment'),
  ...said,
  /** Number of the pull request. */
  pull: z.int().positive(),
  /** GitHub's id of the comment. */
  comment: z.int().positive(),
  /** When it was written. */
  at: z.iso.datetime(),
  orders: z.array(orderSchema),
  problems: z.array(z.string()),
});
export type Commented = z.infer<typeof commentedSchema>;

/** A button of one of our check runs. `check` is the run's `external_id`, which says what it is about. */
export const pressedSchema = z.object({
  action: z.literal('press'),
  ...said,
  commit: commitSchema,
  check: z.string(),
  /** The button's identifier. */
  button: z.string(),
});
export type Pressed = z.infer<typeof pressedSchema>;

/** "Re-run" of a check run, or of all of a commit: then `check` is absent. */
export const rerunSchema = z.object({
  action: z.literal('re-run'),
  ...said,
  commit: commitSchema,
  check: z.string().optional(),
});
export type Rerun = z.infer<typeof rerunSchema>;

export const conversationSchema = z.discriminatedUnion('action', [
  commentedSchema,
  pressedSchema,
  rerunSchema,
]);
export type Conversation = z.infer<typeof conversationSchema>;

/** Names under which `webhook` publishes and the rule matches. */
export const CONVERSATION_EVENT = { source: 'belay.webhook', detailType: 'Said on GitHub' } as const;
