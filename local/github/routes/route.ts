/** What every route of the twin's GitHub is made of. */
import type { RestAnswer } from '../answers.ts';
import type { App } from '../app.ts';
import type { Caller } from '../caller.ts';
import type { Checks } from '../checks.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Deployments } from '../deployments.ts';
import type { Discussions } from '../discussions.ts';
import { gitAnswer } from '../git.ts';
import type { Registrations } from '../registrations.ts';
import type { LocalRepository, Repositories } from '../repositories.ts';
import type { Statuses } from '../statuses.ts';

/** What the routes work on. */
export interface Place {
  /** Where people write teams and permissions down. */
  readonly folder: string;
  /** What stands for https://github.com. */
  readonly url: string;
  readonly repositories: Repositories;
  readonly statuses: Statuses;
  readonly checks: Checks;
  readonly discussions: Discussions;
  readonly deployments: Deployments;
  readonly deliveries: Deliveries;
  readonly app: App;
  readonly registrations: Registrations;
  /** Called after something people see was changed. */
  readonly changed: () => void;
}

/** One call that is as GitHub's description wants it. */
export interface Call {
  readonly values: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly caller: Caller;
}

/** A call that tells nobody's name. */
export type OpenCall = Omit<Call, 'caller'>;

/** A call about a repository the caller may see. */
export interface RepositoryCall extends Call {
  readonly repository: LocalRepository;
  /** Its bare repository. */
  readonly bare: string;
}

interface Needs {
  /** The permission of a token, as `checks:write`. */
  readonly needs: string;
  /** Only a GitHub App may. */
  readonly appOnly?: true;
}

/** An operation about a repository, or about anything else. */
export type Route =
  | (Needs & {
      readonly inRepository: (place: Place, call: RepositoryCall) => RestAnswer | Promise<RestAnswer>;
    })
  | (Needs & { readonly run: (place: Place, call: Call) => RestAnswer | Promise<RestAnswer> })
  /** What anybody may ask. */
  | { readonly anybody: (place: Place, call: OpenCall) => RestAnswer }
  /** What the App itself asks, with its signed word. */
  | { readonly asApp: (place: Place, call: Call) => RestAnswer | Promise<RestAnswer> };

/** By operation, as GitHub's description names it. */
export type Routes = Readonly<Record<string, Route>>;

/** Commits that were asked for by their full id and are there: nothing removes them from a repository of the local GitHub. */
const there = new Set<string>();

/** The commit a name stands for; undefined when there is none. */
export async function commitId(bare: string, name: string): Promise<string | undefined> {
  const place = `${bare} ${name}`;
  if (there.has(place)) return name;
  const id = await gitAnswer(
    bare,
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${name}^{commit}`,
  );
  if (id === name) there.add(place);
  return id;
}
