/** The contracts of the functions the machines call, in the order a push meets them. Job-side functions: `job-services.ts`. */
import * as z from 'zod';
import { defineContract } from '../contract.ts';
import { environmentVerdictSchema, outcomeSchema, releaseVerdictSchema, stageSchema } from '../words.ts';
import { pushReceivedSchema } from './push.ts';
import { releaseRefSchema } from './release.ts';

/** A deployment's identity as the machine hands it to every function. `execution` is the ARN of the Deployment. */
export const deploymentRefSchema = z.object({
  release: releaseRefSchema,
  environment: z.string(),
  execution: z.string(),
});
export type DeploymentRef = z.infer<typeof deploymentRefSchema>;

/** A target of a deployment under a lease. */
export const targetRefSchema = deploymentRefSchema.extend({ component: z.string(), fence: z.int() });
export type TargetRef = z.infer<typeof targetRefSchema>;

/** `resolve`: claims the delivery, fetches the commit, stores snapshot and `release.json`. */
export const resolve = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL', 'GITHUB_URL', 'GITHUB_TOKEN_SECRET'],
  input: z.object({ push: pushReceivedSchema, execution: z.string(), startedAt: z.iso.datetime() }),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('deploy'), release: releaseRefSchema, environments: z.array(z.string()) }),
    z.object({ decision: z.literal('end'), verdict: releaseVerdictSchema, reason: z.string() }),
  ]),
});

/** `lease`: takes an environment's lease (answers through the task token) or gives it back. */
export const lease = defineContract({
  env: ['LEDGER_TABLE', 'STATUS_QUEUE_URL', 'GITHUB_API_URL', 'GITHUB_TOKEN_SECRET'],
  input: z.discriminatedUnion('action', [
    deploymentRefSchema.extend({ action: z.literal('acquire'), token: z.string() }),
    deploymentRefSchema.extend({ action: z.literal('give-back') }),
  ]),
  output: z.object({}),
});
/** What the token of `lease` acquire is answered with. */
export const leaseGrantSchema = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('granted'), fence: z.int() }),
  z.object({ decision: z.literal('superseded'), reason: z.string() }),
]);
export type LeaseGrant = z.infer<typeof leaseGrantSchema>;

/** `open`: under the lease, the ancestry gate, then the affected targets and their turns. */
export const open = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL', 'GITHUB_API_URL', 'GITHUB_TOKEN_SECRET'],
  input: deploymentRefSchema.extend({ fence: z.int() }),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('deploy'), targetsKey: z.string() }),
    z.object({ decision: z.literal('nothing-to-do') }),
    z.object({ decision: z.literal('superseded'), reason: z.string() }),
  ]),
});

/** `turn`: parks the target's token until everything it needs has ended. The token is answered with `{}`. */
export const turn = defineContract({
  env: ['LEDGER_TABLE'],
  input: targetRefSchema.extend({ token: z.string() }),
  output: z.object({}),
});

/** What a state machine needs to submit a job. */
export const jobOrderSchema = z.object({
  name: z.string().max(128),
  definition: z.string(),
  key: z.string(),
});

/** `prepare`: before a job, decides whether it is needed and writes its spec. */
export const prepare = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'ARTIFACTS_KEY_ARN', 'STATUS_QUEUE_URL'],
  input: targetRefSchema.extend({ stage: stageSchema }),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('run'), job: jobOrderSchema }),
    z.object({ decision: z.literal('end'), outcome: outcomeSchema, reason: z.string() }),
  ]),
});

/** `guard`: judges a finished plan against the policy. */
export const guard = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL'],
  input: targetRefSchema,
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('apply') }),
    /** Nothing to apply, but the test must pass again before this commit is last good. */
    z.object({ decision: z.literal('test') }),
    z.object({ decision: z.literal('end'), outcome: outcomeSchema, reason: z.string() }),
  ]),
});

/** How the flow of one target came to its end. */
export const targetEndSchema = z.discriminatedUnion('kind', [
  /** A function decided the outcome. */
  z.object({ kind: z.literal('decided'), outcome: outcomeSchema, reason: z.string() }),
  /** Everything asked for was done; `applied` is false when the plan was empty. */
  z.object({ kind: z.literal('completed'), applied: z.boolean() }),
  /** A state failed; `stage` is the one that was being done. */
  z.object({ kind: z.literal('broke'), stage: stageSchema, error: z.string(), cause: z.string() }),
]);
export type TargetEnd = z.infer<typeof targetEndSchema>;

/** `record`: writes the outcome, last good, live, outputs; wakes the dependents. */
export const record = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL'],
  input: targetRefSchema.extend({ end: targetEndSchema }),
  output: z.object({}),
});

/** `settle`: gives every target of a deployment exactly one outcome, and the deployment or the release its verdict. */
export const settle = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL'],
  input: z.discriminatedUnion('scope', [
    deploymentRefSchema.extend({
      scope: z.literal('environment'),
      /** Set when the deployment was ended before its targets: superseded at lease or gate, or broken. */
      ended: z.object({ verdict: environmentVerdictSchema, reason: z.string() }).optional(),
    }),
    z.object({ scope: z.literal('release'), release: releaseRefSchema }),
  ]),
  output: z.object({
    verdict: z.union([environmentVerdictSchema, releaseVerdictSchema]),
    /** What people read in a failed execution's Cause. */
    summary: z.string(),
  }),
});

/** `git-status`: consumes the status queue; the newest truth of the ledger goes to GitHub. */
export const gitStatus = defineContract({
  env: ['LEDGER_TABLE', 'GITHUB_API_URL', 'GITHUB_TOKEN_SECRET'],
  input: z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() }).loose()) }),
  output: z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) }),
});
/** A message on the status queue says only that something changed. */
export const statusMessageSchema = z.object({ release: releaseRefSchema });
export type StatusMessage = z.infer<typeof statusMessageSchema>;

/** `webhook`: the HTTP API's payload v2 in, an HTTP answer out. */
export const webhook = defineContract({
  env: ['BUS_NAME', 'WEBHOOK_SECRET'],
  input: z
    .object({
      requestContext: z.object({ http: z.object({ method: z.string() }).loose() }).loose(),
      headers: z.record(z.string(), z.string().optional()),
      body: z.string().optional(),
      isBase64Encoded: z.boolean(),
    })
    .loose(),
  output: z.object({ statusCode: z.int(), headers: z.record(z.string(), z.string()), body: z.string() }),
});
