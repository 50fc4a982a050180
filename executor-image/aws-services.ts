/** The services over AWS: S3 for the spec, Lambda for the functions, with the job role's credentials. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import type { ExecutorSettings } from '../core/contracts/executor.ts';
import { admit, artifacts, secrets } from '../core/contracts/job-services.ts';
import { containerCredentials } from './container-credentials.ts';
import { infrastructure, messageOf } from './failure.ts';
import type { Services } from './services.ts';

export function awsServices(settings: ExecutorSettings): Services {
  const client = {
    region: settings.AWS_REGION,
    endpoint: settings.endpoint,
    credentials: () => containerCredentials(settings.credentialSource),
    maxAttempts: 6,
  };
  const s3 = new S3Client({ ...client, forcePathStyle: settings.endpoint !== undefined });
  const lambda = new LambdaClient(client);

  const readJson = async (key: string): Promise<unknown> => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: settings.ARTIFACTS_BUCKET, Key: key }));
      return JSON.parse((await Body?.transformToString()) ?? '');
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw infrastructure(`reading s3://${settings.ARTIFACTS_BUCKET}/${key}: ${messageOf(error)}`);
    }
  };

  const call = async <Output extends z.ZodType>(
    name: string,
    input: object,
    output: Output,
  ): Promise<z.output<Output>> => {
    try {
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(input)) }),
      );
      const payload: unknown = JSON.parse(answer.Payload?.transformToString() ?? 'null');
      if (answer.FunctionError) throw new Error(`it failed: ${JSON.stringify(payload)}`);
      return output.parse(payload);
    } catch (error) {
      throw infrastructure(`calling the function ${name}: ${messageOf(error)}`);
    }
  };

  return {
    readSpec: () => readJson(settings.BELAY_JOB),
    readResult: () => readJson(settings.BELAY_JOB.replace(/[^/]+$/, 'result.json')),
    admit: (input) => call(settings.ADMIT_FUNCTION, input, admit.output),
    artifacts: (input) => call(settings.ARTIFACTS_FUNCTION, input, artifacts.output),
    secrets: (input) => call(settings.SECRETS_FUNCTION, input, secrets.output),
  };
}
