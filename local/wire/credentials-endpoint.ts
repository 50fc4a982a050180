/** Credentials for jobs and functions of the twin, handed out as Fargate does: the SDKs fetch and refresh them over HTTP. */
import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { OpenRoute } from './gateway.ts';
import type { Principal, Principals, SessionOptions } from './principals.ts';

/** Credentials of one role that a process may fetch until they are withdrawn. */
export interface IssuedCredentials {
  /** Goes behind the gateway's URL into AWS_CONTAINER_CREDENTIALS_FULL_URI. */
  readonly path: string;
  /** The session valid now: its keys suit a process that takes AWS_ACCESS_KEY_ID and its fellows instead. */
  current(): Principal;
  /** Ends the session: the path answers 404 and its keys are refused. */
  withdraw(): void;
}

/** The issuing side and the gateway's route of the endpoint. */
export interface CredentialsEndpoint {
  /** Lets one process act as a role; sessions are renewed as they near their end. */
  issueCredentials(roleArn: string, options?: SessionOptions): IssuedCredentials;
  readonly route: OpenRoute;
}

/** SDKs refresh some minutes before the expiry they were told; a session must be new by then. */
const renewBeforeMs = 15 * 60_000;
const prefix = '/belay-credentials/';

/** Creates the endpoint over the twin's principals. */
export function createCredentialsEndpoint(principals: Principals, clock: Clock): CredentialsEndpoint {
  const issued = new Map<string, IssuedCredentials>();

  function issueCredentials(roleArn: string, options: SessionOptions = {}): IssuedCredentials {
    const path = `${prefix}${randomBytes(24).toString('base64url')}`;
    let sessions = [principals.openSession(roleArn, options)];
    const credentials: IssuedCredentials = {
      path,
      current() {
        const [newest, ...older] = sessions;
        if (newest !== undefined && newest.credentials.expiresAt - clock.now() > renewBeforeMs) return newest;
        const renewed = principals.openSession(roleArn, options);
        sessions = newest === undefined ? [renewed] : [renewed, newest, ...older];
        return renewed;
      },
      withdraw() {
        issued.delete(path);
        for (const session of sessions) principals.revoke(session.credentials.accessKeyId);
      },
    };
    issued.set(path, credentials);
    return credentials;
  }

  const route: OpenRoute = {
    prefix,
    async handle(request, path) {
      const principal = request.method === 'GET' ? issued.get(path)?.current() : undefined;
      if (principal === undefined) return undefined;
      const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = principal.credentials;
      const document = {
        RoleArn: principal.roleArn,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: new Date(expiresAt).toISOString(),
      };
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
    },
  };
  return { issueCredentials, route };
}
