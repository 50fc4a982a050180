/** The contracts of the functions the machines call, in the order a push meets them. Job-side functions: `job-services.ts`. */
import * as z from 'zod';
import { defineContract } from '../contract.ts';
import {
  environmentVerdictSchema,
  outcomeSchema,
  passSchema,
  releaseVerdictSchema,
  stageSchema,
} from '../words.ts';
import { endedBuildSchema } from './ended-build.ts';
import { releaseRequestSchema } from './operation.ts';
import { releaseRefSchema } from './release.ts';

/** A deployment's identity as the machine hands it to every function. `execution` is the ARN of the Deployment. */
export const deploymentRefSchema = z.object({
  release: releaseRefSchema,
  environment: z.string(),
  execution: z.string(),
});
export type DeploymentRef = z.infer<typeof deploymentRefSchema>;

/** A target of a deployment under a lease. */
export const targetRefSchema = deploymentRefSchema.extend({
  component: z.string(),
  fence: z.int(),
  /** @default deploy */
  pass: passSchema.optional(),
});
export type TargetRef = z.infer<typeof targetRefSchema>;

/** Where schedules are made, the bus they publish on, the role they do so with, and where what was not taken goes. */
const SCHEDULES_ENV = [
  'SCHEDULE_GROUP',
  'SCHEDULE_BUS_ARN',
  'SCHEDULE_ROLE_ARN',
  'SCHEDULE_DEAD_LETTERS_ARN',
] as const;

/** `resolve`: claims the request, fetches the commit or reads what is deployed, stores snapshot and `release.json`. */
export const resolve = defineContract({
  env: [
    'LEDGER_TABLE',
    'ARTIFACTS_BUCKET',
    'STATUS_QUEUE_URL',
    'GITHUB_URL',
    'GITHUB_API_URL',
    'GITHUB_TOKEN_SECRET',
    /** `yes` or `no`. */
    'PLAN_DRAFTS',
    /** The accounts and regions that a manifest may name: `core/configuration/allowed.ts`. */
    'ACCOUNTS',
    'REGIONS',
  ],
  input: z.object({ request: releaseRequestSchema, execution: z.string(), startedAt: z.iso.datetime() }),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('deploy'), release: releaseRefSchema, environments: z.array(z.string()) }),
    /** All environments side by side. */
    z.object({ decision: z.literal('plan'), release: releaseRefSchema, environments: z.array(z.string()) }),
    z.object({ decision: z.literal('end'), verdict: releaseVerdictSchema, reason: z.string() }),
  ]),
});

/** `lease`: takes an environment's lease (answers through the task token) or gives it back. A plan is let in without. */
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
  z.object({ decision: z.literal('cancelled'), reason: z.string() }),
  /** Only the deployment was redriven: nobody would go on after it. */
  z.object({ decision: z.literal('failed'), reason: z.string() }),
]);
export type LeaseGrant = z.infer<typeof leaseGrantSchema>;

/** `open`: under the lease, the ancestry gate, then the affected (or the named) targets and their turns. */
export const open = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL', 'GITHUB_API_URL', 'GITHUB_TOKEN_SECRET'],
  input: deploymentRefSchema.extend({ fence: z.int() }),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('deploy'), targetsKey: z.string() }),
    /** Nothing is brought to a commit: dirty targets go back to their last good at once. */
    z.object({ decision: z.literal('roll-back') }),
    z.object({ decision: z.literal('nothing-to-do') }),
    z.object({ decision: z.literal('superseded'), reason: z.string() }),
    /** What was asked for can no longer be done as it was asked for. */
    z.object({ decision: z.literal('refused'), reason: z.string() }),
  ]),
});

/** `turn`: parks the target's token until everything it needs has ended. The token is answered with `{}`. */
export const turn = defineContract({
  env: ['LEDGER_TABLE'],
  /** `flow`: ARN of the child execution, so that a lost one can be told from one that waits. */
  input: targetRefSchema.extend({ token: z.string(), flow: z.string() }),
  output: z.object({}),
});

