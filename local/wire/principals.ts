/** Who may call the local AWS endpoints: access keys issued by the twin, looked up by the gateway on every request. */
import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Keys as a client needs them; `sessionToken` and `expiresAt` belong to temporary ones. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The session of a role: what IAM evaluation needs to know about a caller. */
export interface Principal {
  readonly credentials: Credentials;
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, as GetCallerIdentity answers. */
  readonly arn: string;
  readonly accountId: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** Session tags of AssumeRole, transitive ones of the caller included. */
  readonly tags: Readonly<Record<string, string>>;
  /** Names of the tags that pass on to the next role. */
  readonly transitiveTags: readonly string[];
  readonly sourceIdentity?: string;
  /** JSON texts of session policies: the session may do only what they allow too. */
  readonly sessionPolicies: readonly string[];
}

/** What a session of a role may be given; everything has a plain default. */
export interface SessionOptions {
  readonly sessionName?: string;
  /** @default 3600 */
  readonly durationSeconds?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTags?: readonly string[];
  readonly sourceIdentity?: string;
  readonly sessionPolicies?: readonly string[];
}

/** The principals of one twin. They live as long as its process: a job of a killed twin has to be started anew. */
export interface Principals {
  /** Opens a session of a role with an access key of its own. */
  openSession(roleArn: string, options?: SessionOptions): Principal;
  /** The principal of an access key, or undefined when the twin never issued it or revoked it. */
  principalOf(accessKeyId: string): Principal | undefined;
  /** Ends a session: its keys are unknown from now on. */
  revoke(accessKeyId: string): void;
}

const rolePattern = /^arn:(aws[\w-]*):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;

/** Creates an empty set of principals. */
export function createPrincipals(clock: Clock): Principals {
  const byAccessKey = new Map<string, Principal>();
  return {
    openSession(roleArn, options = {}) {
      const [, partition, accountId, roleName] = rolePattern.exec(roleArn) ?? [];
      if (partition === undefined || accountId === undefined || roleName === undefined) {
        throw new Error(`Opening a session: "${roleArn}" is not the ARN of an IAM role.`);
      }
      const sessionName = options.sessionName ?? randomBytes(16).toString('hex');
      const principal: Principal = {
        credentials: {
          accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
          secretAccessKey: randomBytes(30).toString('base64'),
          sessionToken: randomBytes(96).toString('base64'),
          expiresAt: clock.now() + (options.durationSeconds ?? 3600) * 1000,
        },
        arn: `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
        accountId,
        roleArn,
        sessionName,
        tags: options.tags ?? {},
        transitiveTags: options.transitiveTags ?? [],
        sessionPolicies: options.sessionPolicies ?? [],
        ...(options.sourceIdentity === undefined ? {} : { sourceIdentity: options.sourceIdentity }),
      };
      byAccessKey.set(principal.credentials.accessKeyId, principal);
      return principal;
    },
    principalOf: (accessKeyId) => byAccessKey.get(accessKeyId),
    revoke: (accessKeyId) => void byAccessKey.delete(accessKeyId),
  };
}
