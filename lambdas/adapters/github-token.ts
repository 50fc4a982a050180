/** Tokens for GitHub, each for one repository and what is to be done there: used by the GitHub and git adapters. */
import {
  type GitHubPlace,
  type InstallationToken,
  installationToken,
  nameOf,
  type Permissions,
} from './github-app.ts';
import { gitHubRequest } from './github-request.ts';
import { type GitHubCredentials, gitHubSecret } from './github-secret.ts';

/** A token is not used any more this long before its end: the longest thing done with one is a git fetch. Milliseconds. */
const MARGIN_MS = 10 * 60_000;

/** Who Belay is to GitHub: an App that can write checks, or a token that can only write statuses. */
export type GitHubMode = 'app' | 'token';

export interface GitHubAccess {
  mode(): Promise<GitHubMode>;
  /** The App's id, or its client id, whichever the secret holds; undefined where it holds a token. */
  appId(): Promise<string | undefined>;
  /** A token that opens this place, and at least these permissions there. Nothing is assumed about its form. */
  token(place: GitHubPlace, permissions: Permissions): Promise<string>;
  /** GitHub did not take this token: it is not answered again. */
  refused(token: string): void;
}

/** Access by what the secret `id` holds, at the API at `apiUrl`. */
export const gitHubAccess = (id: string, apiUrl: string): GitHubAccess =>
  accessBy(gitHubSecret(id), { send: gitHubRequest(apiUrl), now: Date.now });

/** Tokens of an App are kept in the warm function until shortly before their end. */
export function accessBy(
  read: () => Promise<GitHubCredentials>,
  api: Parameters<typeof installationToken>[2],
): GitHubAccess {
  const kept = new Map<string, Promise<InstallationToken>>();

  async function ofApp(
    app: Extract<GitHubCredentials, { kind: 'app' }>,
    place: GitHubPlace,
    permissions: Permissions,
  ): Promise<string> {
    const key = `${app.appId} ${nameOf(place)} ${JSON.stringify(Object.entries(permissions).sort())}`;
    const before = kept.get(key);
    // Without a pause where there is none: what is asked for meanwhile waits for the same answer.
    const known = before === undefined ? undefined : await before.catch(() => undefined);
    if (known !== undefined && known.expiresAt - MARGIN_MS > api.now()) return known.token;
    const asked = installationToken(app, { place, permissions }, api);
    kept.set(key, asked);
    return (await asked).token;
  }

  return {
    mode: async () => (await read()).kind,
    async appId() {
      const credentials = await read();
      return credentials.kind === 'app' ? credentials.appId : undefined;
    },
    async token(place, permissions) {
      const credentials = await read();
      return credentials.kind === 'token' ? credentials.token : ofApp(credentials, place, permissions);
    },
    refused(token) {
      for (const [key, asked] of kept) {
        void asked.then(
          (one) => one.token === token && kept.delete(key),
          () => kept.delete(key),
        );
      }
    },
  };
}
