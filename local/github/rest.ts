/** GitHub's REST API as far as Belay calls it: who calls, what they may, whether the call is as GitHub describes it. */
import {
  badCredentials,
  forbidden,
  linkHeader,
  notFound,
  type RestAnswer,
  refused,
  unauthorized,
  unprocessable,
} from './answers.ts';
import { completeAnswer } from './api/complete.ts';
import { matchOperation, requestProblems } from './api/description.ts';
import { covers } from './app.ts';
import { type Caller, seesRepository } from './caller.ts';
import { appRoutes } from './routes/app.ts';
import { checkRoutes } from './routes/checks.ts';
import { commitRoutes } from './routes/commits.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { discussionRoutes } from './routes/discussions.ts';
import { gitDataRoutes } from './routes/git-data.ts';
import { peopleRoutes } from './routes/people.ts';
import type { Call, OpenCall, Place, Route, Routes } from './routes/route.ts';

const routes: Routes = {
  ...appRoutes,
  ...checkRoutes,
  ...commitRoutes,
  ...deploymentRoutes,
  ...discussionRoutes,
  ...gitDataRoutes,
  ...peopleRoutes,
};

/** One call. */
export interface RestCall {
  readonly method: string;
  /** Without the API's base. */
  readonly path: string;
  readonly url: URL;
  readonly body: unknown;
  /** Who calls, or why nobody knows them. */
  readonly caller: Caller | string;
}

/** What was answered, and what was wrong with the call that GitHub itself would have said nothing about. */
export interface RestResult {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly complaint?: string;
}

/** Answers one call. */
export async function restAnswer(place: Place, call: RestCall): Promise<RestResult> {
  const { method, path, url, caller } = call;
  const match = matchOperation(method, path);
  const route = match === undefined ? undefined : routes[match.operation];
  if (match === undefined || route === undefined)
    return { ...plain(notFound), complaint: `the twin's GitHub knows no ${method} ${path}` };
  const ask = askable(route, place, caller);
  if (typeof ask === 'string') return plain(unauthorized(ask));
  const query = url.searchParams;
  const problems = requestProblems(match, query, call.body);
  if (problems.length > 0) {
    const complaint = `${method} ${path} is not as GitHub describes it: ${problems.join('; ')}`;
    return {
      ...plain(
        unprocessable(
          'Invalid request.',
          problems.map((message) => ({ message })),
        ),
      ),
      complaint,
    };
  }
  const answer = await ask({ values: match.values, query, body: call.body });
  const link = answer.page === undefined ? undefined : linkHeader(url, answer.page);
  const headers = { ...answer.headers, ...(link === undefined ? {} : { link }) };
  const { status } = answer;
  return {
    status,
    headers,
    body: status < 300 ? completeAnswer(match.operation, status, answer.body) : answer.body,
  };
}

/** What answers the call, or why nobody does. */
function askable(
  route: Route,
  place: Place,
  caller: Caller | string,
): string | ((call: OpenCall) => RestAnswer | Promise<RestAnswer>) {
  if ('anybody' in route) return (call) => route.anybody(place, call);
  if (typeof caller === 'string') return caller;
  return (call) => answered(route, place, { ...call, caller });
}

async function answered(
  route: Exclude<Route, { anybody: unknown }>,
  place: Place,
  call: Call,
): Promise<RestAnswer> {
  const { caller, values } = call;
  if ('asApp' in route) {
    return caller.kind === 'app'
      ? route.asApp(place, call)
      : unauthorized('A JSON web token could not be decoded');
  }
  if (caller.kind === 'app') return badCredentials;
  const repository = place.repositories.byFullName(`${values.owner}/${values.repo}`);
  if ('inRepository' in route && (repository === undefined || !seesRepository(caller, place.app, repository)))
    return notFound;
  const problem = permissionProblem(route, caller);
  if (problem !== undefined) return problem;
  if ('run' in route) return route.run(place, call);
  if (repository === undefined) return notFound;
  return route.inRepository(place, { ...call, repository, bare: place.repositories.bare(repository) });
}

function permissionProblem(
  { needs, appOnly }: { readonly needs: string; readonly appOnly?: true },
  caller: Exclude<Caller, { kind: 'app' }>,
): RestAnswer | undefined {
  if (caller.kind === 'token')
    return appOnly ? forbidden('You must authenticate via a GitHub App.') : undefined;
  const [name = '', level = ''] = needs.split(':');
  return covers(caller.token.permissions, name, level)
    ? undefined
    : forbidden('Resource not accessible by integration', {
        'x-accepted-github-permissions': `${name}=${level}`,
      });
}

const plain = ({ status, body, headers = {} }: RestAnswer) => ({ status, body, headers });

export const parseProblem = plain(refused(400, 'Problems parsing JSON'));
