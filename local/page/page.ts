/** The page of the local GitHub: which view shows an address, and which action takes a form. Called by `local/world.ts`. */
import type { GitHub } from '../github/github.ts';
import {
  type Action,
  commentOnCommit,
  commentOnPull,
  merge,
  NotDone,
  pressButton,
  rerunAll,
} from './actions.ts';
import type { PageAnswer, PageRequest } from './exchange.ts';
import { commit, commits } from './views/commits.ts';
import { framed } from './views/frame.ts';
import { notDone, nothingHere } from './views/problem.ts';
import { pull, pulls } from './views/pulls.ts';
import { repositories } from './views/repositories.ts';
import { run } from './views/run.ts';
import type { Content, RepositoryVisit, Visit } from './views/view.ts';

type View = (visit: RepositoryVisit, name: string) => Content | undefined | Promise<Content | undefined>;

/** Below a repository; the last part of the address is a name. */
const VIEWS: readonly (readonly [RegExp, View])[] = [
  [/^$/, (visit) => commits(visit)],
  [/^commits\/(.+)$/, commits],
  [/^commit\/([^/]+)$/, commit],
  [/^pulls$/, pulls],
  [/^pull\/([^/]+)$/, pull],
  [/^runs\/([^/]+)$/, run],
];
const ACTIONS: readonly (readonly [RegExp, Action])[] = [
  [/^runs\/(\d+)\/press$/, pressButton],
  [/^commit\/([0-9a-f]{40})\/re-run$/, rerunAll],
  [/^commit\/([0-9a-f]{40})\/comment$/, commentOnCommit],
  [/^pull\/(\d+)\/comment$/, commentOnPull],
  [/^pull\/(\d+)\/merge$/, merge],
];

/** A login of GitHub. */
const LOGIN = /^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38}(\[bot\])?$/i;

/** Answers one request. `now` in milliseconds. */
export async function pageAnswer(
  github: GitHub,
  request: PageRequest,
  now: number = Date.now(),
): Promise<PageAnswer> {
  const { path, method, form, login } = request;
  const url = new URL(path, 'http://page');
  const visit: Visit = { github, login, now, path, query: url.searchParams };
  const document = (content: Content) => ({ status: content.status, document: framed(visit, content) });
  if (url.pathname === '/-/login' && method === 'POST') {
    const { login: wanted = '', back = '/' } = form;
    if (!LOGIN.test(wanted)) return document(notDone(422, `“${wanted}” is no login of GitHub.`, '/'));
    return { location: /^\/(?![/\\])/.test(back) ? back : '/', login: wanted };
  }
  if (url.pathname === '/') return document(await repositories(visit));
  const found = repositoryVisit(visit, url.pathname);
  if (found === undefined) return document(nothingHere);
  if (method === 'GET') {
    const content = await first(VIEWS, found.rest, (view, name) => view(found.visit, name));
    return document(content ?? nothingHere);
  }
  try {
    const location = await first(ACTIONS, found.rest, (action, name) => action(found.visit, name, form));
    return location === undefined ? document(nothingHere) : { location };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const back = url.pathname.replace(/\/[^/]+$/, '');
    return document(notDone(error instanceof NotDone ? 422 : 500, message, back));
  }
}

/** What the first entry that matches makes of the path. */
async function first<T, R>(
  entries: readonly (readonly [RegExp, T])[],
  path: string,
  make: (entry: T, name: string) => R | Promise<R>,
): Promise<R | undefined> {
  for (const [pattern, entry] of entries) {
    const match = pattern.exec(path);
    if (match !== null) return make(entry, match[1] ?? '');
  }
  return undefined;
}

function repositoryVisit(
  visit: Visit,
  path: string,
): { readonly visit: RepositoryVisit; readonly rest: string } | undefined {
  const [owner, name, ...rest] = decoded(path).slice(1).split('/');
  const repository = visit.github.repositories.byFullName(`${owner}/${name}`);
  if (repository === undefined) return undefined;
  const bare = visit.github.repositories.bare(repository);
  return { visit: { ...visit, repository, bare }, rest: rest.join('/') };
}

/** An address that is no text leads nowhere. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
