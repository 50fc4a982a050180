import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { connectWorld } from '../../../local/world/socket.ts';
import { openWorld, StateDirectoryInUse, type World } from '../../../local/world.ts';
import { temporaryFolder, writeStack } from './small-stack.ts';

const open: World[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((world) => world.close()));
});

const project = join(import.meta.dirname, '../../..');
/** The start of a module that uses the real AWS clients. */
const sdk = `import { createRequire } from 'node:module';
const require = createRequire('${project}/package.json');
const { EventBridge } = require('@aws-sdk/client-eventbridge');
const { DynamoDB } = require('@aws-sdk/client-dynamodb');
const { SecretsManager } = require('@aws-sdk/client-secrets-manager');
const { Lambda } = require('@aws-sdk/client-lambda');
const { Batch } = require('@aws-sdk/client-batch');
const { SFN } = require('@aws-sdk/client-sfn');
const { S3 } = require('@aws-sdk/client-s3');
`;

/** A pipeline in small: webhook → bus → machine → ledger, job and status. */
const functions = {
  hook: `${sdk}export const handler = async ({ headers, body }) => {
    const { REPOSITORIES, WEBHOOK_SOURCES } = process.env;
    if (REPOSITORIES !== '*' || WEBHOOK_SOURCES !== 'any') return { statusCode: 403, body: 'not from here' };
    const { after, repository } = JSON.parse(body);
    const Detail = JSON.stringify({ commit: after, repository: repository.full_name, delivery: headers['x-github-delivery'] });
    await new EventBridge({}).putEvents({ Entries: [{ EventBusName: 'belay', Source: 'hook', DetailType: 'push', Detail }] });
    return { statusCode: 202, body: 'taken' };
  };`,
  note: `${sdk}export const handler = async ({ commit, execution }) => {
    const { status } = await new SFN({}).describeExecution({ executionArn: execution });
    await new DynamoDB({}).putItem({ TableName: process.env.LEDGER_TABLE,
      Item: { pk: { S: 'commits' }, sk: { S: commit }, status: { S: status }, seen: { SS: ['a', 'b'] } } });
    return { commit };
  };`,
  status: `${sdk}export const handler = async ({ commit, repository }) => {
    const { SecretString: token } = await new SecretsManager({}).getSecretValue({ SecretId: process.env.GITHUB_TOKEN_SECRET });
    const response = await fetch(process.env.GITHUB_API_URL + '/repos/' + repository + '/statuses/' + commit,
      { method: 'POST', headers: { authorization: 'Bearer ' + token }, body: JSON.stringify({ state: 'success', context: 'belay' }) });
    return response.status;
  };`,
  greet: `${sdk}export const handler = async ({ name, secret }) => {
    if (secret === undefined) return 'hello ' + name;
    return (await new SecretsManager({}).getSecretValue({ SecretId: secret })).SecretString;
  };`,
};
const job = `${sdk}
const { Payload } = await new Lambda({}).invoke({ FunctionName: 'greet', Payload: JSON.stringify({ name: process.env.WHO }) });
const { jobs } = await new Batch({}).describeJobs({ jobs: [process.env.AWS_BATCH_JOB_ID] });
await new S3({}).putObject({ Bucket: 'belay-artifacts', Key: 'greeting.json', Body: Payload });
console.log(jobs[0].status);
process.exit(0);`;

const invoke = (FunctionName: string, Payload: string, Next?: string) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: `{% ${Payload} %}` },
  Output: '{% $states.input %}',
  ...(Next === undefined ? { End: true } : { Next }),
});
const release = {
  QueryLanguage: 'JSONata',
  StartAt: 'Note',
  States: {
    Note: invoke('note', `$merge([$states.input, {'execution': $states.context.Execution.Id}])`, 'Run'),
    Run: {
      Type: 'Task',
      Resource: 'arn:aws:states:::batch:submitJob.sync',
      Arguments: {
        JobName: 'greet',
        JobQueue: 'jobs',
        JobDefinition: 'job',
        ContainerOverrides: { Environment: [{ Name: 'WHO', Value: 'Ada' }] },
      },
      Output: '{% $states.input %}',
      Next: 'Status',
    },
    Status: invoke('status', '$states.input'),
  },
};

const roleArn = { 'Fn::GetAtt': ['Role', 'Arn'] };
const resources = {
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'belay' } },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: 'belay',
      EventPattern: { source: ['hook'] },
      Targets: [{ Id: 'T', Arn: { Ref: 'Machinerelease' }, RoleArn: roleArn, InputPath: '$.detail' }],
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Functionhook', 'Arn'] },
      PayloadFormatVersion: '2.0',
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'POST /webhook',
      Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
    },
  },
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: 'Functionhook' },
      Principal: 'apigateway.amazonaws.com',
    },
  },
};

function stack(statements?: readonly object[]): string {
  return writeStack({
    functions,
    // Of these the twin has its own.
    environment: {
      GITHUB_API_URL: 'https://api.github.com',
      REPOSITORIES: 'acme/other',
      WEBHOOK_SOURCES: '192.0.2.0/24',
    },
    machines: { release },
    job,
    resources,
    ...(statements === undefined ? {} : { statements }),
  });
}

async function world(cdkOut: string, stateDir = temporaryFolder('state'), more: object = {}): Promise<World> {
  const opened = await openWorld({ stateDir, cdkOut, environment: process.env, log: () => {}, ...more });
  open.push(opened);
  return opened;
}

function repository(): string {
  const directory = join(temporaryFolder('repo'), 'shop');
  mkdirSync(directory);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=A', '-c', 'user.email=a@b', ...args]);
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(directory, 'a'), '1');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  return directory;
}

