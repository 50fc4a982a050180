/** Sessions of other roles: STS behind the `Sessions` port, for the function that serves jobs' tools. */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Sessions } from '../ports.ts';

/** A session of a role assumed with a role's credentials lasts an hour at most (role chaining). */
const SESSION_SECONDS = 3600;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function stsSessions(client = new STSClient({})): Sessions {
  return {
    async open({ role, sessionName, policy, tags, externalId }) {
      const order = new AssumeRoleCommand({
        RoleArn: role,
        RoleSessionName: sessionName,
        DurationSeconds: SESSION_SECONDS,
        Policy: policy,
        ExternalId: externalId,
        Tags: tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
      const { Credentials: made } = await client.send(order).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        const denied = error instanceof Error && error.name === 'AccessDenied';
        const advice = denied
          ? '; docs/environment-roles.md tells how an account lets Belay in for a repository and an environment'
          : '';
        throw new Error(`assuming ${role}: ${reason}${advice}`, { cause: error });
      });
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = made ?? {};
      if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
        throw new Error(`assuming ${role}: STS answered without credentials`);
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration.toISOString(),
      };
    },
  };
}
