/**
 * The job role's own credentials, from the container's credential endpoint: good for calling functions, nothing else. Used by the
 * executor's services and by the credential process:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CredentialSource } from '../core/contracts/executor.ts';
import { send, textOf } from './http.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** Credentials are asked for again when less than this is left of them. */
const MARGIN_MS = 5 * 60 * 1000;

/** @throws Error when the endpoint does not answer after three attempts. */
export async function containerCredentials(source: CredentialSource): Promise<RoleCredentials> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const token = source.tokenFile ? (await readFile(source.tokenFile, 'utf8')).trim() : source.token;
      const answer = await send(source.uri, { headers: token ? { authorization: token } : {} });
      const text = await textOf(answer);
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      return roleCredentials(JSON.parse(text) as Record<string, unknown>);
    } catch (error) {
      if (attempt === 3) {
        throw new Error("asking the container's credential endpoint for the job role", { cause: error });
      }
      await sleep(attempt * 200);
    }
  }
}

/** The same, asked for once and again before they expire. */
export function rememberedCredentials(source: CredentialSource): () => Promise<RoleCredentials> {
  let known: Promise<RoleCredentials> | undefined;
  return async () => {
    const current = await known?.catch(() => undefined);
    if (!current || current.expiration.getTime() - Date.now() < MARGIN_MS)
      known = containerCredentials(source);
    return known ?? containerCredentials(source);
  };
}

/** The endpoint's answer. @throws Error naming what is missing. */
function roleCredentials(answer: Readonly<Record<string, unknown>>): RoleCredentials {
  const names = ['AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration'];
  const missing = names.filter((name) => typeof answer[name] !== 'string');
  if (missing.length > 0) throw new Error(`the answer lacks ${missing.join(', ')}`);
  return {
    accessKeyId: String(answer.AccessKeyId),
    secretAccessKey: String(answer.SecretAccessKey),
    sessionToken: String(answer.Token),
    expiration: new Date(String(answer.Expiration)),
  };
}
