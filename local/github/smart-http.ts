/** Clones and fetches over HTTP as GitHub serves them. https://git-scm.com/docs/http-protocol */
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { gitEnvironment } from './git.ts';
import type { Repositories } from './repositories.ts';

/** True when the request is git's and not the REST API's. */
export function isGitRequest(path: string): boolean {
  return /^\/[^/]+\/[^/]+?(\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.test(path);
}

/** Answers a git client that showed a good token. Pushing over HTTP is refused: the twin takes pushes from directories. */
export async function serveGit(
  repositories: Repositories,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, fullName, action] = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(.+)$/.exec(url.pathname) ?? [];
  const repository = repositories.byFullName(fullName ?? '');
  if (repository === undefined) return end(response, 404, 'Repository not found.');
  const advertise = action === 'info/refs';
  if ((advertise ? url.searchParams.get('service') : action) !== 'git-upload-pack') {
    return end(response, 403, 'Push with "npm run local -- push": this GitHub takes nothing over HTTP.');
  }
  const args = ['upload-pack', '--stateless-rpc', ...(advertise ? ['--http-backend-info-refs'] : [])];
  const protocol = request.headers['git-protocol'];
  const child = spawn('git', [...args, repositories.bare(repository)], {
    env: { ...gitEnvironment(), ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}) },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const kind = advertise ? 'advertisement' : 'result';
  response.writeHead(200, {
    'content-type': `application/x-git-upload-pack-${kind}`,
    'cache-control': 'no-cache',
  });
  if (advertise) response.write('001e# service=git-upload-pack\n0000');
  const unzip = request.headers['content-encoding'] === 'gzip' ? [createGunzip()] : [];
  // A client that hangs up ends upload-pack by closing its pipes; its exit code tells nobody anything.
  await Promise.all([
    pipeline([request, ...unzip, child.stdin]).catch(() => child.kill()),
    pipeline(child.stdout, response).catch(() => child.kill()),
  ]);
  return 200;
}

function end(response: ServerResponse, status: number, text: string): number {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${text}\n`);
  return status;
}
