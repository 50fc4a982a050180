/** A GitHub of the twin with a receiver for its webhooks, and directories to push into it; used by the tests beside it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import { answerProblems, matchOperation } from '../../../local/github/api/description.ts';
import { GitHub } from '../../../local/github/github.ts';
import { temporaryFolder } from '../world/small-stack.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Runs git as Ada. */
export function git(directory: string, ...args: string[]): string {
  const settings = [
    '-c',
    'user.name=Ada',
    '-c',
    'user.email=ada@example.com',
    '-c',
    'init.defaultBranch=main',
  ];
  return execFileSync('git', ['-C', directory, ...settings, ...args], { encoding: 'utf8' }).trim();
}

/** Commits the given files; null removes one. */
export function commit(directory: string, message: string, files: Record<string, string | null>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    if (text === null) git(directory, 'rm', '--quiet', name);
    else writeFileSync(join(directory, name), text);
  }
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--message', message);
  return git(directory, 'rev-parse', 'HEAD');
}

/** A directory with one commit. */
export function repository(name = 'shop'): string {
  const directory = join(temporaryFolder('repo'), name);
  mkdirSync(directory);
  git(directory, 'init', '--quiet');
  commit(directory, 'first', { 'a/main.tf': '1', 'b.txt': '1' });
  return directory;
}

interface Delivered {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** `secret`: a token, or what App mode keeps. Good answers must be as GitHub describes them. */
export async function start(answerStatus = 200, { secret = 'the-token', now = Date.now } = {}) {
  const delivered: Delivered[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      delivered.push({ headers: request.headers, body });
      response.writeHead(answerStatus).end('taken');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', () => resolve()));
  const { port } = receiver.address() as AddressInfo;
  const folder = temporaryFolder('github');
  const complaints: string[] = [];
  const github = await GitHub.start({
    folder,
    port: 0,
    webhookUrl: () => `http://127.0.0.1:${port}/webhook`,
    webhookSecret: () => 'webhook secret',
    secret: () => secret,
    now,
    changed: () => {},
    complain: (complaint) => void complaints.push(complaint),
  });
  open.push(
    () => github.close(),
    () => receiver.close(),
  );
  const rest = async (method: string, path: string, body?: object, token = 'the-token') => {
    const response = await fetch(github.apiUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = text === '' ? undefined : JSON.parse(text);
    const match = matchOperation(method, path.replace(/\?.*$/, ''));
    const problems =
      match === undefined || !response.ok ? [] : answerProblems(match.operation, response.status, answer);
    if (problems.length > 0) throw new Error(`${method} ${path} was answered with ${problems.join('; ')}`);
    return { status: response.status, headers: response.headers, body: answer };
  };
  const payloads = () => delivered.map(({ body }) => JSON.parse(body));
  return { github, delivered, payloads, rest, folder, complaints };
}
