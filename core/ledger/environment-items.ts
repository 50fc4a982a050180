/** What the ledger keeps of an environment across releases: its lease and queue, what is deployed of each target, its policies. */

import * as z from 'zod';
import { leaseGrantSchema } from '../contracts/functions.ts';
import { commitSchema, repositorySchema } from '../contracts/push.ts';
import { resolvedTargetSchema } from '../manifest/resolved.ts';
import { operationSchema } from '../words.ts';

/** A deployment waiting for the lease. `seq` grows by one with every enqueuing in this environment. */
export const waiterSchema = z.object({
  execution: z.string(),
  /** A retried Task has a new token; all are answered, because nobody can tell which one came last. */
  tokens: z.array(z.string()),
  release: z.string(),
  commit: commitSchema,
  branch: z.string(),
  /** When its release started: which of two pushes of a branch is the newer one. */
  startedAt: z.iso.datetime(),
  /** @default apply */
  operation: operationSchema.optional(),
  seq: z.int(),
});
export type Waiter = z.infer<typeof waiterSchema>;

/** What a deployment is still to be told about the lease. Kept until it was sent, so that a crash between the two loses nothing. */
export const leaseAnswerSchema = z.object({
  execution: z.string(),
  tokens: z.array(z.string()),
  grant: leaseGrantSchema,
});
export type LeaseAnswer = z.infer<typeof leaseAnswerSchema>;

/** Lease, queue, writers of one environment; changed by compare-and-set on `version`. */
export const environmentItemSchema = z.object({
  version: z.int(),
  /** The Deployment that holds the lease, and its release. */
  owner: z
    .object({
      execution: z.string(),
      release: z.string(),
      commit: commitSchema,
      /** Component → digest of the plan a person said yes to: its apply may start. Written before the answer itself. */
      approved: z.record(z.string(), z.string()).optional(),
      /** The newer commit it gives way to; from then on nothing is approved any more. */
      yieldsTo: commitSchema.optional(),
    })
    .optional(),
  /** Grows with every grant; what a writer must show. */
  fence: z.int(),
  seq: z.int(),
  queue: z.array(waiterSchema),
  answers: z.array(leaseAnswerSchema),
  /** Component → Batch job id of the one job that writes it now. */
  writers: z.record(z.string(), z.string()),
  /** Branch → the commit last let through the ancestry gate. */
  attempted: z.record(z.string(), commitSchema),
});
export type EnvironmentItem = z.infer<typeof environmentItemSchema>;

/** The commit of a target whose apply and test both passed. */
export const lastGoodSchema = z.object({
  commit: commitSchema,
  release: z.string(),
  contentKey: z.string(),
  inputKey: z.string(),
  /** S3 key of its `LastGoodDocument`. */
  document: z.string(),
});
export type LastGood = z.infer<typeof lastGoodSchema>;

/** What is deployed of one target, and what it last worked with. */
export const targetItemSchema = z.object({
  lastGood: lastGoodSchema.optional(),
  /** What was last good before the release of `lastGood` came: where that release's failure elsewhere takes the target back to. It is `lastGood` itself as soon as that begins. */
  goodBefore: lastGoodSchema.optional(),
  live: z
    .object({
      commit: commitSchema,
      /** Absent when an apply was cut off: nobody knows what is there. */
      contentKey: z.string().optional(),
      state: z.enum(['clean', 'dirty']),
      /** The lease under which a job last began to write. */
      fence: z.int().optional(),
    })
    .optional(),
  /** Repository paths the last applied plan read besides the component's directory. */
  dependencies: z.array(z.string()).optional(),
  /** Names it had before, the oldest first. */
  formerly: z.array(z.string()).optional(),
  /** Set while what is left under the name it had last must still be removed. */
  renamedFrom: z.string().optional(),
  /** An apply of this release could not write its state: nothing is planned until the copy at the S3 key `key` is back in place. */
  blocked: z.object({ release: z.string(), key: z.string() }).optional(),
});
export type TargetItem = z.infer<typeof targetItemSchema>;

/** Component → the policy it is judged by until its environment succeeds with another. */
export const policiesItemSchema = z.object({
  commit: commitSchema,
  policies: z.record(z.string(), resolvedTargetSchema.shape.policy),
  /** When the environment succeeded and how many seconds of life that gave it; absent where it stays. */
  lifetime: z.object({ since: z.iso.datetime(), seconds: z.int().positive() }).optional(),
});
export type Lifetime = NonNullable<z.infer<typeof policiesItemSchema>['lifetime']>;
export type PoliciesItem = z.infer<typeof policiesItemSchema>;

/** An environment the sweep looks after. */
export const knownItemSchema = z.object({ repository: repositorySchema, environment: z.string() });
export type KnownItem = z.infer<typeof knownItemSchema>;

/** What a person has unlocked. */
export const unlockItemSchema = z.object({
  environment: z.string(),
  component: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
  /** What was done, for people. */
  did: z.string(),
});
export type UnlockItem = z.infer<typeof unlockItemSchema>;
