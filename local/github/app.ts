/** The GitHub App of the twin: who shows its signed word gets tokens for single repositories. Used by `caller.ts` and its routes. */
import { createPublicKey, randomBytes, verify } from 'node:crypto';
import * as z from 'zod';

/** A permission and how far it goes, as GitHub names them. */
export type Permissions = Readonly<Record<string, string>>;

/** What Belay's App is given where it is installed: docs/github.md. */
export const GRANTED: Permissions = {
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  members: 'read',
  merge_queues: 'read',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
};

/** An installation token. */
export interface InstallationToken {
  readonly token: string;
  /** Milliseconds. */
  readonly expiresAt: number;
  readonly permissions: Permissions;
  /** Names of repositories; undefined for all of the installation. */
  readonly repositories: readonly string[] | undefined;
}

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app */
const TOKEN_MS = 3600_000;
/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
const MAX_JWT_SECONDS = 600;
/** GitHub's own clock need not be ours to the second. */
const SKEW_SECONDS = 30;

const secretSchema = z.object({ appId: z.coerce.string(), privateKey: z.string() });
const claimsSchema = z.object({ iss: z.coerce.string(), iat: z.int(), exp: z.int() });
const LEVELS = ['read', 'write', 'admin'];

export class App {
  /** What it was given when it was installed; tests take permissions away. */
  permissions: Permissions = GRANTED;
  /** Whether it is installed on a repository (`owner/name`); tests uninstall it. */
  installedOn: (repository: string) => boolean = () => true;
  readonly installation = 1;
  readonly #secret: () => string;
  readonly #now: () => number;
  readonly #tokens = new Map<string, InstallationToken>();

  /** `secret`: what Belay keeps in Secrets Manager; only the public half of the key in it is used here. */
  constructor(secret: () => string, now: () => number) {
    this.#secret = secret;
    this.#now = now;
  }

  get id(): number {
    return Number(this.#parsed()?.appId ?? 0);
  }

  #parsed(): z.output<typeof secretSchema> | undefined {
    const text = this.#secret();
    return text.startsWith('{') ? secretSchema.safeParse(JSON.parse(text)).data : undefined;
  }

  /** Why a JSON web token is not this App's word; undefined when it is. */
  jwtProblem(jwt: string): string | undefined {
    const app = this.#parsed();
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const decoded = (part: string) => Buffer.from(part, 'base64url');
    if (app === undefined || JSON.parse(decoded(header).toString()).alg !== 'RS256')
      return 'A JSON web token could not be decoded';
    const isSigned = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      createPublicKey(app.privateKey),
      decoded(signature),
    );
    if (!isSigned) return 'A JSON web token could not be decoded';
    const { iss, iat, exp } = claimsSchema.parse(JSON.parse(decoded(payload).toString()));
    const now = this.#now() / 1000;
    if (iss !== app.appId) return 'Integration not found';
    if (exp <= now) return "'Expiration time' claim ('exp') must be a numeric value representing the future";
    if (iat > now + SKEW_SECONDS) return "'Issued at' claim ('iat') must be in the past";
    return exp - now > MAX_JWT_SECONDS
      ? "'Expiration time' claim ('exp') is too far in the future"
      : undefined;
  }

  /** A token for those repositories and permissions; undefined when the App was not given so much. */
  issue(wanted: {
    readonly permissions?: Permissions | undefined;
    readonly repositories?: readonly string[] | undefined;
  }): InstallationToken | undefined {
    const permissions = wanted.permissions ?? this.permissions;
    if (!Object.entries(permissions).every(([name, level]) => covers(this.permissions, name, level)))
      return undefined;
    // Unlike the tokens of old, with dots, and longer the more there is in them.
    const token = `ghs_${this.id}_${randomBytes(180).toString('base64url')}.${randomBytes(64).toString('base64url')}`;
    const issued = {
      token,
      expiresAt: this.#now() + TOKEN_MS,
      permissions: { metadata: 'read', ...permissions },
      repositories: wanted.repositories,
    };
    this.#tokens.set(token, issued);
    return issued;
  }

  /** The token, unless it has expired. */
  lookUp(token: string): InstallationToken | undefined {
    const found = this.#tokens.get(token);
    return found !== undefined && found.expiresAt > this.#now() ? found : undefined;
  }

  /** Takes every token back, as GitHub does when an installation is suspended. */
  revokeAll(): void {
    this.#tokens.clear();
  }
}

/** Whether permissions include this one; a higher level includes the lower ones. */
export function covers(permissions: Permissions, name: string, level: string): boolean {
  return LEVELS.indexOf(permissions[name] ?? '') >= LEVELS.indexOf(level);
}
