/** The services over AWS: Lambda for the functions, with the job role's credentials. */
import type * as z from 'zod';
import type { ExecutorSettings } from '../core/contracts/executor.ts';
import { EXIT_CODE } from '../core/contracts/job.ts';
import { admit, artifacts, secrets } from '../core/contracts/job-services.ts';
import { rememberedCredentials } from './container-credentials.ts';
import { infrastructure, JobFailure, messageOf } from './failure.ts';
import { invoke } from './invoke.ts';
import type { Services } from './services.ts';

export function awsServices(settings: ExecutorSettings): Services {
  const credentials = rememberedCredentials(settings.credentialSource);
  const place = { region: settings.AWS_REGION, endpoint: settings.endpoint };
  const { BELAY_JOB: job, AWS_BATCH_JOB_ID: jobId } = settings;

  const call = async <Output extends z.ZodType>(
    name: string,
    input: object,
    output: Output,
  ): Promise<z.output<Output>> => {
    try {
      return output.parse(await invoke(place, name, input, credentials));
    } catch (error) {
      throw infrastructure(messageOf(error));
    }
  };

  return {
    async readSpec() {
      const answer = await call(settings.ADMIT_FUNCTION, { action: 'read', job, jobId }, admit.output);
      if (answer.decision === 'known') return answer.spec;
      if (answer.decision === 'refused') throw new JobFailure(EXIT_CODE.refused, answer.reason);
      throw infrastructure(
        `asking for the spec: the answer "${answer.decision}" belongs to another question`,
      );
    },
    admit: (input) => call(settings.ADMIT_FUNCTION, input, admit.output),
    artifacts: (input) => call(settings.ARTIFACTS_FUNCTION, input, artifacts.output),
    secrets: (input) => call(settings.SECRETS_FUNCTION, input, secrets.output),
  };
}
