/** A Batch job as the twin keeps it, and as DescribeJobs and Step Functions show it. */

import type { Json } from '../asl/json.ts';
import type { JobDefinition, JobQueueDefinition } from '../assembly/model.ts';

/** https://docs.aws.amazon.com/batch/latest/userguide/job_states.html (PENDING is only for jobs with dependencies). */
export type JobStatus = 'SUBMITTED' | 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** One job; kept as `job.json` in the job's folder. Times in milliseconds since 1970. */
export interface Job {
  readonly jobId: string;
  readonly jobArn: string;
  readonly jobName: string;
  readonly queue: JobQueueDefinition;
  readonly definition: JobDefinition;
  readonly command: readonly string[];
  /** The definition's environment with the overrides: what DescribeJobs shows, without what the twin adds. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number | undefined;
  /** Tags of the submission; those of the definition do not become the job's own. */
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  status: JobStatus;
  statusReason?: string;
  startedAt?: number;
  stoppedAt?: number;
  exitCode?: number;
  isTerminated: boolean;
}

/** True when the job will not change any more. */
export function hasEnded(job: Job): boolean {
  return job.status === 'SUCCEEDED' || job.status === 'FAILED';
}

/** The job in the words of DescribeJobs. https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html */
export function jobDetail(job: Job): Record<string, Json> {
  const container: Record<string, Json> = {
    command: [...job.command],
    environment: Object.entries(job.environment).map(([name, value]) => ({ name, value })),
    jobRoleArn: job.definition.jobRoleArn,
    logStreamName: `${job.definition.name}/default/${job.jobId}`,
    resourceRequirements: [
      { type: 'VCPU', value: String(job.definition.vcpus) },
      { type: 'MEMORY', value: String(job.definition.memoryMb) },
    ],
    ...(job.exitCode === undefined ? {} : { exitCode: job.exitCode }),
  };
  const attempted = job.startedAt !== undefined && hasEnded(job);
  const attempt: Record<string, Json> = {
    container: {
      logStreamName: container.logStreamName ?? '',
      ...(job.exitCode === undefined ? {} : { exitCode: job.exitCode }),
    },
    ...present({ startedAt: job.startedAt, stoppedAt: job.stoppedAt, statusReason: job.statusReason }),
  };
  return {
    jobArn: job.jobArn,
    jobId: job.jobId,
    jobName: job.jobName,
    jobQueue: job.queue.arn,
    jobDefinition: job.definition.arn,
    status: job.status,
    createdAt: job.createdAt,
    ...present({ startedAt: job.startedAt, stoppedAt: job.stoppedAt, statusReason: job.statusReason }),
    attempts: attempted ? [attempt] : [],
    container,
    dependsOn: [],
    isCancelled: job.isTerminated && job.startedAt === undefined,
    isTerminated: job.isTerminated,
    parameters: {},
    platformCapabilities: ['FARGATE'],
    tags: { ...job.tags },
    ...(job.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: job.timeoutSeconds } }),
  };
}

function present(values: Record<string, string | number | undefined>): Record<string, Json> {
  const entries = Object.entries(values).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** API names begin small (`jobName`), Step Functions' with a capital (`JobName`); tag names are left alone. */
export function recased(value: Json, change: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => recased(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const verbatim = name.toLowerCase() === 'tags' || name.toLowerCase() === 'parameters';
      return [change(name), verbatim ? inner : recased(inner, change)];
    }),
  );
}

export const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
export const uncapitalized = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
