/** How a job is named, which definition and which role it gets; called by `prepare`, and by the stack that makes them. */
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { type Architecture, type Pass, type Stage, WRITING_STAGES } from '../words.ts';

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

/** One job definition for each stage and architecture: one installation per account and region. */
export const jobDefinition = (stage: Stage, architecture: Architecture) => `belay-${stage}-${architecture}`;

/**
 * The role in the environment's account that the tool works with. Only writing stages get the one that may write: a test looks
 * at what was deployed, as a plan does.
 */
export const environmentRoleName = (stage: Stage) =>
  `belay-environment-${WRITING_STAGES.includes(stage) ? 'apply' : 'plan'}`;

export function environmentRole(account: string, region: string, stage: Stage): string {
  return `arn:${partitionOf(region)}:iam::${account}:role/${environmentRoleName(stage)}`;
}

/** See https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}