/** What a state machine needs to submit a job. */
export const jobOrderSchema = z.object({
  name: z.string().max(128),
  definition: z.string(),
  key: z.string(),
});

/** `build`: before the plan of a component with `build`, finds its image in the registry or says how it is built. */
export const build = defineContract({
  env: [
    'LEDGER_TABLE',
    'ARTIFACTS_BUCKET',
    'STATUS_QUEUE_URL',
    /** Host of the account's registry. */
    'REGISTRY',
  ],
  /** `built`: the build that was asked for has just succeeded; `took`: how long. No time that reads otherwise stops a deployment. */
  input: targetRefSchema.extend({
    built: z.boolean(),
    took: endedBuildSchema.optional().catch(undefined),
  }),
  output: z.discriminatedUnion('decision', [
    z.object({
      decision: z.literal('build'),
      /** The CodeBuild project, and its variables as `startBuild` takes them. */
      project: z.string(),
      variables: z.array(z.object({ Name: z.string(), Value: z.string(), Type: z.literal('PLAINTEXT') })),
    }),
    /** There is nothing to build (any more): the plan may be prepared. */
    z.object({ decision: z.literal('ready') }),
    z.object({ decision: z.literal('end'), outcome: outcomeSchema, reason: z.string() }),
  ]),
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
  /** `after`: which job has just ended. */
  input: targetRefSchema.extend({ after: z.enum(['plan', 'apply']) }),
  output: z.discriminatedUnion('decision', [
    z.object({ decision: z.literal('apply') }),
    /** Nothing to apply, but the test must pass again before this commit is last good. */
    z.object({ decision: z.literal('test') }),
    /** The policy in force wants a person to say yes to this very change. */
    z.object({ decision: z.literal('ask'), reason: z.string() }),
    /** After a failed apply: the state had moved since the plan, so nothing was done and a new plan is due. */
    z.object({ decision: z.literal('plan-again') }),
    /** After a failed apply: it stays failed. */
    z.object({ decision: z.literal('failed') }),
    z.object({ decision: z.literal('end'), outcome: outcomeSchema, reason: z.string() }),
  ]),
});

/** `approval`: parks the target's token until a person has decided about its change (or nobody may any more). */
export const approval = defineContract({
  env: ['LEDGER_TABLE', 'STATUS_QUEUE_URL'],
  input: targetRefSchema.extend({ token: z.string(), reason: z.string() }),
  output: z.object({}),
});
/** What the token of `approval` is answered with. `by` is a GitHub login. */
export const approvalAnswerSchema = z.object({
  decision: z.enum(['approved', 'rejected', 'superseded', 'cancelled']),
  reason: z.string(),
});
export type ApprovalAnswer = z.infer<typeof approvalAnswerSchema>;

/** How the flow of one target came to its end. */
export const targetEndSchema = z.discriminatedUnion('kind', [
  /** A function decided the outcome. */
  z.object({ kind: z.literal('decided'), outcome: outcomeSchema, reason: z.string() }),
  /** Everything asked for was done; `applied` is false when the plan was empty. */
  z.object({ kind: z.literal('completed'), applied: z.boolean() }),
  /** A state failed; `stage` is the one that was being done. */
  z.object({
    kind: z.literal('broke'),
    stage: z.enum([...stageSchema.options, 'build']),
    error: z.string(),
    cause: z.string(),
  }),
]);
export type TargetEnd = z.infer<typeof targetEndSchema>;

/** `record`: writes the outcome, last good, live, outputs; wakes the dependents. */
export const record = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL'],
  input: targetRefSchema.extend({ end: targetEndSchema }),
  output: z.object({}),
});

/** `rollback`: after a pass, finds what must be brought back to last good (`reverse`), then what must be verified again (`forward`). */
export const rollback = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL'],
  input: deploymentRefSchema.extend({ fence: z.int(), after: passSchema }),
  output: z.discriminatedUnion('decision', [
    z.object({
      decision: z.literal('roll-back'),
      pass: z.enum(['reverse', 'forward']),
      targetsKey: z.string(),
    }),
    z.object({ decision: z.literal('settle') }),
  ]),
});

