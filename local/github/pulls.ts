/** Pull requests of the twin's GitHub as events: opened, pushed to, retargeted and merged, each a signed delivery. Used by `github.ts`. */
import type { Deliveries, DeliveryAnswer } from './deliveries.ts';
import type { Discussions, PullRequest } from './discussions.ts';
import { git, gitAnswer } from './git.ts';
import { isAncestor, repositoryJson } from './payload.ts';
import type { LocalRepository, Repositories } from './repositories.ts';

export interface PullPlace {
  /** What stands for https://github.com. */
  readonly url: string;
  readonly repositories: Repositories;
  readonly discussions: Discussions;
  readonly deliveries: Deliveries;
}

/** What happened to it, as GitHub names it, and what else the payload says of that. */
type Action = { readonly action: string } & Readonly<Record<string, unknown>>;

/**
 * Pushes a branch of the repository's directory and opens a pull request from it, or pushes to the one there is; where nothing is
 * new it is opened again. The base branch is taken from the directory when this GitHub does not have it.
 */
export async function changePull(
  place: PullPlace,
  repository: LocalRepository,
  { head, base = repository.defaultBranch, by }: { head: string; base?: string | undefined; by: string },
): Promise<{ readonly pull: PullRequest; readonly commit: string; readonly answer: DeliveryAnswer }> {
  const { repositories, discussions } = place;
  const bare = repositories.bare(repository);
  if ((await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', `refs/heads/${base}`)) === undefined)
    await repositories.receive(repository, `refs/heads/${base}`, await headOf(repository.directory, base));
  const commit = await headOf(repository.directory, head);
  const { before } = await repositories.receive(repository, `refs/heads/${head}`, commit);
  const known = discussions.of(repository.id).find((one) => one.state === 'open' && one.head === head);
  const title = await git(bare, 'log', '-1', '--format=%s', commit);
  const pull =
    known === undefined
      ? discussions.open({ repository: repository.id, title, user: by, head, base })
      : discussions.retarget(known, base);
  const action = actionOf(known, { base, before, commit });
  return { pull, commit, answer: await deliver(place, repository, { pull, by, action }) };
}

function actionOf(
  known: PullRequest | undefined,
  { base, before, commit }: { readonly base: string; readonly before: string; readonly commit: string },
): Action {
  if (known === undefined) return { action: 'opened' };
  if (known.base !== base) return { action: 'edited', changes: { base: { ref: { from: known.base } } } };
  return before === commit ? { action: 'reopened' } : { action: 'synchronize', before, after: commit };
}

/** Whatever a push to its base branch has brought there is merged. Delivers an event for each. */
export async function mergePulls(
  place: PullPlace,
  repository: LocalRepository,
  { branch, commit, by }: { readonly branch: string; readonly commit: string; readonly by: string },
): Promise<void> {
  const bare = place.repositories.bare(repository);
  for (const pull of place.discussions.of(repository.id)) {
    if (pull.state !== 'open' || pull.base !== branch) continue;
    const head = await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', `refs/heads/${pull.head}`);
    if (head === undefined || !(await isAncestor(bare, head, commit))) continue;
    const merged = place.discussions.merge(pull, commit);
    await deliver(place, repository, { pull: merged, by, action: { action: 'closed' } });
  }
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request */
async function deliver(
  { url, repositories, deliveries }: PullPlace,
  repository: LocalRepository,
  { pull, by, action }: { readonly pull: PullRequest; readonly by: string; readonly action: Action },
): Promise<DeliveryAnswer> {
  const { id, owner, name } = repository;
  const html = `${url}/${owner}/${name}`;
  const { number, title, state, draft, user, merged } = pull;
  const end = async (branch: string) => ({
    ref: branch,
    label: `${owner}:${branch}`,
    sha: await git(repositories.bare(repository), 'rev-parse', '--verify', `refs/heads/${branch}`),
    repo: { id, name, full_name: `${owner}/${name}`, fork: false },
  });
  const payload = {
    ...action,
    number,
    pull_request: {
      ...{ id: pull.id, number, title, state, draft, user: { login: user, type: 'User' } },
      ...{ merged: merged !== undefined, merge_commit_sha: merged ?? null },
      html_url: `${html}/pull/${number}`,
      updated_at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      head: await end(pull.head),
      base: await end(pull.base),
    },
    repository: repositoryJson(repository, html),
    sender: { login: by, type: 'User' },
  };
  return deliveries.send('pull_request', payload, { repository: id });
}

/** @throws Error when the directory has no such branch. */
async function headOf(directory: string, branch: string): Promise<string> {
  const found = await gitAnswer(
    directory,
    'rev-parse',
    '--verify',
    '--quiet',
    `refs/heads/${branch}^{commit}`,
  );
  if (found === undefined) throw new Error(`opening a pull request: ${directory} has no branch ${branch}`);
  return found;
}
