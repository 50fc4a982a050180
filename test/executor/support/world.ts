/** A world for executor tests: in-memory services, one HTTP server playing the stores and AWS, jobs run in this process. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { type ExecutorSettings, readExecutorEnv } from '../../../core/contracts/executor.ts';
import { type JobResult, type JobSpec, jobResultSchema, type Outputs } from '../../../core/contracts/job.ts';
import type { JobTimes } from '../../../core/contracts/job-times.ts';
import { runJob } from '../../../executor-image/run-job.ts';
import type { Services } from '../../../executor-image/services.ts';
import { Stop } from '../../../executor-image/stop.ts';

export const MAIN = fileURLToPath(new URL('../../../executor-image/main.ts', import.meta.url));
export const NONCE = 'a-nonce-of-more-than-thirty-two-characters';
export const CREDENTIALS_TOKEN = 'token-of-the-container';

/** What a test wants of a job; everything else is ordinary. */
export interface Wish {
  readonly stage: JobSpec['stage'];
  /** Path → content of the commit. Paths ending in `.sh` are executable. */
  readonly files: Readonly<Record<string, string>>;
  readonly target?: Partial<JobSpec['target']>;
  readonly spec?: Partial<JobSpec>;
  readonly inputs?: Outputs;
  readonly outputs?: Outputs;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly admit?: Services['admit'];
  readonly environment?: Readonly<Record<string, string>>;
  readonly settings?: Partial<ExecutorSettings>;
  /** Called with every line of the log and the job's stop. */
  readonly onLine?: (line: string, stop: Stop) => void;
}

export interface Ended {
  readonly code: number;
  readonly log: string;
  readonly result: JobResult | undefined;
  /** Names of the artifacts this job uploaded. */
  readonly uploaded: readonly string[];
}

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export class World {
  readonly directory: string;
  readonly endpoint: string;
  /** Artifacts by name: `source`, `bundle`, `bundle.tar.gz`, `result.json` … */
  readonly artifacts = new Map<string, Buffer>();
  readonly state = new Map<string, Buffer>();
  readonly requests: Request[] = [];
  readonly admissions: string[] = [];
  /** What ended jobs said of their time. */
  readonly times: (JobTimes | undefined)[] = [];
  /** What Fargate says of the task. */
  metadata: object = {};
  /** While true the state bucket takes no state files (lock files it does). */
  refusesState = false;
  readonly #server: Server;

  private constructor(directory: string, server: Server) {
    this.directory = directory;
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'belay-executor-'));
    let world: World | undefined;
    const server = createServer((request, response) => {
      void world?.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    world = new World(directory, server);
    return world;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Runs one job in this process. A plan's bundle is what the next apply is given. */
  async run(wish: Wish): Promise<Ended> {
    const spec = await this.#prepare(wish);
    const stop = new Stop();
    let log = '';
    const before = new Set(this.artifacts.keys());
    const code = await runJob({
      settings: { ...this.settings(), ...wish.settings },
      services: this.services(spec, wish),
      stop,
      executor: [process.execPath, MAIN],
      environment: { PATH: process.env.PATH, HOME: this.directory, ...wish.environment },
      now: () => new Date(),
      begunAt: new Date(),
      sleep: async () => {},
      write: (line) => {
        log += line;
        wish.onLine?.(line, stop);
      },
    });
    return this.#ended(code, log, before);
  }

  async #prepare(wish: Wish): Promise<JobSpec> {
    for (const name of ['result.json', 'log.txt', 'plan.json', 'outputs.json', 'errored.tfstate']) {
      this.artifacts.delete(name);
    }
    this.artifacts.set('source', await this.snapshot(wish.files));
    const values = { inputs: wish.inputs, outputs: wish.outputs };
    for (const [name, value] of Object.entries(values)) {
      if (value) this.artifacts.set(name, Buffer.from(JSON.stringify(value)));
      else this.artifacts.delete(name);
    }
    const bundle = this.artifacts.get('bundle.tar.gz');
    if (bundle) this.artifacts.set('bundle', bundle);
    this.artifacts.delete('bundle.tar.gz');
    return jobSpec(wish);
  }

  #ended(code: number, log: string, before: ReadonlySet<string>): Ended {
    const text = this.artifacts.get('result.json');
    return {
      code,
      log,
      result: text && jobResultSchema.parse(JSON.parse(text.toString())),
      uploaded: [...this.artifacts.keys()].filter((name) => name.includes('.') && !before.has(name)).sort(),
    };
  }

  /** A snapshot as `resolve` stores it. */
  async snapshot(files: Wish['files']): Promise<Buffer> {
    const directory = await mkdtemp(join(this.directory, 'source-'));
    for (const [path, content] of Object.entries(files)) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
    }
    const archive = `${directory}.tar.gz`;
    await create({ file: archive, cwd: directory, gzip: true, portable: true }, ['.']);
    return readFile(archive);
  }

  /** The environment of a job's process. */
  environment(): Record<string, string> {
    return {
      BELAY_JOB: '42/releases/20261121-abcdef0-1/dev/network/plan/job.json',
      ADMIT_FUNCTION: 'admit',
      ARTIFACTS_FUNCTION: 'artifacts',
      SECRETS_FUNCTION: 'secrets',
      SESSIONS_FUNCTION: 'sessions',
      BELAY_WORKSPACE: join(this.directory, 'work space'),
      AWS_BATCH_JOB_ID: 'job-1',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.endpoint}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: CREDENTIALS_TOKEN,
    };
  }

  settings(): ExecutorSettings {
    return readExecutorEnv(this.environment());
  }

  services(spec: JobSpec, wish: Pick<Wish, 'secrets' | 'admit'>): Services {
    const url = (name: string) => `${this.endpoint}/artifacts/${encodeURIComponent(name)}`;
    return {
      readSpec: async () => spec,
      admit: async (input) => {
        this.admissions.push(input.action);
        if (input.action === 'end') this.times.push(input.times);
        if (wish.admit) return wish.admit(input);
        return { decision: input.action === 'begin' ? 'admitted' : 'ended' };
      },
      artifacts: async ({ get, put }) => ({
        get: Object.fromEntries(
          get.filter((name) => this.artifacts.has(name)).map((name) => [name, url(name)]),
        ),
        put: Object.fromEntries(put.map((name) => [name, url(name)])),
      }),
      secrets: async () => ({ values: { ...wish.secrets } }),
    };
  }

  /** What the HTTP server does; tests of the whole process put functions behind `onInvoke`. */
  onInvoke: ((name: string, input: never) => Promise<unknown>) | undefined;

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const asked = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(pieces),
    };
    this.requests.push(asked);
    const [, first = '', ...rest] = asked.url.replace(/\?.*/, '').split('/');
    if (first === 'artifacts')
      return this.#store(this.artifacts, decodeURIComponent(rest.join('/')), asked, response);
    if (first === 'metadata') return void response.end(JSON.stringify(this.metadata));
    if (first === 'state') return this.#store(this.state, rest.join('/'), asked, response);
    if (first === 'credentials') return this.#credentials(asked, response);
    if (first === '2015-03-31') {
      const input = JSON.parse(asked.body.toString()) as never;
      const name = rest[1] ?? '';
      const answer = name === 'sessions' ? sessionOf(input) : await this.onInvoke?.(name, input);
      return void response.end(JSON.stringify(answer));
    }
    response.writeHead(404).end();
  }

  #credentials({ headers }: Request, response: ServerResponse): void {
    if (headers.authorization !== CREDENTIALS_TOKEN) return void response.writeHead(403).end();
    response.end(
      JSON.stringify({
        AccessKeyId: 'AKIAJOBROLE',
        SecretAccessKey: 'secret-of-the-job-role',
        Token: 'session-of-the-job-role',
        Expiration: '2099-01-01T00:00:00Z',
      }),
    );
  }

  /** As much of S3 as presigned URLs and the S3 backend with its lock file need. */
  #store(objects: Map<string, Buffer>, key: string, asked: Request, response: ServerResponse): void {
    const object = objects.get(key);
    if (asked.method === 'PUT') {
      if (this.refusesState && objects === this.state && key.endsWith('.tfstate'))
        return void response.writeHead(403).end(error('AccessDenied'));
      if (asked.headers['if-none-match'] && object)
        return void response.writeHead(412).end(error('PreconditionFailed'));
      const isChunked = String(asked.headers['content-encoding']).includes('aws-chunked');
      objects.set(key, isChunked ? unchunked(asked.body) : asked.body);
      return void response.end();
    }
    if (asked.method === 'DELETE') {
      objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (key === '')
      return void response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
    if (!object) return void response.writeHead(404).end(error('NoSuchKey'));
    response
      .writeHead(200, { 'content-length': object.length })
      .end(asked.method === 'HEAD' ? undefined : object);
  }
}

