/** A push as Belay carries it: what `webhook` publishes on the bus and the Release machine is started with. */
import * as z from 'zod';
import { traceHeaderSchema } from '../trace/trace-header.ts';

/** A full git commit id. */
export const commitSchema = z.string().regex(/^[0-9a-f]{40}$/, 'not a 40-digit commit id');

/** The repository a push went to. `id` is GitHub's numeric id, which everything is keyed by. */
export const repositorySchema = z.object({
  id: z.int().positive(),
  fullName: z.string().regex(/^[^/\s]+\/[^/\s]+$/),
  defaultBranch: z.string().min(1),
});
export type Repository = z.infer<typeof repositorySchema>;

/** The small typed event. `before` and `after` are all zeros for a created or deleted ref, as in GitHub's payload. */
export const pushReceivedSchema = z.object({
  delivery: z.string().min(1),
  repository: repositorySchema,
  ref: z.string().min(1),
  before: commitSchema,
  after: commitSchema,
  forced: z.boolean(),
  /** True when the head commit's message contains `[skip belay]`. */
  skip: z.boolean(),
  /** GitHub login of who pushed. */
  sender: z.string(),
  /** The trace the request began with. */
  trace: traceHeaderSchema.optional(),
});
export type PushReceived = z.infer<typeof pushReceivedSchema>;

/** Names under which `webhook` publishes and the rule matches. */
export const PUSH_EVENT = { source: 'belay.webhook', detailType: 'push' } as const;