/** `settle`: gives every target of a deployment exactly one outcome, and the deployment or the release its verdict. */
export const settle = defineContract({
  env: ['LEDGER_TABLE', 'ARTIFACTS_BUCKET', 'STATUS_QUEUE_URL', ...SCHEDULES_ENV],
  input: z.discriminatedUnion('scope', [
    deploymentRefSchema.extend({
      scope: z.literal('environment'),
      /** Set when the deployment was ended before its targets: superseded at lease or gate, or broken. */
      ended: z.object({ verdict: environmentVerdictSchema, reason: z.string() }).optional(),
      /** Set by the sweep: the fence under which the deployment had the lease that it has lost since. */
      fence: z.int().optional(),
    }),
    z.object({ scope: z.literal('release'), release: releaseRefSchema }),
  ]),
  output: z.object({
    verdict: z.union([environmentVerdictSchema, releaseVerdictSchema]),
    /** What people read in a failed execution's Cause. */
    summary: z.string(),
  }),
});

/**
 * `sweep`: finds what was lost and sets it right; safe at any moment. Scheduled (or invoked with `{}`) everywhere; after an execution
 * that did not succeed, in its repository.
 */
export const sweep = defineContract({
  env: [
    'LEDGER_TABLE',
    'ARTIFACTS_BUCKET',
    'STATUS_QUEUE_URL',
    'BUS_NAME',
    'GITHUB_API_URL',
    'GITHUB_TOKEN_SECRET',
    ...SCHEDULES_ENV,
  ],
  /** Of an execution's status change we read its input; it is null where it was too long for the event. */
  input: z.object({ detail: z.object({ input: z.string().nullish() }).optional() }),
  /** One line for people per thing done; empty when all is well. */
  output: z.object({ done: z.array(z.string()) }),
});

/** `git-status`: consumes the status queue; the newest truth of the ledger goes to GitHub, and what is new of it to the bus. */
export const gitStatus = defineContract({
  env: [
    'LEDGER_TABLE',
    'ARTIFACTS_BUCKET',
    'STATUS_QUEUE_URL',
    'BUS_NAME',
    'GITHUB_URL',
    'GITHUB_API_URL',
    'GITHUB_TOKEN_SECRET',
    'GITHUB_WRITES_PER_HOUR',
    /** `yes` or `no`. */
    'AUDIT_IN_GIT',
  ],
  input: z.object({
    Records: z.array(
      z
        .object({
          messageId: z.string(),
          receiptHandle: z.string(),
          body: z.string(),
          attributes: z
            .object({ ApproximateReceiveCount: z.coerce.number(), AWSTraceHeader: z.string().optional() })
            .loose(),
        })
        .loose(),
    ),
  }),
  output: z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) }),
});
/** A message on the status queue says only that something changed: a release, or what is answered to a comment. */
export const statusMessageSchema = z.union([
  z.object({ release: releaseRefSchema }),
  z.object({ answer: z.object({ repository: z.int(), pull: z.int(), comment: z.int() }) }),
]);
export type StatusMessage = z.infer<typeof statusMessageSchema>;

/** `webhook`: the HTTP API's payload v2 in, an HTTP answer out. */
export const webhook = defineContract({
  /**
   * `WEBHOOK_SOURCES`: who may deliver, `any` or ranges of addresses, `core/webhook-sources.ts`. `REPOSITORIES`: whose deliveries are
   * served, `core/configuration/allowed.ts`.
   */
  env: ['BUS_NAME', 'WEBHOOK_SECRET', 'WEBHOOK_SOURCES', 'REPOSITORIES'],
  input: z
    .object({
      requestContext: z
        .object({ http: z.object({ method: z.string(), sourceIp: z.string() }).loose() })
        .loose(),
      headers: z.record(z.string(), z.string().optional()),
      body: z.string().optional(),
      isBase64Encoded: z.boolean(),
    })
    .loose(),
  output: z.object({ statusCode: z.int(), headers: z.record(z.string(), z.string()), body: z.string() }),
});
