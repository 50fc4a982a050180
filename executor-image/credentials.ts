/**
 * `main.mjs credentials FILE state|environment`: the `credential_process` of the tool's two profiles. SDKs start it often, so it
 * loads little. It reads its file and no variable: the tool's environment, the manifest's included, cannot lead it elsewhere.
 */
import { readFile } from 'node:fs/promises';
import { containerCredentials } from './container-credentials.ts';
import type { Identity } from './identity.ts';
import { invoke } from './invoke.ts';

/** What `sessions` answers; its contract is not loaded here. */
interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: string;
}

/**
 * @returns the answer of a credential process, with its expiry, so that SDKs ask again in time:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export async function credentialProcess(identityFile: string, identity: string): Promise<string> {
  const { place, sessions, proof, credentialSource } = JSON.parse(
    await readFile(identityFile, 'utf8'),
  ) as Identity;
  const session = (await invoke(place, sessions, { ...proof, identity }, () =>
    containerCredentials(credentialSource),
  )) as Session;
  return JSON.stringify({
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.expiration,
  });
}
