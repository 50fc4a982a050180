/** The executor as the process it is in the container: real clients, real signals, the credential process. */
import { type ChildProcess, exec, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { jobResultSchema } from '../../core/contracts/job.ts';
import { jobSpec, MAIN, NONCE, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

interface Exited {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onOut: (text: string, child: ChildProcess) => void = () => {},
): Promise<Exited> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOut(text, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, errors })));
}

const environment = () => ({
  ...world.environment(),
  PATH: process.env.PATH ?? '',
  HOME: world.directory,
});

/** The functions behind the endpoint the executor calls. */
async function prepare(apply: string): Promise<void> {
  const target = { tool: 'shell' as const, commands: { plan: `${apply}; exit 2` } };
  const secrets = { TOKEN: 'the-secret-token' };
  const spec = jobSpec({ stage: 'plan', target, secrets });
  const services = world.services(spec, { secrets });
  world.artifacts.set('source', await world.snapshot({ 'components/network/a': '' }));
  world.onInvoke = (name, input) => {
    if (name === 'admit') {
      const { action } = input as { readonly action: string };
      return action === 'read' ? Promise.resolve({ decision: 'known', spec }) : services.admit(input);
    }
    return name === 'secrets' ? services.secrets(input) : services.artifacts(input);
  };
}

test('a job from its spec to its exit code, with the functions called as the job role', async () => {
  await prepare('echo "token $TOKEN"');
  const { code, out, errors } = await start([], environment());
  expect([code, errors]).toEqual([0, '']);
  expect(out).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z plan dev\/network, release 20261121-abcdef0-1\n/);
  expect(out).toContain('Z token ***\n');
  expect(String(world.artifacts.get('log.txt'))).toBe(out.replace(/.*signing off.*\n/, ''));
  const invoked = world.requests.filter(({ url }) => url.startsWith('/2015-03-31/'));
  expect(invoked.map(({ url }) => url.split('/')[3])).toEqual(
    expect.arrayContaining(['admit', 'artifacts', 'secrets']),
  );
  for (const { headers } of invoked) expect(headers.authorization).toContain('Credential=AKIAJOBROLE/');
  expect(world.admissions).toEqual(['begin', 'end']);
});

test('SIGTERM twice: the tool gets one, the result is written, exit code 143', async () => {
  await prepare(`trap 'echo got one; sleep 0.2; exit 0' TERM; echo ready; while :; do sleep 0.05; done`);
  const { code, out } = await start([], environment(), (text, child) => {
    if (!text.includes('Z ready')) return;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGTERM'), 50);
  });
  expect(code).toBe(143);
  expect(out.match(/Z got one/g)).toHaveLength(1);
  const result = jobResultSchema.parse(JSON.parse(String(world.artifacts.get('result.json'))));
  expect(result.reason).toMatch(/^stopped by SIGTERM/);
  expect(world.admissions).toEqual(['begin', 'end']);
});

test('without its environment it says every missing name', async () => {
  const { code, errors } = await start([], { PATH: process.env.PATH ?? '' });
  expect(code).toBe(30);
  expect(errors).toContain(
    'ADMIT_FUNCTION, ARTIFACTS_FUNCTION, SECRETS_FUNCTION, SESSIONS_FUNCTION, BELAY_JOB',
  );
});

test('the credential process answers for both profiles and looks at no variable of the tool', async () => {
  await prepare('true');
  await start([], environment());
  const identity = join(world.settings().BELAY_WORKSPACE, '42/dev/network/own/identity.json');
  const tool = {
    PATH: process.env.PATH ?? '',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9',
    AWS_ACCESS_KEY_ID: 'mine',
    AWS_PROFILE: 'none',
    AWS_CONFIG_FILE: '/nowhere',
  };
  const state = await start(['credentials', identity, 'state'], tool);
  expect(JSON.parse(state.out)).toEqual({
    Version: 1,
    AccessKeyId: 'ASIASTATE',
    SecretAccessKey: 'secret-of-the-state',
    SessionToken: 'session-of-the-state',
    Expiration: '2098-01-01T00:00:00Z',
  });
  const session = await start(['credentials', identity, 'environment'], tool);
  expect(JSON.parse(session.out)).toEqual({
    Version: 1,
    AccessKeyId: 'ASIAENVIRONMENT',
    SecretAccessKey: 'secret-of-the-environment',
    SessionToken: 'session-of-the-environment',
    Expiration: '2098-01-01T00:00:00Z',
  });
  const asked = world.requests.filter(({ url }) => url === '/2015-03-31/functions/sessions/invocations');
  const proof = {
    job: '42/releases/20261121-abcdef0-1/dev/network/plan/job.json',
    nonce: NONCE,
    jobId: 'job-1',
  };
  expect(asked.map(({ body }) => JSON.parse(String(body)))).toEqual([
    { ...proof, identity: 'state' },
    { ...proof, identity: 'environment' },
  ]);
  for (const { headers } of asked) expect(headers.authorization).toContain('Credential=AKIAJOBROLE/');
});

test('a session is opened once and handed out again while it is fresh', async () => {
  await prepare('true');
  await start([], environment());
  const own = join(world.settings().BELAY_WORKSPACE, '42/dev/network/own');
  const config = readFileSync(join(own, 'aws-config'), 'utf8');
  const [command = ''] = [...config.matchAll(/credential_process = (.*)/g)].map(([, line]) => line ?? '');
  // What the manifest gives the tool does not reach it.
  const answer = async () =>
    JSON.parse((await promisify(exec)(command, { env: { PATH: '/nowhere' } })).stdout).AccessKeyId;
  const asked = () => world.requests.filter(({ url }) => url.includes('/sessions/')).length;
  expect([await answer(), await answer(), asked()]).toEqual(['ASIASTATE', 'ASIASTATE', 1]);
  writeFileSync(join(own, 'session-state.json.until'), '1\n');
  expect([await answer(), asked()]).toEqual(['ASIASTATE', 2]);
});
