/** The GitHub App's way to tokens: its signed word, its installation, a token for one repository. Used by `github-token.ts`. */
import { type KeyObject, sign } from 'node:crypto';
import * as z from 'zod';
import { GitHubError, NotGranted } from '../github-error.ts';
import type { Send } from './github-request.ts';
import { understood } from './github-request.ts';

/** What a token is for: one repository (`owner/name`), or an organisation's teams. */
export type GitHubPlace = { readonly repository: string } | { readonly organisation: string };

/** Permission → level, as GitHub names them. */
export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

/** The App as it knows itself. */
export interface AppIdentity {
  readonly appId: string;
  readonly privateKey: KeyObject;
}

/** GitHub takes at most ten minutes, and its clock may be behind ours. Seconds. */
const JWT_LIFE = 540;
const JWT_SKEW = 60;

const installationSchema = z.object({ id: z.int() });
const tokenSchema = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });

/** A token and when it ends, milliseconds since 1970. */
export interface InstallationToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
export function appWord({ appId, privateKey }: AppIdentity, now: number): string {
  const seconds = Math.floor(now / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: appId, iat: seconds - JWT_SKEW, exp: seconds + JWT_LIFE };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** Asks GitHub for a token. @throws Error when the App is not installed there, or was not given a permission. */
export async function installationToken(
  app: AppIdentity,
  { place, permissions }: { readonly place: GitHubPlace; readonly permissions: Permissions },
  { send, now }: { readonly send: Send; readonly now: () => number },
): Promise<InstallationToken> {
  const name = nameOf(place);
  const [owner = '', repository = ''] = name.split('/');
  const wanted = Object.entries(permissions).map(([permission, level]) => `${permission}: ${level}`);
  const doing = `getting a token of GitHub App ${app.appId} for ${name}`;
  const ask = (route: string, parameters: object) =>
    send({ doing, route, parameters, token: appWord(app, now()) });
  try {
    const found =
      'repository' in place
        ? ask('GET /repos/{owner}/{repository}/installation', { owner, repository })
        : ask('GET /orgs/{owner}/installation', { owner });
    const { id } = understood(doing, installationSchema, await found);
    const narrowed = 'repository' in place ? { repositories: [repository], permissions } : { permissions };
    const answer = await ask('POST /app/installations/{id}/access_tokens', { id, ...narrowed });
    const { token, expires_at } = understood(doing, tokenSchema, answer);
    return { token, expiresAt: Date.parse(expires_at) };
  } catch (error) {
    throw explained(error, name, wanted.join(', '));
  }
}

export const nameOf = (place: GitHubPlace) => ('repository' in place ? place.repository : place.organisation);

function explained(error: unknown, name: string, wanted: string): unknown {
  if (!(error instanceof GitHubError)) return error;
  const advice: Readonly<Record<number, string>> = {
    401: "GitHub does not take the App's word: appId and privateKey of the GitHub secret must belong together",
    404: `the App is not installed on ${name}: install it there (its settings → Install App), or add ${name} to the repositories it may see`,
    422: `the App may not have ${wanted}: give it that in its settings → Permissions, and accept it in the installation`,
  };
  const hint = advice[error.status];
  // No GitHubError: nobody must take the missing App for a missing branch, or give up what can be mended.
  if (hint === undefined) return error;
  const message = `${error.message}; ${hint}`;
  return error.status === 422 ? new NotGranted(message) : new Error(message);
}
