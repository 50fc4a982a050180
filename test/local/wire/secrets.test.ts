/** Secrets Manager of the twin through the real client: versions, stages, restart, file modes. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../../local/wire/clock.ts';
import { SecretStore } from '../../../local/wire/secrets/secret-store.ts';
import { secretsService } from '../../../local/wire/secrets/secrets-service.ts';
import { startWorld } from './wire-world.ts';

const definitions = [{ name: 'app/db-password' }, { name: 'empty' }];
let world: Awaited<ReturnType<typeof startWorld>>;
let client: SecretsManagerClient;
let denied = '';

beforeAll(async () => {
  world = await startWorld(
    (folder) => {
      const place = { folder: join(folder, 'secrets'), accountId: '111122223333', region: 'eu-west-1' };
      return [secretsService(new SecretStore(definitions, place), systemClock)];
    },
    {
      authorize: ({ resource = '' }) =>
        denied !== '' && resource.includes(denied) ? 'it is denied' : undefined,
    },
  );
  client = new SecretsManagerClient(world.client());
});
afterAll(async () => {
  client.destroy();
  await world.close();
});

const put = (SecretString: string, more = {}) =>
  client.send(new PutSecretValueCommand({ SecretId: 'app/db-password', SecretString, ...more }));
const get = async (more = {}) => {
  const answer = await client.send(new GetSecretValueCommand({ SecretId: 'app/db-password', ...more }));
  return answer.SecretString;
};

test('a new value becomes current, the one before previous, and older ones go', async () => {
  const first = await put('one');
  await put('two');
  expect([await get(), await get({ VersionStage: 'AWSPREVIOUS' })]).toEqual(['two', 'one']);
  expect(await get({ VersionId: first.VersionId })).toBe('one');
  await put('three');
  expect([await get(), await get({ VersionStage: 'AWSPREVIOUS' })]).toEqual(['three', 'two']);
  await expect(get({ VersionId: first.VersionId })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('a pending value is not current', async () => {
  await put('current');
  const pending = await put('pending', { VersionStages: ['AWSPENDING'] });
  expect([await get(), await get({ VersionStage: 'AWSPENDING' })]).toEqual(['current', 'pending']);
  const { VersionIdsToStages, ARN } = await client.send(
    new DescribeSecretCommand({ SecretId: 'app/db-password' }),
  );
  expect(VersionIdsToStages?.[pending.VersionId ?? '']).toEqual(['AWSPENDING']);
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111122223333:secret:app\/db-password-\w{6}$/);
  expect(await get({ SecretId: ARN })).toBe('current');
  expect(await get({ SecretId: ARN?.slice(0, -7) })).toBe('current');
});

test('a repeated request is taken once, with another value it is refused', async () => {
  const ClientRequestToken = '0123456789abcdef0123456789abcdef';
  const first = await put('again', { ClientRequestToken });
  expect((await put('again', { ClientRequestToken })).VersionId).toBe(first.VersionId);
  const other = put('other', { ClientRequestToken });
  await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('values survive a restart in files only their owner reads', async () => {
  await put('kept');
  const folder = join(world.folder, 'secrets');
  const [file = ''] = readdirSync(folder);
  expect([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777]).toEqual([0o700, 0o600]);
  client.destroy();
  await world.restart();
  client = new SecretsManagerClient(world.client());
  expect(await get()).toBe('kept');
});

test('absent secrets, values and operations, and missing permissions, are errors', async () => {
  await expect(get({ SecretId: 'absent' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(get({ SecretId: 'empty' })).rejects.toMatchObject({
    message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
  });
  const list = client.send(new ListSecretsCommand({}));
  await expect(list).rejects.toMatchObject({ message: expect.stringContaining('"ListSecrets"') });
  denied = 'secret:app/db-password-';
  await expect(get()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  denied = '';
});
