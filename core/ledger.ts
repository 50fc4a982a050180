/**
 * The ledger's items and their keys: one DynamoDB table, single-item conditional writes only (no transactions).
 * Everything is keyed by GitHub's numeric repository id first, so two repositories may both have `dev/network`.
 */

import * as z from 'zod';
import { approvalAnswerSchema, leaseGrantSchema } from './contracts/functions.ts';
import { changeCountsSchema } from './contracts/job.ts';
import { commitSchema, repositorySchema } from './contracts/push.ts';
import { releaseRefSchema } from './contracts/release.ts';
import { resolvedTargetSchema } from './manifest/resolved.ts';
import {
  environmentVerdictSchema,
  outcomeSchema,
  type Pass,
  releaseVerdictSchema,
  stageSchema,
} from './words.ts';

/** The table's key: `pk` groups what is read together, `sk` names the item. */
export interface LedgerKey {
  readonly pk: string;
  readonly sk: string;
}

const inEnvironment = (repository: number, environment: string) => `${repository}/environment/${environment}`;
const inRelease = (repository: number, release: string) => `${repository}/release/${release}`;
const inCommit = (repository: number, commit: string) => `${repository}/commit/${commit}`;

/** A target in one pass of a deployment; without a pass, the deployment's own. */
interface TargetPass {
  readonly environment: string;
  readonly component: string;
  readonly pass?: Pass | undefined;
}
const outcomesOf = (pass: Pass = 'deploy') => (pass === 'deploy' ? 'outcome' : pass);

/** Where each kind of item lives. `…Prefix` constants serve queries over one partition. */
export const ledgerKeys = {
  delivery: (guid: string): LedgerKey => ({ pk: `delivery/${guid}`, sk: 'delivery' }),
  environment: (repository: number, environment: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: 'environment',
  }),
  target: (repository: number, environment: string, component: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: `target/${component}`,
  }),
  release: (repository: number, release: string): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: 'release',
  }),
  deployment: (repository: number, release: string, environment: string): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `deployment/${environment}`,
  }),
  outcome: (repository: number, release: string, target: TargetPass): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `${outcomesOf(target.pass)}/${target.environment}/${target.component}`,
  }),
  turn: (repository: number, release: string, target: TargetPass): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `turn/${target.pass ?? 'deploy'}/${target.environment}/${target.component}`,
  }),
  /** What a person was asked about one change of a target, and what they said. */
  approval: (repository: number, release: string, target: TargetPass): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `approval/${target.pass ?? 'deploy'}/${target.environment}/${target.component}`,
  }),
  /** Policies in force: those of the environment's last success. */
  policies: (repository: number, environment: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: 'policies',
  }),
  /** Releases that have not ended, and environments that were ever deployed to: what the sweep looks at. */
  active: (repository: number, release: string): LedgerKey => ({
    pk: 'active',
    sk: `${ledgerPrefixes.active}${inRelease(repository, release)}`,
  }),
  known: (repository: number, environment: string): LedgerKey => ({
    pk: 'known',
    sk: `${ledgerPrefixes.known}${inEnvironment(repository, environment)}`,
  }),
  /** The head of the default branch as the sweep last saw it. */
  head: (repository: number): LedgerKey => ({ pk: `${repository}/head`, sk: 'head' }),
  /** One use of `unlock`, kept for good. `at` is when. */
  unlock: (repository: number, environment: string, at: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: `${ledgerPrefixes.unlocks}${at}`,
  }),
  /** `specKey` is the S3 key of the job's spec. */
  job: (specKey: string): LedgerKey => ({ pk: `job/${specKey}`, sk: 'job' }),
  commit: (repository: number, commit: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: 'commit',
  }),
  status: (repository: number, commit: string, context: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: `status/${context}`,
  }),
} as const;

/** Sort-key prefixes for queries. */
export const ledgerPrefixes = {
  active: 'release/',
  known: 'environment/',
  unlocks: 'unlock/',
  approvals: 'approval/deploy/',
  turns: 'turn/deploy/',
  targets: 'target/',
  deployments: 'deployment/',
  outcomes: 'outcome/',
  outcomesIn: (environment: string, pass?: Pass) => `${outcomesOf(pass)}/${environment}/`,
  statuses: 'status/',
} as const;

