/** A merge group as Belay carries it: what `webhook` publishes of GitHub's merge queue, and what a release that plans one knows of it. */
import * as z from 'zod';
import { traceHeaderSchema } from '../trace/trace-header.ts';
import { commitSchema, repositorySchema } from './push.ts';

/** What is planned: the queue's own commit, as the base branch would become it. */
export const mergeGroupSchema = z.object({
  /** The pull request that joined last; those ahead of it are in the parent. Absent where GitHub's branch does not name it. */
  number: z.int().positive().optional(),
  /** Name of the branch that it is to be merged into. */
  base: z.string().min(1),
  /** Its parent: the base branch's head, or the group that is ahead in the queue. */
  onto: commitSchema,
});
export type MergeGroup = z.infer<typeof mergeGroupSchema>;

/** The small typed event. */
export const mergeGroupChangedSchema = z.object({
  delivery: z.string().min(1),
  repository: repositorySchema,
  mergeGroup: mergeGroupSchema.extend({ head: commitSchema }),
  /** Set when the queue has given it up, or merged it: how, in GitHub's word. */
  destroyed: z.string().optional(),
  /** GitHub login of who made the queue move. */
  sender: z.string(),
  /** The trace the request began with. */
  trace: traceHeaderSchema.optional(),
});
export type MergeGroupChanged = z.infer<typeof mergeGroupChangedSchema>;

/** Names under which `webhook` publishes and the rule matches. */
export const MERGE_GROUP_EVENT = { source: 'belay.webhook', detailType: 'merge group' } as const;
