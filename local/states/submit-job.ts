/** `batch:submitJob.sync`. https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html */
import { StatesError } from '../asl/errors.ts';
import type { Json } from '../asl/json.ts';
import { arnOf } from '../assembly/resource.ts';
import { capitalized, type Job, jobDetail, recased, uncapitalized } from '../batch/job.ts';
import { submitPermissions, terminatePermission } from '../batch/service.ts';
import { readSubmission } from '../batch/submission.ts';
import { AwsError } from '../wire/errors.ts';
import type { TaskContext } from './task-context.ts';

/** Step Functions watches jobs through this rule of its own, which the machine's role must be able to make. */
const MANAGED_RULE = 'rule/StepFunctionsGetEventsForBatchJobsRule';

export async function submitJob(context: TaskContext): Promise<Json> {
  const { call, jobs, place, require } = context;
  const input = recased(call.arguments, uncapitalized) as Record<string, Json>;
  let job: Job;
  try {
    for (const permission of submitPermissions(jobs, input, place)) require('Batch', permission);
    for (const action of ['events:PutTargets', 'events:PutRule', 'events:DescribeRule']) {
      require('Batch', { action, resource: arnOf(place, 'events', MANAGED_RULE) });
    }
    job = jobs.submit(readSubmission(input));
  } catch (error) {
    if (error instanceof AwsError) throw new StatesError(`Batch.${error.code}`, error.message);
    throw error;
  }
  call.submitted({ JobArn: job.jobArn, JobId: job.jobId, JobName: job.jobName });
  const abandon = () => stopWaiting(context, job);
  call.signal.addEventListener('abort', abandon);
  await jobs.ended(job).finally(() => call.signal.removeEventListener('abort', abandon));
  const detail = recased(jobDetail(job), capitalized);
  if (job.status === 'SUCCEEDED') return detail;
  throw new StatesError('States.TaskFailed', JSON.stringify(detail));
}

/** Nobody waits any more: Step Functions tries to terminate the job, and says nothing when it may not. */
function stopWaiting({ jobs, refusal }: TaskContext, job: Job): void {
  if (refusal(terminatePermission(job)) === undefined) {
    jobs.terminate(job, 'The Step Functions task that submitted this job was stopped');
  }
}
