/** The state of Batch jobs; made once by the functions that ask whether a writer still lives. */
import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
import type { Jobs } from '../ports.ts';

/** Batch forgets a job some days after its end, so one it does not know has ended. */
export function batchJobs(client = new BatchClient({})): Jobs {
  return {
    async hasEnded(jobId) {
      const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [jobId] }));
      return jobs.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED');
    },
  };
}
