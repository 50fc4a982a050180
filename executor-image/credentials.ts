/**
 * `main.mjs credentials FILE state|environment`: the `credential_process` of the tool's two profiles. SDKs start it often, so it
 * loads little. It reads its file and no variable: the tool's environment, the manifest's included, cannot lead it elsewhere.
 */
import { readFile } from 'node:fs/promises';
import { sendToAws } from './aws-request.ts';
import { containerCredentials, type RoleCredentials, roleCredentials } from './container-credentials.ts';
import type { Identity } from './identity.ts';

/** A session of a role assumed with a role's credentials lasts an hour at most. */
const SESSION_SECONDS = 3600;

/**
 * @returns the answer of a credential process, with its expiry, so that SDKs ask again in time:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export async function credentialProcess(identityFile: string, which: string): Promise<string> {
  const identity = JSON.parse(await readFile(identityFile, 'utf8')) as Identity;
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

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
async function assumeEnvironmentRole(identity: Identity, own: RoleCredentials): Promise<RoleCredentials> {
  const tags = Object.entries(identity.tags).flatMap(([name, value], index): [string, string][] => [
    [`Tags.member.${index + 1}.Key`, name],
    [`Tags.member.${index + 1}.Value`, value],
  ]);
  const body = new URLSearchParams([
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['RoleArn', identity.environmentRole],
    ['RoleSessionName', identity.sessionName],
    ['DurationSeconds', String(SESSION_SECONDS)],
    ...tags,
  ]).toString();
  const { region, endpoint } = identity;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await sendToAws(
    { service: 'sts', region, endpoint, method: 'POST', path: '/', headers, body },
    async () => own,
  );
  const answer = await response.text();
  if (!response.ok)
    throw new Error(`assuming ${identity.environmentRole}: STS answered ${response.status} ${answer}`);
  const found = [...answer.matchAll(/<(AccessKeyId|SecretAccessKey|SessionToken|Expiration)>([^<]+)</g)];
  return roleCredentials(
    Object.fromEntries(found.map(([, name = '', value]) => [name, value])),
    'SessionToken',
  );
}
