/** What a job is told when one of its services does not serve it. */
import { afterEach, expect, test } from '@jest/globals';
import { readExecutorEnv } from '../../core/contracts/executor.ts';
import { awsServices } from '../../executor-image/aws-services.ts';
import { type HttpServer, httpServer } from '../support/http-server.ts';

let servers: HttpServer[] = [];
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

const proof = { job: '1/releases/r/dev/app/plan/job.json', nonce: 'n'.repeat(43), jobId: 'job-1' };

/** The services of a job whose functions answer `answer`. */
async function services(answer: Parameters<typeof httpServer>[0]) {
  const container = await httpServer(() => ({
    body: {
      AccessKeyId: 'AKIA',
      SecretAccessKey: 'secret',
      Token: 'session',
      Expiration: '2126-11-21T08:00:00Z',
    },
  }));
  const aws = await httpServer(answer);
  servers = [container, aws];
  return awsServices(
    readExecutorEnv({
      ADMIT_FUNCTION: 'admit',
      ARTIFACTS_FUNCTION: 'artifacts',
      SECRETS_FUNCTION: 'belay-secrets',
      SESSIONS_FUNCTION: 'sessions',
      BELAY_JOB: proof.job,
      BELAY_WORKSPACE: '/workspace',
      AWS_BATCH_JOB_ID: proof.jobId,
      AWS_REGION: 'eu-west-1',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: container.url,
      AWS_ENDPOINT_URL: aws.url,
    }),
  );
}

test('the message of a function that failed is the reason, without its name and stack', async () => {
  const { secrets } = await services(() => ({
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: {
      errorType: 'Error',
      errorMessage: 'secret app/token is not in Secrets Manager',
      trace: ['Error: secret app/token is not in Secrets Manager', '    at /var/task/secrets.mjs:1:1'],
    },
  }));
  const failure = await secrets(proof).catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: 'secret app/token is not in Secrets Manager', exitCode: 40 });
});

test('a function that could not be called is named', async () => {
  const { secrets } = await services(() => ({ status: 400, body: 'no such function' }));
  await expect(secrets(proof)).rejects.toThrow(
    'calling the function belay-secrets: Lambda answered 400 no such function',
  );
});

test('a job whose spec is not handed over ends as refused', async () => {
  const { readSpec } = await services(() => ({
    body: { decision: 'refused', reason: 'another Batch job does its work' },
  }));
  const failure = await readSpec().catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: 'another Batch job does its work', exitCode: 20 });
});
