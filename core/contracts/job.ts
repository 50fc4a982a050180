/** The job's side of the contract: the spec `prepare` writes, the result the executor writes, and its exit codes. */
import * as z from 'zod';
import { resolvedTargetSchema } from '../manifest/resolved.ts';
import { architectureSchema, passSchema, stageSchema } from '../words.ts';
import { commitSchema, repositorySchema } from './push.ts';
import { releaseRefSchema } from './release.ts';

/** S3 keys of archives that may hold a component's lock file: a plan bundle does where the plan made or changed it, else a snapshot. */
export const lockSourcesSchema = z.object({
  /** Plan bundle of last good, whose snapshot is the job's source. */
  lastGood: z.string(),
  /** The failed release's plan bundle and snapshot, with the component's path in them: the second choice, where there is one. */
  current: z.object({ bundle: z.string(), source: z.string(), path: z.string() }).optional(),
});
export type LockSources = z.infer<typeof lockSourcesSchema>;

/** `job.json`. The job is told only its S3 key (`BELAY_JOB`), since overrides are small and readable by many, and asks `admit` for it. */
export const jobSpecSchema = z.object({
  version: z.literal(1),
  stage: stageSchema,
  pass: passSchema,
  /** The release the job belongs to; what it works on is `source`. */
  release: releaseRefSchema,
  repository: repositorySchema,
  /** The commit the job works on, and the S3 key of its snapshot: the release's own, or last good's in a rollback. */
  source: z.object({ commit: commitSchema, key: z.string() }),
  /** Where the plan of a rollback, or of a destroy, takes its lock file from. */
  locks: lockSourcesSchema.optional(),
  target: resolvedTargetSchema,
  account: z.string(),
  region: z.string(),
  /** The lease's fencing number; a writing stage is admitted only while it is the newest. */
  fence: z.int(),
  /** Which plan of the attempt this job belongs to: 0 for the first, one more for every time the state had moved. */
  round: z.int().default(0),
  /** When it was ordered: its queueing begins here. */
  preparedAt: z.iso.datetime().optional(),
  /** One-time secret, hashed in the ledger and bound to the first job that shows it. */
  nonce: z.string().min(32),
  /** Role in the environment's account that the tool works with. */
  environmentRole: z.string(),
  /** Managed state: bucket and key of the state file. */
  state: z.object({ bucket: z.string(), key: z.string(), kmsKeyArn: z.string().optional() }),
  /** SHA-256 of the plan bundle this apply or destroy must use, from the ledger. */
  planDigest: z.string().optional(),
  /** True for the plan of a destroy operation. */
  destroy: z.boolean(),
});
export type JobSpec = z.infer<typeof jobSpecSchema>;

/** What a plan would do, in counts of resources (`outputs`: changed root outputs). A replace counts in `replace` only. */
export const changeCountsSchema = z.object({
  add: z.int().nonnegative(),
  change: z.int().nonnegative(),
  destroy: z.int().nonnegative(),
  replace: z.int().nonnegative(),
  import: z.int().nonnegative(),
  move: z.int().nonnegative(),
  outputs: z.int().nonnegative(),
});
export type ChangeCounts = z.infer<typeof changeCountsSchema>;

/** A problem the tool reported, with its place in the repository where known. */
export const diagnosticSchema = z.object({
  severity: z.enum(['error', 'warning']),
  summary: z.string(),
  detail: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
});
export type Diagnostic = z.infer<typeof diagnosticSchema>;

/** `plan` part of a plan job's result. */
export const planSummarySchema = z.object({
  changes: changeCountsSchema,
  /** False when the tool says that applying would do nothing at all. */
  hasChanges: z.boolean(),
  /** One line for people, from the shell tool's `BELAY_PLAN_JSON` or made of the counts. */
  summary: z.string(),
  planDigest: z.string(),
  changeDigest: z.string(),
  /** Resources that are deleted or replaced: what the policy is asked about. */
  removals: z.array(
    z.object({
      address: z.string(),
      type: z.string(),
      replace: z.boolean(),
      /** Where the repository declares it (its module's call, if it is in one), when it still does. */
      place: z.object({ file: z.string(), line: z.int() }).optional(),
    }),
  ),
  /** Addresses of resources the apply would create, also in place of an older one. */
  creations: z.array(z.string()),
  /** Repository paths the plan read besides the component's directory (local modules, files). */
  dependencies: z.array(z.string()),
});
export type PlanSummary = z.infer<typeof planSummarySchema>;

/** `result.json`, written by every job that got as far as reading its spec. */
export const jobResultSchema = z.object({
  version: z.literal(1),
  stage: stageSchema,
  /** The spec's. */
  round: z.int().default(0),
  status: z.enum(['succeeded', 'failed']),
  /** One line for people: why it failed, or what was done. Masked. */
  reason: z.string(),
  /** `stale-plan`: the state had moved since the plan, so the tool applied nothing of it. */
  failure: z.enum(['stale-plan']).optional(),
  plan: planSummarySchema.optional(),
  diagnostics: z.array(diagnosticSchema),
  tool: z.object({ name: z.string(), version: z.string() }).optional(),
  architecture: architectureSchema,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
});
export type JobResult = z.infer<typeof jobResultSchema>;

/** One output value of a component; `outputs.json` is a record of these by name. */
export const outputValueSchema = z.object({ value: z.json(), sensitive: z.boolean() });
export type OutputValue = z.infer<typeof outputValueSchema>;
export const outputsSchema = z.record(z.string(), outputValueSchema);
export type Outputs = z.infer<typeof outputsSchema>;

/** `inputs.json` of the plan stage: the values of the target's `inputs`, by input name. Apply and test read the same object. */
export const inputsSchema = outputsSchema;

/** The executor's exit codes. Batch knows only zero and not zero; people read the code in the job's detail. */
export const EXIT_CODE = {
  succeeded: 0,
  /** The tool or the test said no: see `result.json`. */
  failed: 10,
  /** Not admitted: stale fence, unknown or used nonce. Nothing was touched. */
  refused: 20,
  /** The spec, the snapshot or the bundle is unusable. Nothing was touched. */
  badInput: 30,
  /** Belay's own services did not answer (S3, functions). The result may be missing. */
  infrastructure: 40,
  /** Stopped by SIGTERM; the tool was given one SIGTERM and waited for. */
  terminated: 143,
} as const;

/** What OpenTofu and Terraform leave behind when they could not write the state. */
export const ERRORED_STATE = 'errored.tfstate';

/** Which artifacts a stage may read and write through `artifacts`; `reports/` is a folder of the job's own. */
export const STAGE_ARTIFACTS: Readonly<
  Record<z.infer<typeof stageSchema>, { readonly get: readonly string[]; readonly put: readonly string[] }>
> = {
  validate: { get: ['source'], put: ['result.json', 'log.txt'] },
  plan: {
    get: ['source', 'inputs', 'lock', 'current-bundle', 'current-source'],
    put: ['result.json', 'log.txt', 'bundle.tar.gz', 'plan.json'],
  },
  apply: {
    get: ['source', 'inputs', 'bundle', 'result'],
    put: ['result.json', 'log.txt', 'outputs.json', ERRORED_STATE],
  },
  destroy: { get: ['source', 'inputs', 'bundle', 'result'], put: ['result.json', 'log.txt', ERRORED_STATE] },
  test: { get: ['source', 'inputs', 'outputs'], put: ['result.json', 'log.txt', 'reports/'] },
};
