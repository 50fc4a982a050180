/** The real tool's S3 backend with native locking against the twin: state is kept, versioned and locked. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../../local/wire/clock.ts';
import { ObjectStore } from '../../../local/wire/s3/object-store.ts';
import { s3Service } from '../../../local/wire/s3/s3-service.ts';
import { startWorld } from './wire-world.ts';

const run = promisify(execFile);

function findTool(): string | undefined {
  return ['terraform', 'tofu'].find((name) => {
    try {
      execFileSync(name, ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const tool = findTool() ?? '';
if (tool === '') console.log('terraform-backend.test.ts is skipped: neither terraform nor tofu is on PATH.');
const toolTest = tool === '' ? test.skip : test;

const stateKey = '42/state/dev/network.tfstate';
let store: ObjectStore;
let world: Awaited<ReturnType<typeof startWorld>>;
let work: string;

beforeAll(async () => {
  const buckets = [
    { name: 'artifacts', versioned: true, kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k1' },
  ];
  world = await startWorld((folder) => {
    store = new ObjectStore(join(folder, 's3'), buckets, systemClock);
    return [s3Service(store)];
  });
  work = join(world.folder, 'work');
  mkdirSync(work);
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = world.principal.credentials;
  const credentials = {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(expiresAt).toISOString(),
  };
  writeFileSync(join(work, 'credentials.json'), JSON.stringify(credentials));
  const process = `credential_process = cat ${join(work, 'credentials.json')}`;
  writeFileSync(join(work, 'aws-config'), `[profile belay-state]\nregion = eu-west-1\n${process}\n`);
  configure('one');
});
afterAll(() => world.close());

/** Writes the configuration; `value` ends up in the state. */
function configure(value: string, seconds = 0): void {
  writeFileSync(
    join(work, 'main.tf'),
    `terraform {
  backend "s3" {
    bucket                      = "artifacts"
    key                         = "${stateKey}"
    region                      = "eu-west-1"
    profile                     = "belay-state"
    use_lockfile                = true
    encrypt                     = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    endpoints                   = { s3 = "${world.url()}" }
  }
}
resource "terraform_data" "value" {
  input = "${value}"
  provisioner "local-exec" {
    command = "touch started && sleep ${seconds}"
  }
}
output "value" {
  value = terraform_data.value.output
}
`,
  );
}

const settings = () => ({
  cwd: work,
  env: {
    PATH: process.env.PATH,
    HOME: work,
    AWS_CONFIG_FILE: join(work, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(work, 'none'),
    CHECKPOINT_DISABLE: '1',
  },
});
const tf = (...args: string[]) => run(tool, [...args, '-no-color'], settings());
const apply = (...args: string[]) => tf('apply', '-auto-approve', '-input=false', ...args);
const stateOf = (body: Buffer | undefined) => JSON.parse(body?.toString() ?? 'null');

toolTest('init and two applies keep two versions of the state and no lock', async () => {
  await tf('init', '-input=false');
  await apply();
  const first = stateOf(store.get('artifacts', stateKey)?.body);
  expect([first.outputs.value.value, first.serial]).toEqual(['one', 1]);
  configure('two');
  await apply();
  const second = stateOf(store.get('artifacts', stateKey)?.body);
  expect([second.outputs.value.value, second.lineage]).toEqual(['two', first.lineage]);
  expect(store.bucket('artifacts').versions(stateKey).length).toBeGreaterThanOrEqual(2);
  expect(store.get('artifacts', `${stateKey}.tflock`)).toBeUndefined();
  expect(world.faults).toEqual([]);
});

toolTest('a second apply at the same time meets the lock', async () => {
  configure('three', 60);
  const running = spawn(tool, ['apply', '-auto-approve', '-input=false', '-replace=terraform_data.value'], {
    ...settings(),
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise((resolve) => running.on('exit', resolve));
  while (store.get('artifacts', `${stateKey}.tflock`) === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const refused = await apply().catch((error: { stderr: string }) => error);
  expect(refused.stderr).toContain('Error acquiring the state lock');
  expect(refused.stderr).toContain('PreconditionFailed');
  expect(stateOf(store.get('artifacts', stateKey)?.body).outputs.value.value).toBe('two');
  if (running.pid !== undefined) process.kill(-running.pid, 'SIGKILL');
  await ended;
  const lock = stateOf(store.get('artifacts', `${stateKey}.tflock`)?.body);
  await tf('force-unlock', '-force', lock.ID);
  expect(store.get('artifacts', `${stateKey}.tflock`)).toBeUndefined();
});
