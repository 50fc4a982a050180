/** The recording GitHub of the twin: real bare repositories, the calls Belay makes, deliveries signed as GitHub signs them. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readBody } from '../wire/json-service.ts';
import { App } from './app.ts';
import { type Caller, callerOf, seesRepository } from './caller.ts';
import { Checks } from './checks.ts';
import { type ButtonPress, type ConversationPlace, comment, press } from './conversation.ts';
import { Deliveries, type DeliveryAnswer } from './deliveries.ts';
import { Deployments } from './deployments.ts';
import { type Comment, Discussions, type PullRequest } from './discussions.ts';
import { git, gitAnswer } from './git.ts';
import { Limits } from './limits.ts';
import { loginOf } from './login.ts';
import { mergeCommit } from './merge.ts';
import { pushPayload } from './payload.ts';
import { changePull, mergePulls } from './pulls.ts';
import { isRegistration, Registrations } from './registrations.ts';
import { type BranchUpdate, type LocalRepository, NO_COMMIT, Repositories } from './repositories.ts';
import { parseProblem, type RestResult, restAnswer } from './rest.ts';
import { isGitRequest, repositoryIn, serveGit } from './smart-http.ts';
import { Statuses } from './statuses.ts';

/** Where the REST API is below the server's URL, as on GitHub Enterprise Server. */
const API = '/api/v3';

export interface GitHubOptions {
  readonly folder: string;
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  /** Where webhooks are delivered. */
  readonly webhookUrl: () => string;
  readonly webhookSecret: () => string;
  /** What Belay keeps in Secrets Manager: the token callers must show, or the App's id and private key. */
  readonly secret: () => string;
  /** Called after something people see was changed. */
  readonly changed: () => void;
  /** Hears of calls that are not as GitHub describes them. */
  readonly complain: (complaint: string) => void;
  /** Milliseconds. @default Date.now */
  readonly now?: () => number;
}

/** What a push came to. */
export interface PushResult extends DeliveryAnswer {
  readonly repository: LocalRepository;
  readonly commit: string;
}

