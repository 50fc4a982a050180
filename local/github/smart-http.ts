/** Clones and fetches over HTTP as GitHub serves them. https://git-scm.com/docs/http-protocol */
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { gitEnvironment } from './git.ts';
import type { LocalRepository, Repositories } from './repositories.ts';

/** True when the request is git's and not the REST API's. */
export function isGitRequest(path: string): boolean {
  return /^\/[^/]+\/[^/]+?(\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.test(path);
}

const partsOf = (request: IncomingMessage) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, fullName = '', action] = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(.+)$/.exec(url.pathname) ?? [];
  return { url, fullName, action };
};

/** The repository a git request is about. */
export const repositoryIn = (
  repositories: Repositories,
  request: IncomingMessage,
): LocalRepository | undefined => repositories.byFullName(partsOf(request).fullName);

/**
 * Answers a git client about the repository it may read, undefined for none. Pushing over HTTP is refused: the twin takes pushes
 * from directories.
 */
export async function serveGit(
  repositories: Repositories,
  request: IncomingMessage,
  response: ServerResponse,
  repository: LocalRepository | undefined,
): Promise<number> {
  const { url, action } = partsOf(request);
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
