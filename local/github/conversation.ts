/** What people do on the pages of the twin's GitHub: they comment, press buttons and run checks again. Each is a signed delivery. */
import type { CheckRun, Checks } from './checks.ts';
import type { Deliveries, DeliveryAnswer } from './deliveries.ts';
import { type Comment, type Discussions, MAX_BODY, type PullRequest } from './discussions.ts';
import { repositoryJson } from './payload.ts';
import type { LocalRepository } from './repositories.ts';

export interface ConversationPlace {
  /** What stands for https://github.com. */
  readonly url: string;
  readonly discussions: Discussions;
  readonly checks: Checks;
  readonly deliveries: Deliveries;
  /** Number of the App that the checks belong to. */
  readonly app: number;
}

interface Remark {
  /** Number of a pull request, or the commit that it was merged as. */
  readonly on: number | string;
  /** GitHub login. */
  readonly by: string;
  readonly body: string;
}

/** Comments on a pull request. https://docs.github.com/en/webhooks/webhook-events-and-payloads#issue_comment */
export async function comment(
  { url, discussions, deliveries }: ConversationPlace,
  repository: LocalRepository,
  { on, by, body }: Remark,
): Promise<{ readonly comment: Comment; readonly answer: DeliveryAnswer }> {
  const { id, owner, name } = repository;
  if (body.length > MAX_BODY) throw new Error(`commenting: at most ${MAX_BODY} characters are taken`);
  const pull =
    typeof on === 'string'
      ? mergedAs(on, repository, discussions)
      : discussions.of(id).find((one) => one.number === on);
  if (pull === undefined) throw new Error(`commenting: ${owner}/${name} has no pull request ${on}`);
  const { number, title, state } = pull;
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const made = discussions.comments.add((next) => ({
    ...{ id: next, repository: id, issue: number, user: by, body, created_at: at, updated_at: at },
  }));
  const html = `${url}/${owner}/${name}`;
  const payload = {
    action: 'created',
    issue: {
      ...{ number, title, state, user: userJson(pull.user) },
      pull_request: { html_url: `${html}/pull/${number}` },
    },
    comment: { ...made, user: userJson(by), html_url: `${html}/pull/${number}#issuecomment-${made.id}` },
    repository: repositoryJson(repository, html),
    sender: userJson(by),
  };
  return { comment: made, answer: await deliveries.send('issue_comment', payload, { repository: id }) };
}

/** Where a commit was pushed without a pull request, the twin makes up the one that it would have come by. */
function mergedAs(
  commit: string,
  { id: repository, owner: user, defaultBranch: base }: LocalRepository,
  discussions: Discussions,
): PullRequest {
  const known = discussions.of(repository).find(({ merged }) => merged === commit);
  if (known !== undefined) return known;
  const head = `change-${commit.slice(0, 7)}`;
  return discussions.merge(discussions.open({ repository, title: head, user, head, base }), commit);
}

/** What is pressed on the page of a commit's checks. */
export interface ButtonPress {
  readonly sha: string;
  /** Name of the run; absent for "Re-run all checks". */
  readonly check?: string;
  /** What the button says; every run has `Re-run`. */
  readonly button: string;
  /** GitHub login. */
  readonly by: string;
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run and #check_suite */
export async function press(
  { url, checks, deliveries, app }: ConversationPlace,
  repository: LocalRepository,
  { sha, check, button, by }: ButtonPress,
): Promise<DeliveryAnswer> {
  const { id } = repository;
  const runs = checks.of({ repository: id, sha });
  const run = runs.find((one) => one.name === (check ?? one.name));
  if (run === undefined)
    throw new Error(`pressing "${button}": there is no check ${check ?? ''} at ${sha.slice(0, 7)}`);
  if (check === undefined) {
    const check_suite = { id: run.suite, head_sha: sha, app: { id: app } };
    const payload = { action: 'rerequested', check_suite, ...alwaysIn(url, repository, by) };
    return deliveries.send('check_suite', payload, { repository: id });
  }
  return deliverPress({ url, deliveries, app }, repository, { run, by, action: actionOf(run, button) });
}

/** What is pressed on the page of one run, which is perhaps not the newest of its name. */
export interface RunPress {
  readonly run: number;
  /** Of the button; absent for "Re-run". */
  readonly identifier?: string | undefined;
  /** GitHub login. */
  readonly by: string;
}

/** Whether GitHub looks if the run still has the button is not documented: here it does not, for a page may have been left open. */
export async function pressRun(
  place: ConversationPlace,
  repository: LocalRepository,
  { run: id, identifier, by }: RunPress,
): Promise<DeliveryAnswer> {
  const { owner, name } = repository;
  const run = place.checks.byId(repository.id, id);
  if (run === undefined) throw new Error(`pressing a button: ${owner}/${name} has no check run ${id}`);
  const action =
    identifier === undefined
      ? { action: 'rerequested' }
      : { action: 'requested_action', requested_action: { identifier } };
  return deliverPress(place, repository, { run, by, action });
}

function deliverPress(
  { url, deliveries, app }: Pick<ConversationPlace, 'url' | 'deliveries' | 'app'>,
  repository: LocalRepository,
  { run, by, action }: { readonly run: CheckRun; readonly by: string; readonly action: object },
): Promise<DeliveryAnswer> {
  const { head_sha, external_id, status, conclusion, suite } = run;
  const check_run = {
    ...{ id: run.id, name: run.name, head_sha, external_id, status, conclusion },
    ...{ check_suite: { id: suite }, app: { id: app } },
  };
  const always = alwaysIn(url, repository, by);
  return deliveries.send('check_run', { ...action, check_run, ...always }, { repository: repository.id });
}

const alwaysIn = (url: string, repository: LocalRepository, by: string) => ({
  repository: repositoryJson(repository, `${url}/${repository.owner}/${repository.name}`),
  sender: userJson(by),
});

function actionOf({ name, status, actions }: CheckRun, button: string): object {
  if (button === 'Re-run') return { action: 'rerequested' };
  // GitHub shows the buttons once the run has completed.
  const shown = status === 'completed' ? actions : [];
  const action = shown.find(({ label }) => label === button);
  if (action === undefined) {
    const labels = [...shown.map(({ label }) => label), 'Re-run'].join(', ');
    throw new Error(`pressing "${button}": ${name} has only ${labels}`);
  }
  return { action: 'requested_action', requested_action: { identifier: action.identifier } };
}

const userJson = (login: string) => ({ login, type: login.endsWith('[bot]') ? 'Bot' : 'User' });