/** A running GitHub. */
export class GitHub {
  readonly repositories: Repositories;
  readonly statuses: Statuses;
  readonly checks: Checks;
  readonly discussions: Discussions;
  readonly deployments: Deployments;
  readonly deliveries: Deliveries;
  readonly app: App;
  readonly limits: Limits;
  readonly registrations: Registrations;
  readonly #options: GitHubOptions;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  private constructor(options: GitHubOptions) {
    this.#options = options;
    const { folder, now = Date.now } = options;
    mkdirSync(folder, { recursive: true });
    this.app = new App(options.secret, now);
    this.limits = new Limits(now);
    this.registrations = new Registrations(now);
    this.checks = new Checks(folder, now);
    this.discussions = new Discussions(folder);
    this.deployments = new Deployments(folder);
    this.repositories = new Repositories(join(folder, 'repositories'));
    this.statuses = new Statuses(join(folder, 'statuses.jsonl'));
    this.deliveries = new Deliveries({
      folder: join(folder, 'deliveries'),
      url: options.webhookUrl,
      secret: options.webhookSecret,
      sent: options.changed,
    });
  }

  /** Starts listening on 127.0.0.1. */
  static async start(options: GitHubOptions): Promise<GitHub> {
    const github = new GitHub(options);
    await new Promise<void>((resolve, reject) => {
      github.#server.once('error', reject);
      github.#server.listen(options.port, '127.0.0.1', resolve);
    });
    return github;
  }

  /** What stands for https://github.com. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What stands for https://api.github.com. */
  get apiUrl(): string {
    return `${this.url}${API}`;
  }

  /**
   * Takes the directory's HEAD as `ref` (a branch, or a full ref; default: the branch that is checked out) and delivers the
   * push event, `deliveries` times at once with one GUID.
   */
  async receivePush(order: {
    readonly directory: string;
    readonly ref?: string | undefined;
    readonly deliveries?: number | undefined;
  }): Promise<PushResult> {
    const { directory } = order;
    const commit = await git(directory, 'rev-parse', '--verify', 'HEAD^{commit}');
    const checkedOut = await gitAnswer(directory, 'symbolic-ref', '--quiet', '--short', 'HEAD');
    const known = await this.repositories.byDirectory(directory);
    const branch = checkedOut ?? known?.defaultBranch ?? 'main';
    const pushed = order.ref ?? branch;
    const ref = pushed.startsWith('refs/') ? pushed : `refs/heads/${pushed}`;
    const repository =
      known ?? (await this.repositories.register(directory, ref.replace(/^refs\/\w+\//, '')));
    const update = await this.repositories.receive(repository, ref, commit);
    return this.#deliverPush(repository, update, { commit, times: order.deliveries ?? 1 });
  }

  /**
   * Pushes the directory's branch `ref` and opens a pull request from it, or changes the one there is, and delivers the event.
   * @throws Error when the directory has no such branch.
   */
  async receivePull({
    directory,
    ref,
    base,
  }: {
    readonly directory: string;
    readonly ref: string;
    /** @default the repository's default branch */
    readonly base?: string | undefined;
  }): Promise<PushResult & { readonly number: number }> {
    const repository =
      (await this.repositories.byDirectory(directory)) ??
      (await this.repositories.register(directory, base ?? 'main'));
    const by = await loginOf(directory, `refs/heads/${ref}`);
    const { pull, commit, answer } = await changePull(this, repository, { head: ref, base, by });
    return { ...answer, repository, commit, number: pull.number };
  }

  /** Somebody merges a pull request that is open, and the events of that are delivered. @throws Error when it has conflicts. */
  async receiveMerge(repository: LocalRepository, pull: PullRequest, by: string): Promise<PushResult> {
    const update = await mergeCommit(this.repositories.bare(repository), pull, by);
    return this.#deliverPush(repository, update, { commit: update.after, times: 1 });
  }

  /** Deletes a branch or tag, as `git push --delete` does, and delivers the push event. */
  async receiveDeletion(repository: LocalRepository, ref: string): Promise<PushResult> {
    const update = await this.repositories.remove(repository, ref);
    return this.#deliverPush(repository, update, { commit: update.before, times: 1 });
  }

  /** Somebody comments on a pull request of the repository at `directory`: by its number, or the one that HEAD came by. */
  async receiveComment({
    directory,
    pull,
    ...said
  }: {
    readonly directory: string;
    readonly pull?: number | undefined;
    readonly by: string;
    readonly body: string;
  }): Promise<{ readonly comment: Comment; readonly answer: DeliveryAnswer }> {
    const repository = await this.#known(directory);
    const on = pull ?? (await git(directory, 'rev-parse', '--verify', 'HEAD^{commit}'));
    return comment(this.conversation, repository, { ...said, on });
  }

  /** Somebody presses a button of a check of the repository at `directory`. */
  async receivePress({
    directory,
    ...pressed
  }: { readonly directory: string } & ButtonPress): Promise<DeliveryAnswer> {
    return press(this.conversation, await this.#known(directory), pressed);
  }

  /** What people act on when they comment and press buttons. */
  get conversation(): ConversationPlace {
    const { url, discussions, checks, deliveries, app } = this;
    return { url, discussions, checks, deliveries, app: app.id };
  }

  /** Where webhooks go, and what they are signed with. */
  get webhook(): { readonly url: string; readonly secret: string } {
    return { url: this.#options.webhookUrl(), secret: this.#options.webhookSecret() };
  }

  async #known(directory: string): Promise<LocalRepository> {
    const repository = await this.repositories.byDirectory(directory);
    if (repository === undefined) throw new Error(`${directory} was never pushed`);
    return repository;
  }

  async #deliverPush(
    repository: LocalRepository,
    update: BranchUpdate,
    { commit, times }: { commit: string; times: number },
  ): Promise<PushResult> {
    const bare = this.repositories.bare(repository);
    const login = await loginOf(bare, commit);
    const payload = await pushPayload(bare, { repository, update, login, url: this.url });
    const branch = update.ref.replace(/^refs\/heads\//, '');
    if (update.after !== NO_COMMIT) await mergePulls(this, repository, { branch, commit, by: login });
    const answer = await this.deliveries.send('push', payload, { repository: repository.id, times });
    return { ...answer, repository, commit };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const { app } = this;
    const caller = callerOf(request.headers.authorization, { app, token: this.#options.secret() });
    if (isGitRequest(url.pathname)) {
      this.#record(request, await this.#git(request, response, caller));
      return;
    }
    const text = (await readBody(request)).toString('utf8');
    if (isRegistration(request.method, url.pathname)) {
      const made = this.registrations.register(url, text);
      if ('redirect' in made) response.writeHead(302, { location: made.redirect }).end();
      else response.writeHead(422, { 'content-type': 'text/plain' }).end(made.problem);
      return;
    }
    const result = await this.#rest(request.method ?? 'GET', url, { text, caller });
    if (result.complaint !== undefined) this.#options.complain(result.complaint);
    this.#record(request, result.status, text);
    response.writeHead(result.status, {
      'content-type': 'application/json; charset=utf-8',
      ...this.limits.headers(),
      ...result.headers,
    });
    response.end(result.body === undefined ? '' : JSON.stringify(result.body));
  }

  async #git(request: IncomingMessage, response: ServerResponse, caller: Caller | string): Promise<number> {
    if (typeof caller === 'string' || caller.kind === 'app') {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' });
      response.end();
      return 401;
    }
    const repository = repositoryIn(this.repositories, request);
    const isSeen = repository !== undefined && seesRepository(caller, this.app, repository, 'contents');
    return serveGit(this.repositories, request, response, isSeen ? repository : undefined);
  }

  async #rest(
    method: string,
    url: URL,
    { text, caller }: { text: string; caller: Caller | string },
  ): Promise<RestResult> {
    if (!url.pathname.startsWith(`${API}/`))
      return { status: 404, headers: {}, body: { message: 'Not Found' } };
    const limited = this.limits.refusal(method !== 'GET');
    if (limited !== undefined) return { headers: {}, body: undefined, ...limited };
    let body: unknown;
    try {
      body = text === '' ? undefined : JSON.parse(text);
    } catch {
      return parseProblem;
    }
    const { repositories, statuses, checks, discussions, deployments, deliveries, app, registrations } = this;
    const stores = { repositories, statuses, checks, discussions, deployments, deliveries, app };
    const { folder, changed } = this.#options;
    const place = { folder, changed, url: this.url, ...stores, registrations };
    return restAnswer(place, { method, path: url.pathname.slice(API.length), url, body, caller });
  }

  #record({ method, url }: IncomingMessage, status: number, body?: string): void {
    const line = { at: new Date().toISOString(), method, url, status, ...(body ? { body } : {}) };
    appendFileSync(join(this.#options.folder, 'requests.jsonl'), `${JSON.stringify(line)}\n`);
  }
}
