/** What code in a job can reach: credentials are taken out of running jobs and tried on the twin's real endpoints. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from '@jest/globals';
import { environment, manifest } from '../support/components.ts';
import { twin } from '../support/shared-twin.ts';
import { until } from '../support/twin.ts';

/** Writes down every credential code in this job can come by, and holds the job until the test has tried those of the job's role. */
const spy = `import { execSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
const stage = process.argv[2];
const folder = process.env.DEPLOYED;
mkdirSync(folder, { recursive: true });
const keep = (what, text) => writeFileSync(join(folder, [process.env.NAME, stage, what].join('-')), text);
const config = readFileSync(process.env.AWS_CONFIG_FILE, 'utf8');
const commands = [...config.matchAll(/credential_process = (.*)/g)].map(([, command]) => command);
keep('state', execSync(commands[0]));
keep('environment', execSync(commands[1]));
const { credentialSource } = JSON.parse(readFileSync(join(dirname(process.env.AWS_CONFIG_FILE), 'identity.json'), 'utf8'));
const own = await (await fetch(credentialSource.uri)).json();
writeFileSync(join(folder, 'endpoint'), new URL(credentialSource.uri).origin);
keep('job', JSON.stringify({ ...own, SessionToken: own.Token }));
while (!existsSync(join(folder, 'go'))) await new Promise((wake) => setTimeout(wake, 20));
`;

let folder: string;
let repository: number;
let bucket: string;

interface Taken {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
}

/** Client settings for what a job had. */
function as(job: string) {
  const { AccessKeyId, SecretAccessKey, SessionToken }: Taken = JSON.parse(
    readFileSync(join(folder, job), 'utf8'),
  );
  return {
    endpoint: readFileSync(join(folder, 'endpoint'), 'utf8'),
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    },
  };
}

/** `ok`, or the name of the error. */
async function tried(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'ok',
    (error: Error) => error.name,
  );
}

const s3 = (job: string) => new S3Client(as(job));
const read = (job: string, Key: string) => tried(s3(job).send(new GetObjectCommand({ Bucket: bucket, Key })));
const write = (job: string, Key: string) =>
  tried(s3(job).send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'mine now' })));
const remove = (job: string, Key: string) =>
  tried(s3(job).send(new DeleteObjectCommand({ Bucket: bucket, Key })));
const list = (job: string, Prefix: string) =>
  tried(s3(job).send(new ListObjectsV2Command({ Bucket: bucket, Prefix })));
const state = (component: string, id = repository) => `${id}/state/dev/${component}.tfstate`;

/** Two jobs that hold still, their credentials taken. `ended`: their release, once they may go on. */
async function spied(): Promise<{ readonly ended: Promise<unknown> }> {
  folder = twin.deployed('taken');
  bucket = twin.world.parts.artifacts;
  const component = (name: string) => ({
    path: `components/${name}`,
    tool: 'shell',
    variables: { NAME: name },
    commands: { plan: 'node spy.mjs plan; exit 2', apply: 'node spy.mjs apply' },
  });
  const made = twin.repository('spies');
  made.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(folder) },
      components: { spy: component('spy'), victim: component('victim') },
    }),
    'components/spy/spy.mjs': spy,
    'components/victim/spy.mjs': spy,
  });
  const ended = twin.push(made);
  await until('both plans', () =>
    ['spy', 'victim'].every((one) => existsSync(join(folder, `${one}-plan-job`))),
  );
  repository = (await twin.world.repositoryAt(made.directory)) ?? 0;
  return { ended };
}

/** A job's own role may call the functions that serve jobs, and nothing else. */
async function ownRoleIsOnlyForCalls() {
  expect(await list('spy-plan-job', `${repository}/releases/`)).toBe('AccessDenied');
  expect(await read('spy-plan-job', state('spy'))).toBe('AccessDenied');
  expect(await write('spy-plan-job', state('spy'))).toBe('AccessDenied');
  const sts = new STSClient(as('spy-plan-job'));
  for (const role of [
    'arn:aws:iam::123456789012:role/belay-state',
    'arn:aws:iam::111122223333:role/belay-environment-plan',
  ]) {
    const assume = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'spy' });
    expect(await tried(sts.send(assume))).toBe('AccessDenied');
  }
  const lambda = new LambdaClient(as('spy-plan-job'));
  const called = async (command: string) => {
    const { functions } = twin.world.parts.assembly;
    const name = functions.find(({ handler }) => handler === `${command}.handler`)?.name;
    return tried(lambda.send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{}') })));
  };
  expect(await called('command')).toBe('AccessDeniedException');
  expect(await called('sessions')).toBe('ok');
}

/** An apply may write the state of its target and its lock, and nobody else’s. */
async function applyReachesItsState() {
  expect(await write('victim-apply-state', state('victim'))).toBe('ok');
  expect(await read('victim-apply-state', state('victim'))).toBe('ok');
  expect(await write('victim-apply-state', `${state('victim')}.tflock`)).toBe('ok');
  expect(await remove('victim-apply-state', `${state('victim')}.tflock`)).toBe('ok');
  expect(await remove('victim-apply-state', state('victim'))).toBe('AccessDenied');
  for (const other of [state('spy'), `${state('spy')}.tflock`, state('victim', 999)]) {
    expect(await read('victim-apply-state', other)).toBe('AccessDenied');
    expect(await write('victim-apply-state', other)).toBe('AccessDenied');
  }
}

/** A plan may read the state of its target, write none, and see nobody else's. */
async function planReadsItsState() {
  expect(await read('victim-plan-state', state('victim'))).toBe('ok');
  expect(await read('spy-plan-state', state('spy'))).toBe('NoSuchKey');
  expect(await write('spy-plan-state', state('spy'))).toBe('AccessDenied');
  expect(await write('spy-plan-state', `${state('spy')}.tflock`)).toBe('AccessDenied');
  for (const other of [state('victim'), state('spy', 999), `${repository}/outputs/dev/victim.json`]) {
    expect(await read('spy-plan-state', other)).toBe('AccessDenied');
    expect(await write('spy-plan-state', other)).toBe('AccessDenied');
  }
  expect(await list('spy-plan-state', 'env:/')).toBe('ok');
  expect(await list('spy-plan-state', '')).toBe('AccessDenied');
  expect(await list('spy-plan-state', `${repository}/`)).toBe('AccessDenied');
}

/** The other identity is the role of its own environment and stage, not allowed anything here. */
async function otherIdentityIsForItsEnvironment() {
  const whoIs = async (job: string) =>
    (await new STSClient(as(job)).send(new GetCallerIdentityCommand({}))).Arn?.replace(/[^/]+$/, '');
  expect(await whoIs('spy-plan-environment')).toBe(
    'arn:aws:sts::111122223333:assumed-role/belay-environment-plan/',
  );
  expect(await whoIs('spy-apply-environment')).toBe(
    'arn:aws:sts::111122223333:assumed-role/belay-environment-apply/',
  );
  expect(await read('spy-apply-environment', state('spy'))).toBe('AccessDenied');
}

test.concurrent('what code in a job can reach is its own target, as its stage may', async () => {
  const { ended } = await spied();
  await ownRoleIsOnlyForCalls();
  writeFileSync(join(folder, 'go'), '');
  await ended;
  await applyReachesItsState();
  await planReadsItsState();
  await otherIdentityIsForItsEnvironment();
});
