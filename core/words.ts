/** The closed vocabularies of the design: what a target, an environment and a release can end as. Used everywhere. */
import * as z from 'zod';

/** What a target ends as in a release. Every requested target ends in exactly one of these. */
export const outcomeSchema = z.enum([
  'unchanged',
  'planned',
  'applied',
  'destroyed',
  'failed',
  'skipped',
  'rolled-back',
  'rollback-failed',
  'rejected',
  'superseded',
  'cancelled',
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Outcomes after which a target is where the commit wants it. */
export const GOOD_OUTCOMES: readonly Outcome[] = ['unchanged', 'planned', 'applied', 'destroyed'];

/** What a deployment (a release in one environment) ends as. */
export const environmentVerdictSchema = z.enum([
  'succeeded',
  'failed',
  'rolled-back',
  'broken',
  'waiting',
  'superseded',
  'cancelled',
  'skipped',
]);
export type EnvironmentVerdict = z.infer<typeof environmentVerdictSchema>;

/** What a release ends as; `refused` means a bad manifest or policy. */
export const releaseVerdictSchema = z.enum([
  'succeeded',
  'failed',
  'waiting',
  'superseded',
  'cancelled',
  'nothing-to-do',
  'refused',
]);
export type ReleaseVerdict = z.infer<typeof releaseVerdictSchema>;

/**
 * What a release does: `apply` brings the commit that was pushed. The others are asked for by command: `destroy`; `rollback` brings
 * an older commit; `restore` brings each dirty target back to its own last good. `plan` says what a pull request would change, and changes
 * nothing.
 */
export const operationSchema = z.enum(['apply', 'destroy', 'rollback', 'restore', 'plan']);
export type Operation = z.infer<typeof operationSchema>;

/** Operations that bring a commit; the others work on what is deployed. */
export const COMMIT_OPERATIONS: readonly Operation[] = ['apply', 'rollback'];

/** The stages a job can do. `build` is a CodeBuild build and not among them. */
export const stageSchema = z.enum(['validate', 'plan', 'apply', 'destroy', 'test']);
export type Stage = z.infer<typeof stageSchema>;

/**
 * Why a target's flow runs: `deploy` brings it to the release's commit; after a failure `reverse` brings targets back to last good,
 * dependents first, and `forward` verifies them again, needs first.
 */
export const passSchema = z.enum(['deploy', 'reverse', 'forward']);
export type Pass = z.infer<typeof passSchema>;

/** Stages that write to the user's cloud: never killed, one writer per target, own role. */
export const WRITING_STAGES: readonly Stage[] = ['apply', 'destroy'];

/** Processor architectures the executor image is built for, in Docker's spelling. */
export const architectureSchema = z.enum(['arm64', 'amd64']);
export type Architecture = z.infer<typeof architectureSchema>;

/** A dependent of a target that ended like this is `skipped`. */
export const BLOCKING_OUTCOMES: readonly Outcome[] = [
  'failed',
  'skipped',
  'rolled-back',
  'rollback-failed',
  'rejected',
  'superseded',
  'cancelled',
];
