/** The state of Batch jobs; made once by the functions that ask whether a writer still lives. */
import { BatchClient, DescribeJobsCommand, TerminateJobCommand } from '@aws-sdk/client-batch';
import type { JobControl, Jobs, JobTimes } from '../ports.ts';

/** Batch forgets a job some days after its end, so one it does not know has ended. */
export function batchJobs(client = new BatchClient({})): Jobs & JobTimes {
  return {
    async hasEnded(jobId) {
      const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [jobId] }));
      return jobs.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED');
    },
    async runningSince(jobId) {
      const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [jobId] }));
      const { status, startedAt } = jobs[0] ?? {};
      return status === 'RUNNING' && startedAt !== undefined ? new Date(startedAt) : undefined;
    },
    async wasSubmittedFor(jobId, specKey) {
      const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [jobId] }));
      const environment = jobs[0]?.container?.environment ?? [];
      return environment.some(({ name, value }) => name === 'BELAY_JOB' && value === specKey);
    },
  };
}

/** Ends jobs in AWS Batch; made once by the functions that may. `reason` is cut to what Batch takes: 1,024 characters. */
export function batchJobControl(client = new BatchClient({})): JobControl {
  return {
    async terminate(jobId, reason) {
      await client.send(new TerminateJobCommand({ jobId, reason: reason.slice(0, 1024) }));
    },
  };
}
