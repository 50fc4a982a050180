/** A pull request as Belay carries it: what `webhook` publishes when one changed, and what a release that plans one knows of it. */
import * as z from 'zod';
import { traceHeaderSchema } from '../trace/trace-header.ts';
import { commitSchema, repositorySchema } from './push.ts';

/** What is planned: the head of a pull request, merged into its base branch. */
export const pullSchema = z.object({
  number: z.int().positive(),
  head: commitSchema,
  /** Name of the branch it is to be merged into. */
  base: z.string().min(1),
  /** Its head is in another repository. */
  fork: z.boolean(),
});
export type Pull = z.infer<typeof pullSchema>;

/** The small typed event. */
export const pullRequestChangedSchema = z.object({
  delivery: z.string().min(1),
  repository: repositorySchema,
  pull: pullSchema.extend({ draft: z.boolean() }),
  /** When GitHub says it was changed last: tells an older delivery from a newer one. */
  at: z.iso.datetime(),
  /** Set when it was closed; `commit` is what it became in the base branch, if it was merged. */
  closed: z.object({ commit: commitSchema.optional() }).optional(),
  /** GitHub login of who changed it. */
  sender: z.string(),
  /** The trace the request began with. */
  trace: traceHeaderSchema.optional(),
});
export type PullRequestChanged = z.infer<typeof pullRequestChangedSchema>;

/** Names under which `webhook` publishes and the rule matches. */
export const PULL_EVENT = { source: 'belay.webhook', detailType: 'pull request' } as const;
