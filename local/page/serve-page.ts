/** Serves the page of the local GitHub on 127.0.0.1; called by the command `serve` and by the demo. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { AwsError } from '../wire/errors.ts';
import { readBody } from '../wire/json-service.ts';
import { ChangeStream } from './change-stream.ts';
import type { PageTwin } from './exchange.ts';

/** A page that is served. */
export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Where the page is unless somebody names another port. */
export const PAGE_PORT = 4567;

/** A comment has 65,536 characters at most; in a form each may take twelve bytes. */
const MAX_FORM_BYTES = 1024 * 1024;

const asset = (file: string, type: string) => ({
  type,
  text: readFileSync(join(import.meta.dirname, 'assets', file)),
});
const ASSETS: Readonly<Record<string, { readonly type: string; readonly text: Buffer }>> = {
  '/-/page.css': asset('page.css', 'text/css; charset=utf-8'),
  '/-/page.js': asset('page.js', 'text/javascript; charset=utf-8'),
  '/-/icon.svg': asset('icon.svg', 'image/svg+xml'),
};

/** Nothing comes from elsewhere, nothing is inline, and forms go to ourselves only. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Starts listening; port 0 takes any free one. @throws Error when the port is taken. */
export async function servePage(twin: PageTwin, { port }: { readonly port: number }): Promise<ServedPage> {
  const stream = new ChangeStream(twin);
  const server = createServer((request, response) => {
    answer(twin, stream, { request, response }).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent)
        response.writeHead(500, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${message}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`serving the page: port ${port} is taken; name another one with --port`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      stream.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(twin: PageTwin, stream: ChangeStream, { request, response }: Exchange): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = request;
  const say = (status: number, text: string) => {
    request.resume();
    response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  };
  const problem = originProblem(request);
  if (problem !== undefined) return say(403, problem);
  const found = ASSETS[path];
  if (found !== undefined) {
    response.writeHead(200, { ...HEADERS, 'content-type': found.type }).end(found.text);
    return;
  }
  if (path === '/-/changes') return stream.add(response);
  if (method !== 'GET' && method !== 'POST') return say(405, `${method} is not served here`);
  const form = method === 'POST' ? await formIn(request) : {};
  if (form === undefined) return say(413, `The form is larger than ${MAX_FORM_BYTES} bytes.`);
  const result = await twin.page({ method, path, form, login: loginIn(headers.cookie) });
  if ('location' in result) {
    const { location, login } = result;
    const cookie =
      login === undefined ? {} : { 'set-cookie': `${COOKIE}=${login}; Path=/; HttpOnly; SameSite=Strict` };
    response.writeHead(303, { ...HEADERS, location, ...cookie }).end();
    return;
  }
  response
    .writeHead(result.status, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' })
    .end(result.document);
}

/** Pages of others, and names that lead here, must not approve anything: forms come from this page, under this address. */
function originProblem({ method, headers, socket }: IncomingMessage): string | undefined {
  const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${socket.localPort}`);
  const { host = '', origin } = headers;
  if (!hosts.includes(host)) return `this page is only at http://${hosts[0]}`;
  if (method === 'POST' && origin !== `http://${host}`) return 'forms are taken from this page only';
  return undefined;
}

/** Undefined when it is too large. */
async function formIn(request: IncomingMessage): Promise<Record<string, string> | undefined> {
  try {
    const body = await readBody(request, MAX_FORM_BYTES);
    return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

const COOKIE = 'belay-login';

/** Whoever has not signed in as somebody else is who uses this machine. */
function loginIn(cookies = ''): string {
  const found = cookies.split('; ').find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1) || userInfo().username;
}
