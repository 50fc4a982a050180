/** One call of GitHub's REST API, and its refusals in words for people: used by the API and by the App's own calls. */
import { request as octokit } from '@octokit/request';
import * as z from 'zod';
import { GitHubError } from '../github-error.ts';

/** One call may take this long. Milliseconds. */
const TIMEOUT_MS = 10_000;

/** How long to wait where GitHub names no time: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
const UNNAMED_MS = 60_000;

/** Sends one request; `doing` says in errors what for. */
export type Send = (call: {
  readonly doing: string;
  readonly route: string;
  readonly parameters: object;
  /** Token or signed word; what anybody may ask needs none. */
  readonly token?: string;
}) => Promise<unknown>;

/** The API at `baseUrl` (`https://api.github.com`, or `https://<host>/api/v3`). Refusals throw `GitHubError`. */
export function gitHubRequest(baseUrl: string, now: () => number = Date.now): Send {
  const send = octokit.defaults({
    baseUrl: baseUrl.replace(/\/$/, ''),
    headers: { 'user-agent': 'belay', 'x-github-api-version': '2022-11-28' },
  });
  return async ({ doing, route, parameters, token }) => {
    try {
      const answer = await send(route, {
        ...parameters,
        ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
        request: { signal: AbortSignal.timeout(TIMEOUT_MS) },
      });
      return answer.data;
    } catch (error) {
      throw worded(doing, error, now());
    }
  };
}

/** @throws Error when the answer is not what the schema says. */
export function understood<T extends z.ZodType>(doing: string, schema: T, answer: unknown): z.output<T> {
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
function worded(doing: string, error: unknown, now: number): Error {
  const failure = failureSchema.safeParse(error);
  if (!failure.success)
    return new Error(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
  const { status, message, response } = failure.data;
  if (response === undefined) return new Error(`${doing}: GitHub could not be reached: ${message}`);
  const retryAt = retryTime(failure.data, response.headers, now);
  const hint =
    retryAt !== undefined
      ? '; the rate limit is used up, it will be tried again'
      : status === 401
        ? '; the credentials in the GitHub secret are not valid (any more)'
        : status === 403
          ? `; the token lacks a permission for this${lacking(response.headers)}`
          : '';
  return new GitHubError(status, `${doing}: GitHub answered ${status}: ${message}${hint}`, retryAt);
}

/** Primary and secondary limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function retryTime(
  { status, message }: z.output<typeof failureSchema>,
  headers: Readonly<Record<string, unknown>>,
  now: number,
): Date | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && seconds >= 0) return new Date(now + seconds * 1000);
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) return new Date(reset * 1000);
  return status === 429 || /rate limit/i.test(message) ? new Date(now + UNNAMED_MS) : undefined;
}

/** GitHub names what would do. */
function lacking(headers: Readonly<Record<string, unknown>>): string {
  const accepted = headers['x-accepted-github-permissions'];
  return typeof accepted === 'string' && accepted !== '' ? ` (${accepted})` : '';
}
