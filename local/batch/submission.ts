/** SubmitJob's input: checked as Batch checks it, then a job. */
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';

/**
 * Batch says 8,192 characters of overrides; refusal was measured from 7,680 bytes on, so the twin refuses there.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
const OVERRIDES_LIMIT = 7680;
/** https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html */
const SUBMISSION_LIMIT = 30 * 1024;

const submissionSchema = z.strictObject({
  jobName: z.string().regex(/^[A-Za-z0-9][\w-]{0,127}$/),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  containerOverrides: z
    .strictObject({
      command: z.array(z.string()).optional(),
      environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
    })
    .default({ environment: [] }),
  parameters: z.strictObject({}).optional(),
  propagateTags: z.boolean().optional(),
  retryStrategy: z.strictObject({ attempts: z.literal(1) }).optional(),
  tags: z.record(z.string().max(128), z.string().max(256)).default({}),
  timeout: z.strictObject({ attemptDurationSeconds: z.int().min(60) }).optional(),
});
/** A checked submission. */
export type Submission = z.infer<typeof submissionSchema>;

/**
 * Checks SubmitJob's input (camelCase).
 * @throws AwsError ClientException, in Batch's words where they are known.
 */
export function readSubmission(input: unknown): Submission {
  const result = submissionSchema.safeParse(input);
  if (!result.success)
    throw refused(`The local twin cannot submit this job: ${z.prettifyError(result.error)}`);
  const submission = result.data;
  if (JSON.stringify(submission.containerOverrides).length >= OVERRIDES_LIMIT) {
    throw refused('Container Overrides length must be at most 8192');
  }
  if (Buffer.byteLength(JSON.stringify(input)) > SUBMISSION_LIMIT) {
    throw refused(`SubmitJob payload must be at most ${SUBMISSION_LIMIT} bytes`);
  }
  for (const { name } of submission.containerOverrides.environment) {
    if (name.startsWith('AWS_BATCH')) {
      throw refused(`Environment variables must not start with "AWS_BATCH": ${name}`);
    }
  }
  return submission;
}

/** Batch's error for everything that is wrong with a request. */
export function refused(message: string): AwsError {
  return new AwsError('ClientException', message);
}