const error = (code: string) => `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;

/** `size;signature CRLF bytes CRLF …`: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
function unchunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!size) return Buffer.concat(pieces);
    pieces.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

/** What `sessions` answers. */
const sessionOf = ({ identity }: { readonly identity: string }) => ({
  accessKeyId: `ASIA${identity.toUpperCase()}`,
  secretAccessKey: `secret-of-the-${identity}`,
  sessionToken: `session-of-the-${identity}`,
  expiration: '2098-01-01T00:00:00Z',
});

/** An ordinary spec with what the test wishes. */
export function jobSpec(wish: Pick<Wish, 'stage' | 'target' | 'spec' | 'secrets'>): JobSpec {
  const secrets = Object.fromEntries(Object.keys(wish.secrets ?? {}).map((name) => [name, `stored/${name}`]));
  return {
    version: 1,
    round: 0,
    stage: wish.stage,
    pass: 'deploy',
    release: {
      id: '20261121-abcdef0-1',
      repository: 42,
      commit: 'abcdef0123456789abcdef0123456789abcdef01',
    },
    source: { commit: 'abcdef0123456789abcdef0123456789abcdef01', key: '42/sources/abcdef0.tar.gz' },
    repository: { id: 42, fullName: 'shop/infrastructure', defaultBranch: 'main' },
    account: '111122223333',
    region: 'eu-west-1',
    fence: 1,
    nonce: NONCE,
    environmentRole: 'arn:aws:iam::111122223333:role/belay-plan',
    state: { bucket: 'state', key: '42/state/dev/network.tfstate' },
    destroy: false,
    ...wish.spec,
    target: {
      component: 'network',
      environment: 'dev',
      path: 'components/network',
      tool: 'auto',
      arch: process.arch === 'x64' ? 'amd64' : 'arm64',
      needs: [],
      inputs: {},
      env: {},
      variables: {},
      watch: [],
      secrets,
      policy: { approval: 'never', approvers: [], selfApproval: true, protect: [], rollback: 'connected' },
      ...wish.target,
    },
  };
}
