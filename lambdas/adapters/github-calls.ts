/** Calls of GitHub's REST API with the narrowest token for each, and reads that are tried again: used by `github.ts` and `github-people.ts`. */
import { GitHubError } from '../github-error.ts';
import type { GitHubPlace, Permissions } from './github-app.ts';
import { gitHubRequest } from './github-request.ts';
import type { GitHubAccess } from './github-token.ts';

/** Pauses before a read is tried again after a server error or a broken connection: 3 tries in all. Milliseconds. */
const PAUSES_MS: readonly number[] = [250, 1000];

/** One call: what for, to whom, and what the token must allow. */
export interface Call {
  readonly doing: string;
  readonly place: GitHubPlace;
  readonly permissions: Permissions;
  readonly route: string;
  readonly parameters: object;
}

export type GitHubCalls = ReturnType<typeof gitHubCalls>;

/** Of the API at `baseUrl`. Refusals throw `GitHubError`. */
export function gitHubCalls(baseUrl: string, access: GitHubAccess, pauses = PAUSES_MS) {
  const send = gitHubRequest(baseUrl);

  async function call({ place, permissions, ...one }: Call): Promise<unknown> {
    const token = await access.token(place, permissions);
    try {
      return await send({ ...one, token });
    } catch (error) {
      if (error instanceof GitHubError && error.status === 401) access.refused(token);
      throw error;
    }
  }

  /** A read is the same however often it is done; a write is left to the caller's own queue. */
  async function read(one: Call): Promise<unknown> {
    for (const pause of pauses) {
      try {
        return await call(one);
      } catch (error) {
        if (error instanceof GitHubError && error.status < 500) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    return call(one);
  }

  const inRepository = (repository: string, permissions: Permissions) => {
    const [owner = '', name = ''] = repository.split('/');
    return (doing: string, route: string, more: object = {}): Call => ({
      doing,
      place: { repository },
      permissions,
      route,
      parameters: { owner, name, ...more },
    });
  };

  return { call, read, inRepository };
}

/** Undefined where GitHub says that there is no such thing. `also`: what else it answers then. */
export async function orMissing(answer: Promise<unknown>, also = 404): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitHubError && (error.status === 404 || error.status === also)) return undefined;
    throw error;
  }
}
