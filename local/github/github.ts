/** The recording GitHub of the twin: real bare repositories, the calls Belay makes, deliveries signed as GitHub signs them. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readBody } from '../wire/json-service.ts';
import { Deliveries, type DeliveryAnswer } from './deliveries.ts';
import { git, gitAnswer } from './git.ts';
import { pushPayload } from './payload.ts';
import { type BranchUpdate, type LocalRepository, Repositories } from './repositories.ts';
import { restAnswer } from './rest.ts';
import { isGitRequest, serveGit } from './smart-http.ts';
import { type Status, Statuses } from './statuses.ts';

const teamsSchema = z.record(z.string(), z.array(z.string()));

/** Teams by `organisation/team`, as a person has written them into the file; none when there is no file. */
function readTeams(file: string): z.output<typeof teamsSchema> {
  if (!existsSync(file)) return {};
  const read = teamsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  throw new Error(`reading ${file}: it must hold {"organisation/team": ["login", …]}`);
}

/** Whoever wrote a commit is taken for who pushed it: `Mira Blum` is `mira-blum`. */
async function loginOf(bare: string, commit: string): Promise<string> {
  const author = (await gitAnswer(bare, 'log', '-1', '--format=%an', commit)) ?? '';
  const login = author
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return login === '' ? userInfo().username : login;
}

/** Where the REST API is below the server's URL, as on GitHub Enterprise Server. */
const API = '/api/v3';

export interface GitHubOptions {
  readonly folder: string;
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  /** Where webhooks are delivered. */
  readonly webhookUrl: () => string;
  readonly webhookSecret: () => string;
  /** The token callers must show. */
  readonly token: () => string;
  /** Called after a status was set. */
  readonly statusSet: (status: Status) => void;
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
  readonly deliveries: Deliveries;
  readonly #options: GitHubOptions;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  private constructor(options: GitHubOptions) {
    this.#options = options;
    const { folder } = options;
    mkdirSync(folder, { recursive: true });
    this.repositories = new Repositories(join(folder, 'repositories'));
    this.statuses = new Statuses(join(folder, 'statuses.jsonl'));
    this.deliveries = new Deliveries({
      folder: join(folder, 'deliveries'),
      url: options.webhookUrl,
      secret: options.webhookSecret,
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

  /** Deletes a branch or tag, as `git push --delete` does, and delivers the push event. */
  async receiveDeletion(repository: LocalRepository, ref: string): Promise<PushResult> {
    const update = await this.repositories.remove(repository, ref);
    return this.#deliverPush(repository, update, { commit: update.before, times: 1 });
  }

  async #deliverPush(
    repository: LocalRepository,
    update: BranchUpdate,
    { commit, times }: { commit: string; times: number },
  ): Promise<PushResult> {
    const bare = this.repositories.bare(repository);
    const login = await loginOf(bare, commit);
    const payload = await pushPayload(bare, { repository, update, login, url: this.url });
    const answer = await this.deliveries.send('push', payload, { repository: repository.id, times });
    return { ...answer, repository, commit };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/'] = (request.url ?? '/').split('?');
    const authorized = this.#authorized(request.headers.authorization);
    if (isGitRequest(path)) {
      const status = authorized ? await serveGit(this.repositories, request, response) : 401;
      this.#record(request, status);
      if (!authorized) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' });
        response.end();
      }
      return;
    }
    const text = (await readBody(request)).toString('utf8');
    const answer = await this.#rest(request, { path, text, authorized });
    this.#record(request, answer.status, text);
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(answer.body));
  }

  async #rest(
    request: IncomingMessage,
    { path, text, authorized }: { path: string; text: string; authorized: boolean },
  ) {
    if (!path.startsWith(`${API}/`)) return { status: 404, body: { message: 'Not Found' } };
    if (!authorized) return { status: 401, body: { message: 'Bad credentials', status: '401' } };
    let body: unknown;
    try {
      body = text === '' ? undefined : JSON.parse(text);
    } catch {
      return { status: 400, body: { message: 'Problems parsing JSON', status: '400' } };
    }
    const { repositories, statuses } = this;
    const { folder, statusSet } = this.#options;
    const teams = () => readTeams(join(folder, 'teams.json'));
    const context = { repositories, statuses, teams, statusSet };
    return restAnswer(context, { method: request.method ?? 'GET', path: path.slice(API.length), body });
  }

  /** `Bearer`, `token`, or Basic with the token as password, as GitHub takes them. */
  #authorized(header: string | undefined): boolean {
    const [scheme = '', value = ''] = (header ?? '').split(' ');
    const shown =
      scheme.toLowerCase() === 'basic'
        ? Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
        : value;
    return shown !== '' && shown === this.#options.token();
  }

  #record({ method, url }: IncomingMessage, status: number, body?: string): void {
    const line = { at: new Date().toISOString(), method, url, status, ...(body ? { body } : {}) };
    appendFileSync(join(this.#options.folder, 'requests.jsonl'), `${JSON.stringify(line)}\n`);
  }
}
