/** What the ledger keeps of the audit in Git: entries on their way there, how far it is written, and GitHub's deployments. */

import * as z from 'zod';
import { commitSchema, repositorySchema } from '../contracts/push.ts';

/** An entry that could not be written by then is forgotten: it is in the ledger's own items, not in Git. */
export const ENTRY_TTL_SECONDS = 30 * 24 * 3600;

/** An entry of an environment's history that is to be written. There is one for each lease under which something was done. */
export const entryItemSchema = z.object({
  repository: repositorySchema,
  release: z.string(),
  /** The lease it was done under: entries of an environment are written in this order. */
  fence: z.int().positive(),
  /** The commit message. */
  message: z.string(),
  /** The commit whose tree the entry has. */
  deployed: commitSchema,
  /** The environment succeeded with it: that commit is its last good from then on. */
  isGood: z.boolean(),
  /** Epoch seconds (DynamoDB TTL). */
  expiresAt: z.int(),
});
export type EntryItem = z.infer<typeof entryItemSchema>;

/** How far an environment's history is written. `version` grows with every change. */
export const historyItemSchema = z.object({
  version: z.int(),
  /** The newest entry's commit. */
  tip: commitSchema.optional(),
  /** The newest lease of an entry in it. */
  newest: z.int().positive().optional(),
  /** Since when somebody is writing it. */
  writing: z.iso.datetime().optional(),
  /** GitHub said no in a way that does not get better by trying: it is asked again after this. */
  refusedUntil: z.iso.datetime().optional(),
});
export type HistoryItem = z.infer<typeof historyItemSchema>;

/** The GitHub deployment of a release in an environment. Without `id` somebody is about to make it. */
export const gitHubDeploymentItemSchema = z.object({
  id: z.int().optional(),
  /** The state last told and its description. */
  told: z.string(),
  /** What GitHub answered when it said no for good. */
  refused: z.string().optional(),
});
export type GitHubDeploymentItem = z.infer<typeof gitHubDeploymentItemSchema>;
