/** The doctor against stubs that speak as AWS and GitHub do. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { gitHubAt } from '../../doctor/adapters/github.ts';
import { type HttpRequest, httpServer } from '../support/http-server.ts';

const root = join(import.meta.dirname, '../..');
const xml = (action: string, result: string) =>
  `<${action}Response xmlns="https://example.com/doc/"><${action}Result>${result}</${action}Result></${action}Response>`;

const stack = (name: string, outputs: string) =>
  xml(
    'DescribeStacks',
    `<Stacks><member><StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-21T08:00:00Z</CreationTime><Outputs>${outputs}</Outputs></member></Stacks>`,
  );

const noStack = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id CDKToolkit does not exist</Message></Error></ErrorResponse>`;

/** What an account answers in which Belay was deployed without a bootstrap of this name, and nobody made the App yet. */
function aws({ url, headers, body }: HttpRequest) {
  if (body.includes('Action=GetCallerIdentity')) {
    const arn = 'arn:aws:iam::123456789012:user/mira';
    return {
      body: xml('GetCallerIdentity', `<Account>123456789012</Account><Arn>${arn}</Arn><UserId>u</UserId>`),
    };
  }
  if (body.includes('Action=DescribeStacks')) {
    return body.includes('StackName=CDKToolkit')
      ? { status: 400, body: noStack }
      : { body: stack('Belay', '') };
  }
  switch (headers['x-amz-target']) {
    case 'ServiceQuotasV20190624.GetServiceQuota': {
      const { ServiceCode, QuotaCode } = JSON.parse(body);
      return { body: { Quota: ServiceCode === 'fargate' && QuotaCode === 'L-3032A538' ? { Value: 6 } : {} } };
    }
    case 'AWSStepFunctions.ListExecutions': {
      const { stateMachineArn, statusFilter } = JSON.parse(body);
      const asked = `${stateMachineArn} ${statusFilter}`;
      const isRight = asked === 'arn:aws:states:eu-west-1:123456789012:stateMachine:belay-release RUNNING';
      return { body: { executions: isRight ? [{ executionArn: 'a' }] : [] } };
    }
    case 'secretsmanager.GetSecretValue': {
      const { SecretId } = JSON.parse(body);
      return { body: { SecretString: SecretId === 'belay-pipeline/github-token' ? '' : 'not asked for' } };
    }
    default:
      if (url.endsWith('/account-settings')) return { body: { AccountLimit: { ConcurrentExecutions: 10 } } };
      return { status: 500, body: `not expected: ${url}` };
  }
}

const servers: { close(): void }[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

test('as people call it: an account in which nobody made the App yet', async () => {
  const server = await httpServer(aws);
  servers.push(server);
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-real-key',
  };
  const argv = ['--no-warnings', join(root, 'doctor/main.ts'), '--json'];
  const ended = await promisify(execFile)(process.execPath, argv, { env }).catch((error: unknown) => error);
  const { code, stdout } = ended as { code: number; stdout: string };
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; verdict: string; message: string }[];
  };
  const inAccount = findings.slice(findings.findIndex(({ check }) => check === 'account'));
  expect(inAccount.map(({ verdict, message }) => `${verdict}: ${message}`)).toEqual([
    'ok: 123456789012, eu-west-1',
    'problem: the CDK is not set up in 123456789012/eu-west-1',
    'advice: the account may run 6 vCPU at once: 6 plan jobs; more wait',
    expect.stringMatching(/^advice: the account may run 10 functions at once/),
    'ok: Belay is CREATE_COMPLETE: deployed',
    'advice: 1 is under way',
    expect.stringMatching(/^problem: the GitHub secret belay-pipeline\/github-token is empty/),
  ]);
  expect(code).toBe(1);
  expect(server.requests.length).toBe(8);
});

test('a wrong call ends with 2', async () => {
  const argv = ['--no-warnings', join(root, 'doctor/main.ts'), '--jsn'];
  const ended = promisify(execFile)(process.execPath, argv);
  await expect(ended).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage: npm run doctor'),
  });
});

test('GitHub is asked by the word of the App', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = await httpServer(({ url }) => {
    if (url === '/app')
      return {
        body: {
          name: 'belay-acme',
          html_url: 'https://github.com/apps/belay-acme',
          permissions: { checks: 'write' },
          events: ['push'],
        },
      };
    if (url === '/app/hook/config')
      return { body: { url: 'https://api.example/webhook', content_type: 'json' } };
    if (url === '/app/installations?per_page=100')
      return {
        body: [
          { account: { login: 'acme' }, permissions: { checks: 'read' }, suspended_at: null },
          { account: null, permissions: {}, suspended_at: '2026-11-20T08:00:00Z' },
        ],
      };
    return { status: 404, body: { message: 'Not Found' } };
  });
  servers.push(server);
  expect(await gitHubAt(server.url).app({ kind: 'app', appId: '7', privateKey })).toEqual({
    name: 'belay-acme',
    url: 'https://github.com/apps/belay-acme',
    permissions: { checks: 'write' },
    events: ['push'],
    webhookUrl: 'https://api.example/webhook',
    installations: [
      { account: 'acme', permissions: { checks: 'read' }, suspended: false },
      { account: 'an account that is gone', permissions: {}, suspended: true },
    ],
  });
  for (const { headers } of server.requests) {
    const [, claims = ''] = String(headers.authorization).replace('Bearer ', '').split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ iss: '7' });
  }
});

test('an App that GitHub does not know by its key is none', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = await httpServer(() => ({
    status: 401,
    body: { message: 'A JSON web token could not be decoded' },
  }));
  servers.push(server);
  expect(await gitHubAt(server.url).app({ kind: 'app', appId: '7', privateKey })).toBeUndefined();
});

test.each([
  [200, { login: 'mira-lind' }, 'mira-lind'],
  [401, { message: 'Bad credentials' }, undefined],
])('whose token it is, when GitHub answers %d', async (status, body, expected) => {
  const server = await httpServer(() => ({ status, body }));
  servers.push(server);
  expect(await gitHubAt(server.url).owner('t')).toBe(expected);
});
