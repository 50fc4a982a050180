/** `main.mjs credentials FILE state|environment`: the `credential_process` of the tool's two profiles. Started by AWS SDKs. */
import { readFile } from 'node:fs/promises';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { containerCredentials, type RoleCredentials } from './container-credentials.ts';
import { infrastructure } from './failure.ts';
import { type Identity, identitySchema } from './identity.ts';

/** A session of a role assumed with a role's credentials lasts an hour at most. */
const SESSION_SECONDS = 3600;

/**
 * @returns the answer of a credential process, with its expiry, so that SDKs ask again in time:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export async function credentialProcess(identityFile: string, which: string): Promise<string> {
  const identity = identitySchema.parse(JSON.parse(await readFile(identityFile, 'utf8')));
  const own = await containerCredentials(identity.credentialSource);
  const role = which === 'environment' ? await assumeEnvironmentRole(identity, own) : own;
  return JSON.stringify({
    Version: 1,
    AccessKeyId: role.accessKeyId,
    SecretAccessKey: role.secretAccessKey,
    SessionToken: role.sessionToken,
    Expiration: role.expiration.toISOString(),
  });
}

async function assumeEnvironmentRole(identity: Identity, own: RoleCredentials): Promise<RoleCredentials> {
  const sts = new STSClient({ region: identity.region, endpoint: identity.endpoint, credentials: own });
  const { Credentials: session } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: identity.environmentRole,
      RoleSessionName: identity.sessionName,
      DurationSeconds: SESSION_SECONDS,
      Tags: Object.entries(identity.tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  if (!session?.AccessKeyId || !session.SecretAccessKey || !session.SessionToken || !session.Expiration) {
    throw infrastructure(`assuming ${identity.environmentRole}: STS answered without credentials`);
  }
  return {
    accessKeyId: session.AccessKeyId,
    secretAccessKey: session.SecretAccessKey,
    sessionToken: session.SessionToken,
    expiration: session.Expiration,
  };
}
