/** Sessions against a server that answers as STS does. */
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, expect, test } from '@jest/globals';
import { stsSessions } from '../../../lambdas/adapters/sessions.ts';
import { clientOptions, type HttpServer, httpServer } from '../../support/http-server.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

const ROLE = 'arn:aws:iam::111122223333:role/belay-environment-plan';

async function sessions(status: number, body: string) {
  server = await httpServer(() => ({ status, body, headers: { 'content-type': 'text/xml' } }));
  return stsSessions(new STSClient(clientOptions(server.url)));
}

test('a session is opened for an hour, with its policy and its tags', async () => {
  const { open } = await sessions(
    200,
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2026-11-21T09:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  );
  const tags = { 'belay:environment': 'dev' };
  const order = { role: ROLE, sessionName: 'r-1', policy: '{}', tags, externalId: 'belay-7' };
  expect(await open(order)).toEqual({
    accessKeyId: 'ASIA',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiration: '2026-11-21T09:00:00.000Z',
  });
  expect(Object.fromEntries(new URLSearchParams(server?.requests[0]?.body))).toEqual({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: ROLE,
    RoleSessionName: 'r-1',
    DurationSeconds: '3600',
    Policy: '{}',
    ExternalId: 'belay-7',
    'Tags.member.1.Key': 'belay:environment',
    'Tags.member.1.Value': 'dev',
  });
});

test('a role that does not let us is named, with what to do', async () => {
  const { open } = await sessions(
    403,
    '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>',
  );
  await expect(open({ role: ROLE, sessionName: 'r-1' })).rejects.toThrow(
    `assuming ${ROLE}: not authorized; docs/environment-roles.md tells how an account lets Belay in for a repository and an environment`,
  );
});
