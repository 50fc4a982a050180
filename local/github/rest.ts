/** GitHub's REST API as far as Belay calls it; everything else is 404, as for a token without the permission. */
import { gitAnswer } from './git.ts';
import { isAncestor } from './payload.ts';
import type { LocalRepository, Repositories } from './repositories.ts';
import { combinedState, type Status, type Statuses } from './statuses.ts';

/** An answer of the API. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One call. */
export interface RestCall {
  readonly method: string;
  /** Without the API's base. */
  readonly path: string;
  readonly body: unknown;
}

const NOT_FOUND: RestAnswer = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
};
const unprocessable = (body: object): RestAnswer => ({ status: 422, body: { ...body, status: '422' } });

/** What the routes work on. */
export interface RestContext {
  readonly repositories: Repositories;
  readonly statuses: Statuses;
  /** `organisation/team` → logins of its members. */
  readonly teams: () => Readonly<Record<string, readonly string[]>>;
  /** Called after a status was set. */
  readonly statusSet: (status: Status) => void;
}

type Route = (
  context: RestContext,
  found: { repository: LocalRepository; rest: string; body: unknown },
) => Promise<RestAnswer>;

function commitId(
  context: RestContext,
  repository: LocalRepository,
  name: string,
): Promise<string | undefined> {
  const bare = context.repositories.bare(repository);
  return gitAnswer(bare, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
}

const createStatus: Route = async (context, { repository, rest, body }) => {
  // A commit that has a status is there: git need not be started for each of the many that follow.
  const isKnown = context.statuses.of({ repository: repository.id, sha: rest }).length > 0;
  const isFullId = /^[0-9a-f]{40}$/.test(rest);
  const sha = isKnown ? rest : isFullId ? await commitId(context, repository, rest) : undefined;
  if (sha === undefined) return unprocessable({ message: `No commit found for SHA: ${rest}` });
  const created = context.statuses.create({ repository: repository.id, sha }, body);
  if (!('id' in created)) return unprocessable(created);
  context.statusSet(created);
  return { status: 201, body: created };
};

const listStatuses: Route = async (context, { repository, rest }) => {
  const sha = await commitId(context, repository, rest);
  if (sha === undefined) return unprocessable({ message: `No commit found for SHA: ${rest}` });
  return { status: 200, body: context.statuses.of({ repository: repository.id, sha }) };
};

const combinedStatus: Route = async (context, { repository, rest }) => {
  const sha = await commitId(context, repository, rest);
  if (sha === undefined) return unprocessable({ message: `No commit found for SHA: ${rest}` });
  const statuses = context.statuses.newest({ repository: repository.id, sha });
  const body = { sha, state: combinedState(statuses), total_count: statuses.length, statuses };
  return { status: 200, body };
};

const getCommit: Route = async (context, { repository, rest }) => {
  const sha = await commitId(context, repository, rest);
  if (sha === undefined) return unprocessable({ message: `No commit found for SHA: ${rest}` });
  const bare = context.repositories.bare(repository);
  const [tree, ...parents] = ((await gitAnswer(bare, 'log', '-1', '--format=%T %P', sha)) ?? '').split(' ');
  const message = (await gitAnswer(bare, 'log', '-1', '--format=%B', sha)) ?? '';
  return {
    status: 200,
    body: {
      sha,
      commit: { message: message.trimEnd(), tree: { sha: tree } },
      parents: parents.filter((parent) => parent !== '').map((parent) => ({ sha: parent })),
    },
  };
};

/** https://docs.github.com/en/rest/commits/commits#compare-two-commits */
const compare: Route = async (context, { repository, rest }) => {
  const [baseName = '', headName = ''] = rest.split('...');
  const base = await commitId(context, repository, baseName);
  const head = await commitId(context, repository, headName);
  if (base === undefined || head === undefined) return NOT_FOUND;
  const bare = context.repositories.bare(repository);
  const mergeBase = await gitAnswer(bare, 'merge-base', base, head);
  if (mergeBase === undefined) {
    return {
      status: 404,
      body: { message: `No common ancestor between ${baseName} and ${headName}.`, status: '404' },
    };
  }
  const counts =
    (await gitAnswer(bare, 'rev-list', '--left-right', '--count', `${base}...${head}`)) ?? '0\t0';
  const [behind = 0, ahead = 0] = counts.split('\t').map(Number);
  const status =
    base === head
      ? 'identical'
      : (await isAncestor(bare, base, head))
        ? 'ahead'
        : (await isAncestor(bare, head, base))
          ? 'behind'
          : 'diverged';
  const shas = ((await gitAnswer(bare, 'rev-list', '--reverse', `${base}..${head}`)) ?? '').split('\n');
  return {
    status: 200,
    body: {
      status,
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      base_commit: { sha: base },
      merge_base_commit: { sha: mergeBase },
      commits: shas.filter((sha) => sha !== '').map((sha) => ({ sha })),
    },
  };
};

const getRef: Route = async (context, { repository, rest }) => {
  const bare = context.repositories.bare(repository);
  const sha = await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', '--end-of-options', `refs/${rest}`);
  if (sha === undefined) return NOT_FOUND;
  return { status: 200, body: { ref: `refs/${rest}`, object: { type: 'commit', sha } } };
};

/** https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user */
function membership({ teams }: RestContext, path: string): RestAnswer {
  const [, ...names] = /^\/orgs\/([^/]+)\/teams\/([^/]+)\/memberships\/([^/]+)$/.exec(path) ?? [];
  const [organisation, team, login] = names.map((name) => decodeURIComponent(name).toLowerCase());
  const members = teams()[`${organisation}/${team}`] ?? [];
  if (login === undefined || !members.some((member) => member.toLowerCase() === login)) return NOT_FOUND;
  return { status: 200, body: { role: 'member', state: 'active' } };
}

const routes: readonly { readonly pattern: RegExp; readonly run: Route }[] = [
  { pattern: /^POST \/statuses\/(.+)$/, run: createStatus },
  { pattern: /^GET \/commits\/(.+)\/statuses$/, run: listStatuses },
  { pattern: /^GET \/commits\/(.+)\/status$/, run: combinedStatus },
  { pattern: /^GET \/commits\/(.+)$/, run: getCommit },
  { pattern: /^GET \/compare\/(.+)$/, run: compare },
  { pattern: /^GET \/git\/ref\/(.+)$/, run: getRef },
];

/** Answers one call of somebody with a good token. */
export async function restAnswer(
  context: RestContext,
  { method, path, body }: RestCall,
): Promise<RestAnswer> {
  if (method === 'GET' && path.startsWith('/orgs/')) return membership(context, path);
  const [, fullName, rest] = /^\/repos\/([^/]+\/[^/]+)(\/.*)$/.exec(path) ?? [];
  const repository = context.repositories.byFullName(fullName ?? '');
  if (repository === undefined) return NOT_FOUND;
  for (const { pattern, run } of routes) {
    const [, found] = pattern.exec(`${method} ${rest}`) ?? [];
    if (found !== undefined) return run(context, { repository, rest: decodeURIComponent(found), body });
  }
  return NOT_FOUND;
}
