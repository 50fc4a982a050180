/** What the ledger keeps of one target's way through one release: its outcome, its turn, what people were asked, its jobs. */

import * as z from 'zod';
import { approvalAnswerSchema } from '../contracts/functions.ts';
import { changeCountsSchema } from '../contracts/job.ts';
import { jobTimesSchema } from '../contracts/job-times.ts';
import { commitSchema } from '../contracts/push.ts';
import { FAILURES } from '../deployment/failure-name.ts';
import { architectureSchema, outcomeSchema, passSchema, stageSchema } from '../words.ts';

/** How far a requested target is; `outcome` is set once, at its end. `attempt` is the fence it was opened under. */
export const outcomeItemSchema = z.object({
  environment: z.string(),
  component: z.string(),
  attempt: z.int(),
  /** Why it is in this release, or `unaffected` (then its outcome is `unchanged` from the start). */
  affected: z.enum(['changed', 'downstream', 'unaffected']),
  progress: z.enum([
    'waiting',
    'building',
    'planning',
    'checking',
    'approving',
    'applying',
    'testing',
    'ended',
  ]),
  outcome: outcomeSchema.optional(),
  reason: z.string(),
  /** Of a failure: under which name it is counted. */
  failure: z.enum(FAILURES).optional(),
  /** Why it may not be planned under this name. */
  refused: z.string().optional(),
  /** Of a plan: why it cannot be planned yet. */
  deferred: z.string().optional(),
  changes: changeCountsSchema.optional(),
  /** Of a plan: what a person will be asked when it is to be applied. */
  asks: z.string().optional(),
  planDigest: z.string().optional(),
  changeDigest: z.string().optional(),
  /** How often it was planned again in this attempt, because the state had moved. @default 0 */
  round: z.int().optional(),
  inputKey: z.string().optional(),
  /** Its image by digest; `old`: that of its last good, because a pull request builds none. */
  image: z.object({ reference: z.string(), old: z.boolean() }).optional(),
  /** Repository paths this release's plan read. */
  dependencies: z.array(z.string()).optional(),
  /** In the passes of a rollback: what it is brought back to (absent without a last good), and what made it necessary. */
  rollback: z
    .object({
      to: z.object({ commit: commitSchema, document: z.string() }).optional(),
      cause: z.string(),
    })
    .optional(),
  /** In a destroy: what is deployed, which is what its plan works on. */
  destroys: z.object({ commit: commitSchema, document: z.string() }).optional(),
  /** An earlier attempt of the release has written it to the cloud, and it was still like that when this attempt was opened. */
  writtenBefore: z.boolean().optional(),
  /** When its turn came. */
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
});
export type OutcomeItem = z.infer<typeof outcomeItemSchema>;

/**
 * A target's turn. `waitingOn` is a DynamoDB string set of components (absent when empty) from which each dependency deletes
 * itself at its end; `blockedBy` collects those that ended badly. Whoever sees no `waitingOn` and `tokens` answers them all
 * (a retried Task has a new token, and nobody can tell which one came last).
 */
export const turnItemSchema = z.object({
  attempt: z.int(),
  waitingOn: z.set(z.string()).optional(),
  blockedBy: z.set(z.string()).optional(),
  tokens: z.set(z.string()).optional(),
  /** ARN of the child execution that is the target's flow. */
  flow: z.string().optional(),
});
export type TurnItem = z.infer<typeof turnItemSchema>;

/** A change a person was asked about. It is the change (`changeDigest`) that is approved, and the bundle (`planDigest`) that is applied. */
export const approvalItemSchema = z.object({
  attempt: z.int(),
  changeDigest: z.string(),
  planDigest: z.string(),
  reason: z.string(),
  requestedAt: z.iso.datetime(),
  tokens: z.set(z.string()).optional(),
  answer: approvalAnswerSchema.extend({ by: z.string(), at: z.iso.datetime() }).optional(),
});
export type ApprovalItem = z.infer<typeof approvalItemSchema>;

/** A job's nonce (SHA-256, hex) and, once admitted, the Batch job it is bound to. */
export const jobItemSchema = z.object({
  nonceHash: z.string(),
  stage: stageSchema,
  jobId: z.string().optional(),
  /** When it was prepared, and when it was let begin. */
  preparedAt: z.iso.datetime().optional(),
  begunAt: z.iso.datetime().optional(),
  ended: z.boolean(),
});
export type JobItem = z.infer<typeof jobItemSchema>;

/** A job that has ended, as it told itself, or the build of an image: for the timeline and the price of its release. */
export const jobTimesItemSchema = z.object({
  environment: z.string(),
  component: z.string(),
  pass: passSchema,
  stage: z.enum([...stageSchema.options, 'build']),
  /** The Batch job, or the CodeBuild build. */
  jobId: z.string(),
  architecture: architectureSchema,
  preparedAt: z.iso.datetime().optional(),
  times: jobTimesSchema,
});
export type JobTimesItem = z.infer<typeof jobTimesItemSchema>;
