import { generateKeyPairSync } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, test } from '@jest/globals';
import { gitHubSecret } from '../../../lambdas/adapters/github-secret.ts';
import { rotatingSecret, secretValues } from '../../../lambdas/adapters/secret-values.ts';
import { clientOptions, type HttpServer, httpServer } from '../../support/http-server.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

const HOUR = 3600;
const NOW = Date.parse('2026-11-21T08:00:00Z') / 1000;

/** Secrets Manager with one secret, as text by version stage; `age` of its current version in seconds. */
async function vault(versions: Record<string, string | undefined>, age = 0) {
  const started = await httpServer(({ body }) => {
    const { VersionStage: stage = 'AWSCURRENT' } = JSON.parse(body);
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    const value = versions[stage];
    return value === undefined
      ? { status: 400, headers, body: { __type: 'ResourceNotFoundException', Message: 'not found' } }
      : { headers, body: { Name: 'webhook', SecretString: value, CreatedDate: NOW - age } };
  });
  server = started;
  let seconds = NOW;
  return {
    client: new SecretsManagerClient(clientOptions(started.url)),
    versions,
    now: () => seconds * 1000,
    wait: (more: number) => {
      seconds += more;
    },
    reads: () => started.requests.length,
  };
}

test("a job's secret is read by its id; a missing one is undefined, a refusal an error", async () => {
  const { client, versions } = await vault({ AWSCURRENT: 'hunter2' });
  expect(await secretValues(client).get('belay/acme/shop/x')).toBe('hunter2');
  versions.AWSCURRENT = undefined;
  expect(await secretValues(client).get('belay/acme/shop/x')).toBeUndefined();
  server?.close();
  const denied = await httpServer(() => ({
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: { __type: 'AccessDeniedException', Message: 'no' },
  }));
  server = denied;
  const refused = new SecretsManagerClient(clientOptions(denied.url));
  await expect(secretValues(refused).get('x')).rejects.toThrow('no');
});

test('a refusal that names the plain name means that there is no such secret; one that names an ARN is a refusal', async () => {
  const refusal = (resource: string) => ({
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: {
      __type: 'AccessDeniedException',
      Message: `User: arn:aws:sts::123456789012:assumed-role/secrets/x is not authorized to perform: secretsmanager:GetSecretValue on resource: ${resource} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    },
  });
  let resource = 'belay/acme/shop/x';
  server = await httpServer(() => refusal(resource));
  const secrets = secretValues(new SecretsManagerClient(clientOptions(server.url)));
  expect(await secrets.get('belay/acme/shop/x')).toBeUndefined();
  resource = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:belay/acme/shop/x-a1b2c3';
  await expect(secrets.get('belay/acme/shop/x')).rejects.toThrow('is not authorized');
});

test('while it rotates two values are accepted, a day later one', async () => {
  const { client, now, wait } = await vault({ AWSCURRENT: 'new', AWSPREVIOUS: 'old' }, HOUR);
  const secret = rotatingSecret('webhook', client, now);
  expect(await secret.values()).toEqual(['new', 'old']);
  wait(24 * HOUR);
  expect(await secret.values()).toEqual(['new']);
});

test('a secret that was never rotated has one value', async () => {
  const { client, now } = await vault({ AWSCURRENT: 'only' });
  expect(await rotatingSecret('webhook', client, now).values()).toEqual(['only']);
});

test('the cache is kept for a minute, and a forced read comes at most every ten seconds', async () => {
  const { client, now, wait, versions, reads } = await vault({ AWSCURRENT: 'one' }, 48 * HOUR);
  const secret = rotatingSecret('webhook', client, now);
  await secret.values();
  versions.AWSCURRENT = 'two';
  wait(9);
  expect(await secret.values({ fresh: true })).toEqual(['one']);
  wait(1);
  expect(await secret.values()).toEqual(['one']);
  expect(await secret.values({ fresh: true })).toEqual(['two']);
  for (let n = 0; n < 100; n++) await secret.values({ fresh: true });
  expect(reads()).toBe(2);
  versions.AWSCURRENT = 'three';
  wait(60);
  expect(await secret.values()).toEqual(['three']);
});

test.each([
  ['', 'an empty one'],
  [undefined, 'a missing one'],
])('%j (%s) refuses to start', async (value, _) => {
  const { client, now } = await vault({ AWSCURRENT: value });
  await expect(rotatingSecret('webhook', client, now).values()).rejects.toThrow(
    /webhook secret webhook is empty.*put-secret-value/,
  );
});

test('the GitHub secret is kept for five minutes', async () => {
  const { client, now, wait, versions, reads } = await vault({ AWSCURRENT: 'ghs_one\n' });
  const secret = gitHubSecret('github', client, now);
  expect(await secret()).toEqual({ kind: 'token', token: 'ghs_one' });
  versions.AWSCURRENT = 'ghs_two';
  wait(299);
  expect(await secret()).toEqual({ kind: 'token', token: 'ghs_one' });
  expect(reads()).toBe(1);
  wait(1);
  expect(await secret()).toEqual({ kind: 'token', token: 'ghs_two' });
});

const pem = (type: 'pkcs1' | 'pkcs8') =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type, format: 'pem' },
  }).privateKey;

test.each([
  ['pkcs1', 77],
  ['pkcs8', 'Iv1.abc'],
] as const)('an App is known by its key, %s', async (type, appId) => {
  const { client } = await vault({ AWSCURRENT: JSON.stringify({ appId, privateKey: pem(type) }) });
  expect(await gitHubSecret('github', client)()).toMatchObject({ kind: 'app', appId: String(appId) });
});

const HIDDEN = 'MIIEhidden';
test.each([
  [' ', /GitHub secret github is empty.*put-secret-value/],
  [`{"appId": 7, "privateKey": "${HIDDEN}\n"}`, /begins like JSON but is none.*line breaks/],
  [`{"appId": 7, "key": "${HIDDEN}"}`, /privateKey is missing or not text/],
  [`{"privateKey": "${HIDDEN}"}`, /appId is missing/],
  [`{"appId": 7, "privateKey": "${HIDDEN}"}`, /privateKey is not an RSA private key in PEM form/],
])('a malformed GitHub secret is told without a part of it: %#', async (value, message) => {
  const { client } = await vault({ AWSCURRENT: value });
  const failure = await gitHubSecret('github', client)().catch((error) => error);
  expect(failure.message).toMatch(message);
  expect(String(failure.stack) + String(failure.cause)).not.toContain(HIDDEN);
});