/** Deliveries are forgotten after this: longer than GitHub redelivers (3 days) and an archive replay is likely. */
export const DELIVERY_TTL_SECONDS = 30 * 24 * 3600;

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
  /** What was last good before the release of `lastGood` came: where that release's failure elsewhere takes the target back to. */
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
  /** An apply of this release could not write its state: nothing is planned until the copy at the S3 key `key` is back in place. */
  blocked: z.object({ release: z.string(), key: z.string() }).optional(),
});
export type TargetItem = z.infer<typeof targetItemSchema>;

/** A release: one commit on its way through the environments. */
export const releaseItemSchema = z.object({
  id: z.string(),
  repository: repositorySchema,
  commit: commitSchema,
  branch: z.string(),
  sender: z.string(),
  /** The Release machine's execution ARN. */
  execution: z.string(),
  environments: z.array(z.string()),
  verdict: releaseVerdictSchema.optional(),
  reason: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** A person wants it stopped: read at every turn and guard. */
  cancelled: z.object({ by: z.string(), at: z.iso.datetime() }).optional(),
  /** A person wants it deployed although a newer commit was attempted since. */
  older: z.boolean().optional(),
});
export type ReleaseItem = z.infer<typeof releaseItemSchema>;

/** A deployment: a release in one environment. */
export const deploymentItemSchema = z.object({
  environment: z.string(),
  execution: z.string(),
  /** What it is doing, for people: `waiting for the lease: 2nd in the queue`, `deploying`. */
  progress: z.string(),
  verdict: environmentVerdictSchema.optional(),
  reason: z.string(),
});
export type DeploymentItem = z.infer<typeof deploymentItemSchema>;

/** How far a requested target is; `outcome` is set once, at its end. `attempt` is the fence it was opened under. */
export const outcomeItemSchema = z.object({
  environment: z.string(),
  component: z.string(),
  attempt: z.int(),
  /** Why it is in this release, or `unaffected` (then its outcome is `unchanged` from the start). */
  affected: z.enum(['changed', 'downstream', 'unaffected']),
  progress: z.enum(['waiting', 'planning', 'checking', 'approving', 'applying', 'testing', 'ended']),
  outcome: outcomeSchema.optional(),
  reason: z.string(),
  changes: changeCountsSchema.optional(),
  planDigest: z.string().optional(),
  changeDigest: z.string().optional(),
  /** How often it was planned again in this attempt, because the state had moved. @default 0 */
  round: z.int().optional(),
  inputKey: z.string().optional(),
  /** Repository paths this release's plan read. */
  dependencies: z.array(z.string()).optional(),
  /** In the passes of a rollback: what it is brought back to (absent without a last good), and what made it necessary. */
  rollback: z
    .object({
      to: z.object({ commit: commitSchema, document: z.string() }).optional(),
      cause: z.string(),
    })
    .optional(),
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

/** Component → the policy it is judged by until its environment succeeds with another. */
export const policiesItemSchema = z.object({
  commit: commitSchema,
  policies: z.record(z.string(), resolvedTargetSchema.shape.policy),
});
export type PoliciesItem = z.infer<typeof policiesItemSchema>;

/** A job's nonce (SHA-256, hex) and, once admitted, the Batch job it is bound to. */
export const jobItemSchema = z.object({
  nonceHash: z.string(),
  stage: stageSchema,
  jobId: z.string().optional(),
  ended: z.boolean(),
});
export type JobItem = z.infer<typeof jobItemSchema>;

/** A release the sweep looks after. `run` changes with every redrive, so that its end is not taken for that of the run before. */
export const activeItemSchema = z.object({ release: releaseRefSchema, run: z.string() });
export type ActiveItem = z.infer<typeof activeItemSchema>;

/** An environment the sweep looks after. */
export const knownItemSchema = z.object({ repository: repositorySchema, environment: z.string() });
export type KnownItem = z.infer<typeof knownItemSchema>;

/** A branch head no release has come for, and since when that is known. */
export const headItemSchema = z.object({ commit: commitSchema, seenAt: z.iso.datetime() });
export type HeadItem = z.infer<typeof headItemSchema>;

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

/** The newest release of a commit: only it may write the commit's statuses. */
export const commitItemSchema = z.object({ release: z.string() });

/** The status last written to GitHub for one context of one commit. */
export const statusItemSchema = z.object({ context: z.string(), state: z.string(), description: z.string() });
export type StatusItem = z.infer<typeof statusItemSchema>;
