/** The contracts of the functions a running job calls. Every call shows the job's key, nonce and Batch id. */
import * as z from 'zod';
import { defineContract } from '../contract.ts';
import { jobSpecSchema } from './job.ts';
import { jobTimesSchema } from './job-times.ts';

/** How a job proves itself. */
export const jobProofSchema = z.object({
  /** S3 key of its spec, from `BELAY_JOB`. */
  job: z.string(),
  nonce: z.string(),
  /** `AWS_BATCH_JOB_ID`. */
  jobId: z.string(),
});
export type JobProof = z.infer<typeof jobProofSchema>;

/**
 * `admit`: hands a job its spec, with the nonce, until it has begun; binds the nonce to the job and, for a writing stage, marks the
 * target dirty and registers the one writer; signs it off at its end; tells the machine whether a writer that was lost sight of has
 * ended.
 */
export const admit = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET'],
  input: z.discriminatedUnion('action', [
    jobProofSchema.omit({ nonce: true }).extend({ action: z.literal('read') }),
    jobProofSchema.extend({ action: z.literal('begin') }),
    jobProofSchema.extend({ action: z.literal('end'), times: jobTimesSchema.optional() }),
    z.object({
      action: z.literal('has-ended'),
      repository: z.int(),
      environment: z.string(),
      component: z.string(),
    }),
  ]),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('known'), spec: jobSpecSchema }),
    z.object({ decision: z.literal('admitted') }),
    /** Another job writes this target: wait for it, then end without doing anything. */
    z.object({ decision: z.literal('wait'), writer: z.string() }),
    z.object({ decision: z.literal('refused'), reason: z.string() }),
    z.object({ decision: z.literal('ended') }),
    z.object({ decision: z.literal('running'), writer: z.string() }),
  ]),
});

/** `secrets`: the values of the secrets the job's target names, by environment variable name. */
export const secrets = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET'],
  input: jobProofSchema,
  output: z.object({ values: z.record(z.string(), z.string()) }),
});

/** `artifacts`: presigned URLs for the artifacts the job's stage may read and write (`STAGE_ARTIFACTS`). */
export const artifacts = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET'],
  input: jobProofSchema.extend({ get: z.array(z.string()), put: z.array(z.string()) }),
  output: z.object({
    /** Absent artifacts (no inputs, no outputs yet) have no entry. */
    get: z.record(z.string(), z.url()),
    put: z.record(z.string(), z.url()),
  }),
});

/** Who a job's tool can be: `state` may touch the target's own managed state, `environment` is the environment's plan or apply role. */
export const jobIdentitySchema = z.enum(['state', 'environment']);
export type JobIdentity = z.infer<typeof jobIdentitySchema>;

/** `sessions`: credentials for the job's tool, an hour at most; asked for again before they end. */
export const sessions = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATE_ROLE'],
  input: jobProofSchema.extend({ identity: jobIdentitySchema }),
  output: z.object({
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    sessionToken: z.string(),
    expiration: z.iso.datetime(),
  }),
});
