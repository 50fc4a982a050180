/** The job role's own credentials, from the container's credential endpoint. Used by the executor's clients and by `credentials`. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { CredentialSource } from '../core/contracts/executor.ts';
import { infrastructure, messageOf } from './failure.ts';

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
const answerSchema = z.object({
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  Token: z.string(),
  Expiration: z.string(),
});

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** @throws JobFailure when the endpoint does not answer after three attempts. */
export async function containerCredentials(source: CredentialSource): Promise<RoleCredentials> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const token = source.tokenFile ? (await readFile(source.tokenFile, 'utf8')).trim() : source.token;
      const response = await fetch(source.uri, { headers: token ? { authorization: token } : {} });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      const answer = answerSchema.parse(await response.json());
      return {
        accessKeyId: answer.AccessKeyId,
        secretAccessKey: answer.SecretAccessKey,
        sessionToken: answer.Token,
        expiration: new Date(answer.Expiration),
      };
    } catch (error) {
      if (attempt === 3) {
        throw infrastructure(
          `asking the container's credential endpoint for the job role: ${messageOf(error)}`,
        );
      }
      await sleep(attempt * 200);
    }
  }
}
