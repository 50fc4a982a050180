/**
 * `main.mjs credentials FILE state|environment`: opens a session for one of the tool's two profiles, and keeps it for the next one
 * who asks. It loads little. It reads its file and no variable: the tool's environment, the manifest's included, cannot lead it elsewhere.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { containerCredentials } from './container-credentials.ts';
import type { Identity } from './identity.ts';
import { invoke } from './invoke.ts';
import { keepSession, sessionFile } from './session-keeper.ts';

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
  const answer = JSON.stringify({
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.expiration,
  });
  const { expiration } = session;
  await keepSession(sessionFile(dirname(identityFile), identity), answer, { now: new Date(), expiration });
  return answer;
}
