/** What a person or a schedule asks for instead of pushing: published on the bus; the Release machine is started with it. */
import * as z from 'zod';
import { traceHeaderSchema } from '../trace/trace-header.ts';
import { mergeGroupChangedSchema } from './merge-group.ts';
import { pullRequestChangedSchema, pullSchema } from './pull.ts';
import { commitSchema, pushReceivedSchema, repositorySchema } from './push.ts';
import { releaseDocumentSchema } from './release.ts';

const byAnyone = {
  /** Unique; it plays the part that a delivery's GUID plays for a push. */
  request: z.string().min(1),
  repository: repositorySchema,
  /** What the release is about, where its statuses are shown: the commit to roll back to, else the one that is deployed. */
  commit: commitSchema,
  /** GitHub login of who asks; `belay` where a schedule does. */
  by: z.string().min(1),
  /** The trace the request began with. */
  trace: traceHeaderSchema.optional(),
};
const asked = { ...byAnyone, environment: z.string().min(1) };

export const operationRequestedSchema = z.discriminatedUnion('operation', [
  /** Without `components` everything that is deployed in the environment. */
  z.object({
    operation: z.literal('destroy'),
    ...asked,
    components: z.array(z.string()).min(1).optional(),
    because: releaseDocumentSchema.shape.because,
  }),
  z.object({ operation: z.literal('rollback'), ...asked }),
  z.object({ operation: z.literal('restore'), ...asked }),
]);
export type OperationRequested = z.infer<typeof operationRequestedSchema>;

/**
 * A plan of a pull request that nobody's push starts: of a fork, of a draft, or once more. `commit` is the head that was looked at,
 * and no other is planned: of a fork it is what somebody who may write has read.
 */
export const planRequestedSchema = z.object({
  operation: z.literal('plan'),
  ...byAnyone,
  pull: pullSchema,
});
export type PlanRequested = z.infer<typeof planRequestedSchema>;

/** Names under which an operation is published and the rule matches. */
export const OPERATION_EVENT = { source: 'belay.command', detailType: 'Operation requested' } as const;

/** What a release begins with. */
export const releaseRequestSchema = z.union([
  operationRequestedSchema,
  planRequestedSchema,
  pullRequestChangedSchema,
  mergeGroupChangedSchema,
  pushReceivedSchema,
]);
export type ReleaseRequest = z.infer<typeof releaseRequestSchema>;
