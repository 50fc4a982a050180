/** How a job is named, which definition and which role it gets; called by `prepare`. */
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { type Pass, type Stage, WRITING_STAGES } from '../words.ts';

/**
 * The Batch job's name: at most 128 letters, digits, hyphens and underscores
 * (https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html).
 */
export function jobName(
  release: string,
  target: ResolvedTarget,
  stage: Stage,
  pass: Pass = 'deploy',
): string {
  const end = pass === 'deploy' ? `-${stage}` : `-${pass}-${stage}`;
  const start = `${release}-${target.environment}-${target.component}`.replace(/[^A-Za-z0-9_-]/g, '_');
  return `${start.slice(0, 128 - end.length)}${end}`;
}

/** One job definition for each stage and architecture; the stacks name them so. */
export const jobDefinition = (target: ResolvedTarget, stage: Stage) => `belay-${stage}-${target.arch}`;

/**
 * The role in the environment's account that the tool works with. Only writing stages get the one that may write: a test looks
 * at what was deployed, as a plan does.
 */
export function environmentRole(account: string, region: string, stage: Stage): string {
  const kind = WRITING_STAGES.includes(stage) ? 'apply' : 'plan';
  return `arn:${partitionOf(region)}:iam::${account}:role/belay-environment-${kind}`;
}

/** See https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}
