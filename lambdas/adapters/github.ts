/** GitHub's REST API behind the `GitHub` port, for the ancestry gate, `git-status` and approvers. Works with GitHub Enterprise Server. */
import { request as octokit } from '@octokit/request';
import * as z from 'zod';
import { GitHubError } from '../github-error.ts';
import type { CommitStatus, GitHub } from '../ports.ts';
import type { GitHubToken } from './github-token.ts';

/** One call may take this long. Milliseconds. */
const TIMEOUT_MS = 10_000;

/** Pauses before a read is tried again after a server error or a broken connection: 3 tries in all. Milliseconds. */
const PAUSES_MS: readonly number[] = [250, 1000];

const comparisonSchema = z.object({ status: z.enum(['identical', 'ahead', 'behind', 'diverged']) });
const membershipSchema = z.object({ state: z.enum(['active', 'pending']) });
const commitSchema = z.object({ commit: z.object({ message: z.string() }) });
const refSchema = z.object({ object: z.object({ sha: z.string() }) });

/** The API at `baseUrl` (`https://api.github.com`, or `https://<host>/api/v3`). Refusals throw `GitHubError`. */
export function gitHub(baseUrl: string, token: GitHubToken, pauses = PAUSES_MS): GitHub {
  const send = octokit.defaults({
    baseUrl: baseUrl.replace(/\/$/, ''),
    headers: { 'user-agent': 'belay', 'x-github-api-version': '2022-11-28' },
  });

  async function call(doing: string, route: string, parameters: object): Promise<unknown> {
    try {
      const answer = await send(route, {
        ...parameters,
        headers: { authorization: `Bearer ${await token()}` },
        request: { signal: AbortSignal.timeout(TIMEOUT_MS) },
      });
      return answer.data;
    } catch (error) {
      throw worded(doing, error);
    }
  }

  /** A read is the same however often it is done; a write is left to the caller's own queue. */
  async function read(doing: string, route: string, parameters: object): Promise<unknown> {
    for (const pause of pauses) {
      try {
        return await call(doing, route, parameters);
      } catch (error) {
        if (error instanceof GitHubError && error.status < 500) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    return call(doing, route, parameters);
  }

  return {
    async compare(repository, base, head) {
      const doing = `comparing ${base}...${head} of ${repository}`;
      // https://docs.github.com/en/rest/commits/commits#compare-two-commits
      const answer = await orMissing(
        read(doing, 'GET /repos/{owner}/{name}/compare/{base}...{head}', {
          ...split(repository),
          base,
          head,
          per_page: 1,
        }),
      );
      return answer === undefined ? 'unknown' : understood(doing, comparisonSchema, answer).status;
    },
    async branchHead(repository, branch) {
      const doing = `reading the head of ${branch} of ${repository}`;
      // https://docs.github.com/en/rest/git/refs#get-a-reference ; a branch's own slashes stay slashes.
      const ref = branch.split('/').map(encodeURIComponent).join('/');
      const answer = await orMissing(
        read(doing, `GET /repos/{owner}/{name}/git/ref/heads/${ref}`, split(repository)),
      );
      return answer === undefined ? undefined : understood(doing, refSchema, answer).object.sha;
    },
    async commitMessage(repository, commit) {
      const doing = `reading commit ${commit} of ${repository}`;
      // https://docs.github.com/en/rest/commits/commits#get-a-commit
      const answer = await read(doing, 'GET /repos/{owner}/{name}/commits/{commit}', {
        ...split(repository),
        commit,
      });
      return understood(doing, commitSchema, answer).commit.message;
    },
    async createStatus(repository, commit, status: CommitStatus) {
      // https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
      await call(
        `setting status ${status.context} of ${commit} of ${repository}`,
        'POST /repos/{owner}/{name}/statuses/{commit}',
        { ...split(repository), commit, ...status },
      );
    },
    async isTeamMember(organisation, team, login) {
      const doing = `asking whether ${login} is in team ${organisation}/${team}`;
      // https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
      const answer = await orMissing(
        read(doing, 'GET /orgs/{organisation}/teams/{team}/memberships/{login}', {
          organisation,
          team,
          login,
        }),
      );
      return answer !== undefined && understood(doing, membershipSchema, answer).state === 'active';
    },
  };
}

function split(repository: string): { owner: string; name: string } {
  const [owner = '', name = ''] = repository.split('/');
  return { owner, name };
}

async function orMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitHubError && error.status === 404) return undefined;
    throw error;
  }
}

function understood<T extends z.ZodType>(doing: string, schema: T, answer: unknown): z.output<T> {
  const result = schema.safeParse(answer);
  if (!result.success)
    throw new Error(`${doing}: GitHub's answer is not as documented: ${z.prettifyError(result.error)}`);
  return result.data;
}

const failureSchema = z.object({
  status: z.int(),
  message: z.string(),
  response: z.object({ headers: z.record(z.string(), z.unknown()) }).optional(),
});

/** Octokit's error holds the request with its token: only what people need is taken over, never the error itself. */
function worded(doing: string, error: unknown): Error {
  const failure = failureSchema.safeParse(error);
  if (!failure.success)
    return new Error(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
  const { status, message, response } = failure.data;
  if (response === undefined) return new Error(`${doing}: GitHub could not be reached: ${message}`);
  const headers = response.headers;
  const limited =
    headers['retry-after'] !== undefined || (status === 403 && headers['x-ratelimit-remaining'] === '0');
  const hint = limited
    ? '; the rate limit is used up, it will be tried again'
    : status === 401
      ? '; put a valid token into the GitHub token secret'
      : status === 403
        ? '; the token lacks a permission for this'
        : status === 404
          ? '; it is gone, or the token has no access to it'
          : '';
  return new GitHubError(status, `${doing}: GitHub answered ${status}: ${message}${hint}`);
}
