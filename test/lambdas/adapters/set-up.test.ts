/** What `set-up` says to Secrets Manager and to GitHub, and what it makes of their answers. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, test } from '@jest/globals';
import { gitHubRequest } from '../../../lambdas/adapters/github-request.ts';
import { newApp } from '../../../lambdas/adapters/new-app.ts';
import { setUpSecrets } from '../../../lambdas/adapters/set-up-secrets.ts';
import { clientOptions, type HttpAnswer, type HttpServer, httpServer } from '../../support/http-server.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

async function answering(answer: HttpAnswer): Promise<HttpServer> {
  server = await httpServer(() => answer);
  return server;
}

const ANSWER = {
  id: 4711,
  slug: 'belay-a1b2c3',
  client_id: 'Iv1.8a61f9b3a7aba766',
  client_secret: 'client secret',
  webhook_secret: 'what-github-signs-with',
  pem: '-----BEGIN RSA PRIVATE KEY-----\nkey\n-----END RSA PRIVATE KEY-----\n',
  html_url: 'https://github.com/apps/belay-a1b2c3',
};

test('the code is exchanged without any credentials', async () => {
  const { url, requests } = await answering({ status: 201, body: ANSWER });
  expect(await newApp(gitHubRequest(url))('a180b1a3/../x')).toEqual({
    id: 4711,
    privateKey: '-----BEGIN RSA PRIVATE KEY-----\nkey\n-----END RSA PRIVATE KEY-----\n',
    webhookSecret: 'what-github-signs-with',
    url: 'https://github.com/apps/belay-a1b2c3',
  });
  const [{ method, url: path, headers, body } = { method: '', url: '', headers: {}, body: '' }] = requests;
  expect([method, path, body]).toEqual(['POST', '/app-manifests/a180b1a3%2F..%2Fx/conversions', '']);
  expect(headers.authorization).toBeUndefined();
});

test('a code that GitHub does not know is no error; everything else is', async () => {
  const notFound = await answering({ status: 404, body: { message: 'Not Found' } });
  expect(await newApp(gitHubRequest(notFound.url))('used')).toBeUndefined();
  notFound.close();
  const broken = await answering({ status: 502, body: { message: 'Bad Gateway' } });
  await expect(newApp(gitHubRequest(broken.url))('secret-code')).rejects.toThrow(
    /^taking over the new GitHub App: GitHub answered 502: Bad Gateway$/,
  );
});

test.each([
  ['webhook_secret', { ...ANSWER, webhook_secret: null }],
  ['html_url', { ...ANSWER, html_url: 'javascript:alert(1)' }],
])('an answer with a bad %s is refused by the name of the field, without its values', async (field, body) => {
  const { url } = await answering({ status: 201, body });
  const error = await newApp(gitHubRequest(url))('code').catch((thrown: unknown) => thrown);
  expect(String(error)).toContain(field);
  expect(String(error)).not.toMatch(/PRIVATE KEY|signs-with|alert/);
});

const IDS = { app: 'belay-pipeline/github-token', webhook: 'hook' };

test('a secret is written under the version it is given', async () => {
  const { url, requests } = await answering({ body: {} });
  const secrets = setUpSecrets(IDS, new SecretsManagerClient(clientOptions(url)));
  expect(await secrets.put('app', 'the value', 'v'.repeat(64))).toBe(true);
  expect(requests.map(({ headers }) => headers['x-amz-target'])).toEqual(['secretsmanager.PutSecretValue']);
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    SecretId: 'belay-pipeline/github-token',
    SecretString: 'the value',
    ClientRequestToken: 'v'.repeat(64),
  });
});

const refusal = (type: string) => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: type, Message: 'no' }),
});

test('a version that is there with another value is told apart from every other refusal', async () => {
  const taken = await answering(refusal('ResourceExistsException'));
  const client = new SecretsManagerClient(clientOptions(taken.url));
  expect(await setUpSecrets(IDS, client).put('app', 'value', 'v'.repeat(64))).toBe(false);
  taken.close();
  const denied = await answering(refusal('AccessDeniedException'));
  const other = new SecretsManagerClient(clientOptions(denied.url));
  await expect(setUpSecrets(IDS, other).put('app', 'value', 'v'.repeat(64))).rejects.toThrow('no');
});