test('a push runs through all parts, and everything is there at the next start', async () => {
  const cdkOut = stack();
  const stateDir = temporaryFolder('state');
  const first = await world(cdkOut, stateDir);
  const changes = new Set<string>();
  first.onProgress((changed) => {
    for (const change of changed) changes.add(change);
  });
  const directory = repository();
  const { commit, repository: id } = await first.push({ directory });
  await first.settled();

  const seen = async (opened: World) => ({
    checks: await opened.checks({ repository: id, sha: commit }),
    executions: (await opened.executions()).map(({ status }) => status),
    ledger: await opened.query('commits', ''),
    jobs: (await opened.jobs()).map(({ status }) => status),
    artifact: Buffer.from((await opened.artifact('greeting.json')) ?? '').toString(),
    repository: await opened.repositoryAt(directory),
  });
  const expected = {
    checks: [{ name: 'belay', state: 'success', title: '', summary: '', details: '', buttons: [] }],
    executions: ['SUCCEEDED'],
    ledger: [{ pk: 'commits', sk: commit, status: 'RUNNING', seen: new Set(['a', 'b']) }],
    jobs: ['SUCCEEDED'],
    artifact: '"hello Ada"',
    repository: id,
  };
  expect(await seen(first)).toEqual(expected);
  while (!changes.has('status')) await new Promise((resolve) => setTimeout(resolve, 10));
  expect([...changes].toSorted()).toEqual(['execution', 'job', 'ledger', 'log', 'status']);
  const [job] = await first.jobs();
  expect(job && readFileSync(first.parts.jobs.logOf(job), 'utf8')).toBe('RUNNING\n');
  const { endpoint } = first.parts.assembly.place;
  await open.splice(0)[0]?.close();

  const second = await world(cdkOut, stateDir);
  expect(second.parts.assembly.place.endpoint).toBe(endpoint);
  expect(await seen(second)).toEqual(expected);
  await open.splice(0)[0]?.close();

  // It was begun with a token. As an App it has the commit's statuses still, and says once what has changed.
  const said: string[] = [];
  const app = { github: 'app', log: (message: string) => void said.push(message) };
  for (const folder of [stateDir, stateDir, temporaryFolder('new')]) {
    const third = await world(cdkOut, folder, app);
    if (folder === stateDir) expect(await seen(third)).toEqual(expected);
    await open.splice(0)[0]?.close();
  }
  expect(said).toEqual([
    `${stateDir} was begun with a token: from now on Belay is a GitHub App here; commits that have statuses keep them, others get checks`,
  ]);
});

test('an event delivered twice starts two executions', async () => {
  const opened = await world(stack(), undefined, { busDeliveries: 2 });
  await opened.push({ directory: repository() });
  await opened.settled();
  expect(await opened.executions()).toHaveLength(2);
});

test('what no policy allows is denied, by name', async () => {
  const allowed = ['lambda:*', 'events:*', 'states:StartExecution', 'batch:*', 'states:DescribeExecution'];
  const opened = await world(stack([{ Effect: 'Allow', Action: allowed, Resource: '*' }]));
  await opened.push({ directory: repository() });
  await opened.settled();
  const [execution] = await opened.executions();
  const record = opened.parts.executions.find(execution?.arn ?? '');
  expect(record).toMatchObject({ status: 'FAILED', error: 'AccessDeniedException' });
  expect(JSON.parse(record.cause ?? '').errorMessage).toBe(
    'User: arn:aws:sts::123456789012:assumed-role/Belay-Role/note is not authorized to perform: dynamodb:PutItem on resource: ' +
      'arn:aws:dynamodb:eu-west-1:123456789012:table/Belay-Ledger because no identity-based policy allows the dynamodb:PutItem action',
  );
});

test('a secret put for a repository is read by its name', async () => {
  const opened = await world(stack());
  await opened.putSecret({ directory: repository(), name: 'db/password', value: 'opensesame' });
  const { payload } = await opened.parts.functions.invoke(
    'greet',
    '{"secret":"belay/local/shop/db/password"}',
  );
  expect(JSON.parse(payload)).toBe('opensesame');
});

test('one process owns a state directory; others talk to it through its socket', async () => {
  const cdkOut = stack();
  const stateDir = temporaryFolder('state');
  const owner = await world(cdkOut, stateDir);
  const refused = await world(cdkOut, stateDir).catch((error: unknown) => error);
  if (!(refused instanceof StateDirectoryInUse)) throw new Error('the directory was opened twice');
  const remote = await connectWorld(refused.owner.socket);
  const told = new Promise((resolve) => remote.onProgress(resolve));
  const { commit, repository: id } = await remote.push({ directory: repository() });
  await remote.settled();
  await told;
  expect(await remote.checks({ repository: id, sha: commit })).toMatchObject([
    { name: 'belay', state: 'success' },
  ]);
  expect(await remote.query('commits', '')).toMatchObject([{ seen: new Set(['a', 'b']) }]);
  expect(Buffer.from((await remote.artifact('greeting.json')) ?? '').toString()).toBe('"hello Ada"');
  expect(await remote.artifact('none')).toBeUndefined();
  await expect(remote.executionHistory('arn:none')).rejects.toThrow('Execution Does Not Exist');
  const waiting = remote.settled();
  await remote.close();
  await expect(waiting).rejects.toThrow('has ended');
  await owner.settled();
});

test('a world whose opening fails leaves the directory free', async () => {
  const stateDir = temporaryFolder('state');
  await expect(openWorld({ stateDir, cdkOut: '/nowhere', environment: {} })).rejects.toThrow('cdk synth');
  await world(stack(), stateDir);
});
