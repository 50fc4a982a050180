/** The command that builds the images with an engine of this machine, and says plainly when there is none. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type HttpAnswer, type HttpServer, httpServer } from '../support/http-server.ts';

const D = (digit: string) => `sha256:${digit.repeat(64)}`;
const BASES = {
  lambdas: { BASE_IMAGE: `public.ecr.aws/lambda/nodejs:24@${D('1')}` },
  'executor-image': { NODE_IMAGE: `public.ecr.aws/docker/library/node:24@${D('2')}` },
};

let server: HttpServer | undefined;
afterEach(() => server?.close());

/** A project with two sources in cdk.out and one engine on the PATH. */
function project(engine: string) {
  const root = mkdtempSync(join(tmpdir(), 'images-'));
  for (const folder of ['lib', 'bin', 'cdk.out/asset.aa', 'cdk.out/asset.bb'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'lib/base-images.json'), JSON.stringify(BASES));
  writeFileSync(join(root, 'cdk.out/asset.aa/webhook.mjs'), '');
  writeFileSync(join(root, 'cdk.out/asset.bb/main.mjs'), '');
  writeFileSync(join(root, 'bin/docker'), `#!/bin/sh\n${engine}\n`);
  chmodSync(join(root, 'bin/docker'), 0o755);
  return root;
}

function images(root: string, args: string[] = [], env: Record<string, string> = {}) {
  return new Promise<{ code: number | null; text: string }>((resolve) => {
    const script = join(import.meta.dirname, '../../scripts/images.mjs');
    const child = spawn(process.execPath, ['--no-warnings', script, ...args], {
      env: { PATH: `${join(root, 'bin')}:/bin`, BELAY_ROOT: root, ...env },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    child.on('close', (code) => resolve({ code, text }));
  });
}

test('an engine that answers builds each source with its pinned bases', async () => {
  const root = project('echo "$@" >> "$BELAY_ROOT/calls"');
  expect(await images(root)).toMatchObject({ code: 0 });
  expect(readFileSync(join(root, 'calls'), 'utf8')).toBe(
    `info
build --tag belay-lambdas --build-arg BASE_IMAGE=public.ecr.aws/lambda/nodejs:24@${D('1')} ${root}/cdk.out/asset.aa
build --tag belay-executor-image --build-arg NODE_IMAGE=public.ecr.aws/docker/library/node:24@${D('2')} ${root}/cdk.out/asset.bb
`,
  );
});

test('a client whose engine does not answer builds nothing, and says so', async () => {
  const { code, text } = await images(project('echo Cannot connect to the Docker daemon >&2; exit 1'));
  expect(code).toBe(1);
  expect(text).toContain('no image was built');
  expect(text).toContain('docker: Cannot connect to the Docker daemon; podman is not there');
});

test('refresh pins what the registry says now, and only that', async () => {
  const root = project('exit 1');
  const started = await httpServer(
    ({ url: path }): HttpAnswer =>
      path === '/token/'
        ? { headers: { 'content-type': 'application/json' }, body: { token: 't' } }
        : {
            headers: {
              'content-type': 'application/vnd.oci.image.index.v1+json',
              'docker-content-digest': path.includes('/lambda/') ? D('9') : D('2'),
            },
          },
  );
  server = started;
  const { code, text } = await images(root, ['refresh'], { BELAY_PUBLIC_REGISTRY: started.url });
  expect({ code, text }).toEqual({
    code: 0,
    text: `belay: lambda/nodejs:24 ${D('1')} → ${D('9')}\nbelay: commit lib/base-images.json and deploy\n`,
  });
  expect(JSON.parse(readFileSync(join(root, 'lib/base-images.json'), 'utf8'))).toEqual({
    lambdas: { BASE_IMAGE: `public.ecr.aws/lambda/nodejs:24@${D('9')}` },
    'executor-image': { NODE_IMAGE: `public.ecr.aws/docker/library/node:24@${D('2')}` },
  });
  expect(started.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /token/',
    'HEAD /v2/lambda/nodejs/manifests/24',
    'GET /token/',
    'HEAD /v2/docker/library/node/manifests/24',
  ]);
});
