/** What the ledger keeps of releases: how one came to be, how far it is in each environment, and what GitHub was told of it. */

import * as z from 'zod';
import { mergeGroupSchema } from '../contracts/merge-group.ts';
import { pullSchema } from '../contracts/pull.ts';
import { commitSchema, repositorySchema } from '../contracts/push.ts';
import { releaseRefSchema } from '../contracts/release.ts';
import { traceHeaderSchema } from '../trace/trace-header.ts';
import { environmentVerdictSchema, operationSchema, releaseVerdictSchema } from '../words.ts';

/**
 * Deliveries are forgotten after this: longer than GitHub redelivers (3 days), and two weeks longer than the archive keeps what could be
 * replayed (30 days), because neither is emptied to the minute.
 */
export const DELIVERY_TTL_SECONDS = 45 * 24 * 3600;

/** One GitHub delivery, claimed by one execution. `expiresAt` is epoch seconds (DynamoDB TTL). */
export const deliveryItemSchema = z.object({
  guid: z.string(),
  execution: z.string(),
  state: z.enum(['accepted', 'resolved']),
  release: z.string().optional(),
  /** Why it became no release. */
  reason: z.string().optional(),
  expiresAt: z.int(),
});
export type DeliveryItem = z.infer<typeof deliveryItemSchema>;

/** A release: one commit on its way through the environments. */
export const releaseItemSchema = z.object({
  id: z.string(),
  repository: repositorySchema,
  commit: commitSchema,
  branch: z.string(),
  /** @default apply */
  operation: operationSchema.optional(),
  /** Of a destroy that nobody asked for: the environment's `ttl` is over. */
  because: z.literal('ttl').optional(),
  /** GitHub login of who pushed or asked. */
  sender: z.string(),
  /** The Release machine's execution ARN. */
  execution: z.string(),
  /** The trace it belongs to. */
  trace: traceHeaderSchema.optional(),
  environments: z.array(z.string()),
  verdict: releaseVerdictSchema.optional(),
  reason: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** A person wants it stopped; or its pull request has changed, and `newer` says what counts now. Read at every turn and guard. */
  cancelled: z.object({ by: z.string(), at: z.iso.datetime(), newer: z.string().optional() }).optional(),
  /** What was left out, or will not work, though it is under way. */
  note: z.string().optional(),
  /** What a plan is of. */
  pull: pullSchema.optional(),
  /** What a plan for GitHub's merge queue is of. */
  mergeGroup: mergeGroupSchema.optional(),
  /** Of such a plan, once it has ended: changes that are in no reviewed plan, and how they differ, for people. */
  unreviewed: z
    .array(z.object({ environment: z.string(), component: z.string(), why: z.string() }))
    .optional(),
  /** The `endedAt` that its timeline among the artifacts tells of. */
  timelineOf: z.iso.datetime().optional(),
  /** What it had cost by then, as told to CloudWatch. US dollars. */
  costUsd: z.number().nonnegative().optional(),
  /** Why GitHub does not take its statuses; absent as soon as it does. */
  unshown: z.string().optional(),
  /** A person wants it deployed although a newer commit was attempted since. */
  older: z.boolean().optional(),
  /** What was last answered to a press of a button that came to nothing; `on` is the check's place: ``, `dev` or `dev/app`. */
  notice: z.object({ on: z.string(), text: z.string() }).optional(),
  /** What was said of it on the bus and as metrics: keys of `core/announcements.ts`. */
  announced: z.set(z.string()).optional(),
});
export type ReleaseItem = z.infer<typeof releaseItemSchema>;

/** A deployment: a release in one environment. */
export const deploymentItemSchema = z.object({
  environment: z.string(),
  execution: z.string(),
  /** Of a plan, which holds no lease: the number of its attempt. */
  fence: z.int().optional(),
  /** What it is doing, for people: `waiting for the lease: 2nd in the queue`, `deploying`. */
  progress: z.string(),
  verdict: environmentVerdictSchema.optional(),
  reason: z.string(),
  /** When it asked for the lease, when it had it and knew its targets, and when it was settled. */
  askedAt: z.iso.datetime().optional(),
  openedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  /** Components that are deployed here and no longer in the manifest. */
  orphans: z.array(z.string()).optional(),
  /** A destroy has left nothing deployed here. */
  isEmpty: z.boolean().optional(),
});
export type DeploymentItem = z.infer<typeof deploymentItemSchema>;

/** A pull request: what was last said about it, by whom it is planned, and what it became. `version` grows with every change. */
export const pullItemSchema = z.object({
  version: z.int(),
  number: z.int(),
  head: commitSchema,
  /** When GitHub changed it. */
  at: z.iso.datetime(),
  /** The release that speaks for it. */
  release: z.string(),
  /** The commit it became in its base branch. */
  merged: commitSchema.optional(),
  /**
   * The one comment. Without `id` somebody is about to write it, since `since`, which stands in it; `digest` is of what it says, empty
   * while that is being written, since `at`, which is 1970 when whoever began has given up.
   */
  comment: z
    .object({ id: z.int().optional(), digest: z.string(), since: z.iso.datetime(), at: z.iso.datetime() })
    .optional(),
});
export type PullItem = z.infer<typeof pullItemSchema>;

/** Which pull request a commit of the default branch came from. */
export const mergedItemSchema = z.object({ number: z.int() });

/** A commit of GitHub's merge queue. `destroyed`: the queue has no more use for it, in GitHub's word. */
export const mergeGroupItemSchema = mergeGroupSchema
  .omit({ base: true })
  .extend({ destroyed: z.string().optional() });

/** The newest release of a commit: only it may write the commit's statuses. */
export const commitItemSchema = z.object({ release: z.string() });

/** The status last written to GitHub for one context of one commit. */
export const statusItemSchema = z.object({ context: z.string(), state: z.string(), description: z.string() });
export type StatusItem = z.infer<typeof statusItemSchema>;

/** The check run last written to GitHub under one name of one commit. */
export const checkItemSchema = z.object({
  name: z.string(),
  /** GitHub's number of it. */
  run: z.int(),
  /** Of what it says. */
  digest: z.string(),
  completed: z.boolean(),
  /** How many annotations it has: GitHub adds up what every call brings. */
  annotations: z.int(),
});
export type CheckItem = z.infer<typeof checkItemSchema>;

/** Since when GitHub could not be told about a commit; `until` when it could again. */
export const delayItemSchema = z.object({ since: z.iso.datetime(), until: z.iso.datetime().optional() });
export type DelayItem = z.infer<typeof delayItemSchema>;

/** A release the sweep looks after. `run` changes with every redrive, so that its end is not taken for that of the run before. */
export const activeItemSchema = z.object({ release: releaseRefSchema, run: z.string() });
export type ActiveItem = z.infer<typeof activeItemSchema>;

/** A branch head no release has come for, and since when that is known. */
export const headItemSchema = z.object({ commit: commitSchema, seenAt: z.iso.datetime() });
export type HeadItem = z.infer<typeof headItemSchema>;
