/** Batch's endpoint for functions: SubmitJob, DescribeJobs, TerminateJob, ListJobs. */
import { z } from 'zod';
import type { Place } from '../assembly/resource.ts';
import { parsed, restJsonService } from '../wire/json-service.ts';
import type { Permission, Service } from '../wire/service.ts';
import { type Job, jobDetail } from './job.ts';
import type { Jobs } from './jobs.ts';
import { readSubmission, refused } from './submission.ts';

/** What SubmitJob needs; the machines' `submitJob.sync` asks for the same. */
export function submitPermissions(
  jobs: Jobs,
  input: Readonly<Record<string, unknown>>,
  place: Place,
): Permission[] {
  const named = (kind: string, reference: unknown) =>
    String(reference).startsWith('arn:')
      ? String(reference)
      : `arn:aws:batch:${place.region}:${place.account}:${kind}/${String(reference)}`;
  const definition = jobs.definition(String(input.jobDefinition))?.arn;
  const resources = [
    definition ?? named('job-definition', input.jobDefinition),
    jobs.queue(String(input.jobQueue))?.arn ?? named('job-queue', input.jobQueue),
  ];
  const permissions: Permission[] = resources.map((resource) => ({ action: 'batch:SubmitJob', resource }));
  if (Object.keys(input.tags ?? {}).length > 0) {
    const resource = `arn:aws:batch:${place.region}:${place.account}:job/*`;
    permissions.push({ action: 'batch:TagResource', resource });
  }
  return permissions;
}

/** What TerminateJob needs: policies may ask for the job's tags. */
export function terminatePermission(job: Job): Permission {
  const tags = Object.entries(job.tags).map(([name, value]) => [`aws:ResourceTag/${name}`, value]);
  return { action: 'batch:TerminateJob', resource: job.jobArn, conditions: Object.fromEntries(tags) };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/ */
export function batchService(jobs: Jobs, place: Place): Service {
  const describe = z.strictObject({ jobs: z.array(z.string()).min(1).max(100) });
  const terminate = z.strictObject({ jobId: z.string(), reason: z.string().max(1024) });
  const list = z.strictObject({ jobQueue: z.string(), jobStatus: z.string().default('RUNNING') });
  const permissions = (operation: string, input: Readonly<Record<string, unknown>>): Permission[] => {
    if (operation === 'SubmitJob') return submitPermissions(jobs, input, place);
    const job = operation === 'TerminateJob' ? jobs.get(String(input.jobId)) : undefined;
    return job === undefined ? [{ action: `batch:${operation}` }] : [terminatePermission(job)];
  };
  return restJsonService({ name: 'batch', permissions }, [
    {
      method: 'POST',
      path: '/v1/submitjob',
      operation: 'SubmitJob',
      run: (input) => {
        const { jobArn, jobId, jobName } = jobs.submit(readSubmission(input));
        return { jobArn, jobId, jobName };
      },
    },
    {
      method: 'POST',
      path: '/v1/describejobs',
      operation: 'DescribeJobs',
      run: parsed(describe, (input) => ({
        jobs: input.jobs
          .map((reference) => jobs.get(reference.replace(/^arn:.*:job\//, '')))
          .filter((job) => job !== undefined)
          .map(jobDetail),
      })),
    },
    {
      method: 'POST',
      path: '/v1/terminatejob',
      operation: 'TerminateJob',
      run: parsed(terminate, ({ jobId, reason }) => {
        const job = jobs.get(jobId);
        if (job !== undefined) jobs.terminate(job, reason);
        return {};
      }),
    },
    {
      method: 'POST',
      path: '/v1/listjobs',
      operation: 'ListJobs',
      run: parsed(list, ({ jobQueue, jobStatus }) => {
        const queue = jobs.queue(jobQueue);
        if (queue === undefined) throw refused(`JobQueue ${jobQueue} not found`);
        const found = jobs.all().filter((job) => job.queue.arn === queue.arn && job.status === jobStatus);
        return {
          jobSummaryList: found.map(({ jobArn, jobId, jobName, status }) => ({
            jobArn,
            jobId,
            jobName,
            status,
          })),
        };
      }),
    },
  ]);
}
