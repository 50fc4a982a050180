/** The services over AWS: S3 for the spec, Lambda for the functions, with the job role's credentials. */
import * as z from 'zod';
import type { ExecutorSettings } from '../core/contracts/executor.ts';
import { admit, artifacts, secrets } from '../core/contracts/job-services.ts';
import { type AwsRequest, encodePart, sendToAws } from './aws-request.ts';
import { rememberedCredentials } from './container-credentials.ts';
import { infrastructure, JobFailure, messageOf } from './failure.ts';
import type { Services } from './services.ts';

/**
 * What a function that failed answers. Its message says all that people need; its name and stack stay out of the reason.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
const functionErrorSchema = z.object({ errorMessage: z.string() });

export function awsServices(settings: ExecutorSettings): Services {
  const credentials = rememberedCredentials(settings.credentialSource);
  const send = (request: Pick<AwsRequest, 'service' | 'method' | 'path' | 'body'>) =>
    sendToAws({ ...request, region: settings.AWS_REGION, endpoint: settings.endpoint }, credentials);

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
  const readJson = async (key: string): Promise<unknown> => {
    const path = ['', settings.ARTIFACTS_BUCKET, ...key.split('/')].map(encodePart).join('/');
    try {
      const response = await send({ service: 's3', method: 'GET', path });
      if (response.status === 404) return undefined;
      const text = await response.text();
      if (!response.ok) throw new Error(`S3 answered ${response.status} ${text}`);
      return JSON.parse(text);
    } catch (error) {
      throw infrastructure(`reading s3://${settings.ARTIFACTS_BUCKET}/${key}: ${messageOf(error)}`);
    }
  };

  /** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
  const call = async <Output extends z.ZodType>(
    name: string,
    input: object,
    output: Output,
  ): Promise<z.output<Output>> => {
    const path = `/2015-03-31/functions/${encodePart(name)}/invocations`;
    try {
      const response = await send({ service: 'lambda', method: 'POST', path, body: JSON.stringify(input) });
      const text = await response.text();
      if (!response.ok) throw new Error(`Lambda answered ${response.status} ${text}`);
      if (response.headers.has('x-amz-function-error'))
        throw infrastructure(functionErrorSchema.parse(JSON.parse(text)).errorMessage);
      return output.parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof JobFailure) throw error;
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
