/** Who is calling: access keys, expiry, role chaining through STS, container credentials, and plain gateway manners. */

import { BatchClient, DescribeJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { fromHttp } from '@aws-sdk/credential-provider-http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AwsError } from '../../../local/wire/errors.ts';
import { jsonService, restJsonService } from '../../../local/wire/json-service.ts';
import { stsService } from '../../../local/wire/sts/sts-service.ts';
import { clientFor, manualClock, startWorld, testRole } from './wire-world.ts';

const deployRole = 'arn:aws:iam::444455556666:role/belay/apply';
let world: Awaited<ReturnType<typeof startWorld>>;
let clock: ReturnType<typeof manualClock>;
let sts: STSClient;
let questions: unknown[];
const opened: { destroy(): void }[] = [];

beforeEach(async () => {
  clock = manualClock(Date.now());
  questions = [];
  const states = { name: 'states', target: 'AWSStepFunctions' };
  world = await startWorld(
    (_folder, { principals }) => [
      stsService(principals),
      jsonService(states, {
        StartExecution: async (input, { principal }) => {
          if (input.name === 'bug') throw new TypeError('a defect');
          if (input.name === 'taken') throw new AwsError('ExecutionAlreadyExists', 'It exists.');
          return { executionArn: `${principal.arn}/${input.name}`, startDate: 1 };
        },
      }),
      restJsonService({ name: 'batch' }, [
        {
          method: 'POST',
          path: '/v1/submitjob',
          operation: 'SubmitJob',
          run: async (input) => ({ jobId: 'job-1', jobName: input.jobName }),
        },
      ]),
    ],
    {
      clock,
      authorize: ({ action, resource, conditions }) => {
        questions.push({ action, resource, conditions });
        return undefined;
      },
    },
  );
  sts = new STSClient(world.client());
  opened.push(sts);
});
afterEach(async () => {
  for (const client of opened.splice(0)) client.destroy();
  await world.close();
});

const open = <T extends { destroy(): void }>(client: T): T => {
  opened.push(client);
  return client;
};

test('a caller is the session of its role', async () => {
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: 'arn:aws:sts::111122223333:assumed-role/tester/test',
    Account: '111122223333',
  });
});

test('an assumed role is a new principal with its tags, policy and one hour', async () => {
  const Policy = '{"Version":"2012-10-17","Statement":[]}';
  const { Credentials, AssumedRoleUser } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: deployRole,
      RoleSessionName: 'release-1',
      Tags: [
        { Key: 'environment', Value: 'dev' },
        { Key: 'repository', Value: '42' },
      ],
      TransitiveTagKeys: ['repository'],
      Policy,
    }),
  );
  expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::444455556666:assumed-role/apply/release-1');
  expect(Credentials?.Expiration?.getTime()).toBe(clock.now() + 3_600_000);
  const conditions = { 'aws:RequestTag/environment': 'dev', 'aws:RequestTag/repository': '42' };
  expect(questions).toEqual([
    { action: 'sts:AssumeRole', resource: deployRole, conditions },
    { action: 'sts:TagSession', resource: deployRole, conditions },
  ]);
  const session = world.principals.principalOf(Credentials?.AccessKeyId ?? '');
  if (session === undefined) throw new Error('the new access key is unknown');
  expect(session).toMatchObject({
    roleArn: deployRole,
    tags: { environment: 'dev', repository: '42' },
    sessionPolicies: [Policy],
  });
  const chained = open(new STSClient(clientFor(world.url(), session)));
  const identity = await chained.send(new GetCallerIdentityCommand({}));
  expect(identity.Arn).toBe('arn:aws:sts::444455556666:assumed-role/apply/release-1');
  const next = await chained.send(new AssumeRoleCommand({ RoleArn: testRole, RoleSessionName: 'next' }));
  expect(world.principals.principalOf(next.Credentials?.AccessKeyId ?? '')?.tags).toEqual({
    repository: '42',
  });
});

test('role chaining ends at one hour, and what STS or the twin does not take is refused', async () => {
  const assume = (more: object) =>
    sts.send(new AssumeRoleCommand({ RoleArn: deployRole, RoleSessionName: 'release-1', ...more }));
  await expect(assume({ DurationSeconds: 3601 })).rejects.toMatchObject({
    name: 'ValidationError',
    message:
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
  });
  await expect(assume({ RoleSessionName: 'a b' })).rejects.toMatchObject({ name: 'ValidationError' });
  await expect(assume({ SerialNumber: 'mfa-device-1' })).rejects.toMatchObject({
    message: expect.stringContaining('the parameter "SerialNumber" of AssumeRole'),
  });
  const token = sts.send(new GetSessionTokenCommand({}));
  await expect(token).rejects.toMatchObject({ message: expect.stringContaining('"GetSessionToken"') });
});

test('unknown, mismatched, expired and revoked keys are refused', async () => {
  const known = world.client();
  const attempt = (credentials: object) =>
    open(new STSClient({ ...known, credentials: { ...known.credentials, ...credentials } })).send(
      new GetCallerIdentityCommand({}),
    );
  const unknown = { name: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } };
  await expect(attempt({ accessKeyId: 'ASIAUNKNOWN' })).rejects.toMatchObject(unknown);
  await expect(attempt({ sessionToken: 'other' })).rejects.toMatchObject(unknown);
  await attempt({});
  clock.advance(3_600_000);
  await expect(attempt({})).rejects.toMatchObject({ name: 'ExpiredToken' });
  world.principals.revoke(known.credentials.accessKeyId);
  await expect(attempt({})).rejects.toMatchObject(unknown);
});

test('container credentials are fetched over HTTP, renewed before they end, and withdrawn', async () => {
  const issued = world.endpoint.issueCredentials(testRole, { sessionName: 'job-1' });
  const fetchCredentials = fromHttp({
    awsContainerCredentialsFullUri: `${world.url()}${issued.path}`,
    maxRetries: 0,
  });
  const first = await fetchCredentials();
  expect(first.expiration?.getTime()).toBe(clock.now() + 3_600_000);
  expect((await fetchCredentials()).accessKeyId).toBe(first.accessKeyId);
  const document = await (await fetch(`${world.url()}${issued.path}`)).json();
  expect(document).toMatchObject({ RoleArn: testRole, AccessKeyId: first.accessKeyId });

  clock.advance(50 * 60_000);
  const renewed = await fetchCredentials();
  expect(renewed.accessKeyId).not.toBe(first.accessKeyId);
  const identity = await open(new STSClient({ ...world.client(), credentials: renewed })).send(
    new GetCallerIdentityCommand({}),
  );
  expect(identity.Arn).toBe('arn:aws:sts::111122223333:assumed-role/tester/job-1');
  // The session before it stays valid to its own end: requests signed with it may be under way.
  expect(world.principals.principalOf(first.accessKeyId)).toBeDefined();

  issued.withdraw();
  expect((await fetch(`${world.url()}${issued.path}`)).status).toBe(404);
  expect(world.principals.principalOf(renewed.accessKeyId)).toBeUndefined();
  expect(world.principals.principalOf(first.accessKeyId)).toBeUndefined();
});

test('registered services answer, fail with their own errors, and defects are 500s that are heard of', async () => {
  const sfn = open(new SFNClient(world.client()));
  const start = (name: string) => sfn.send(new StartExecutionCommand({ stateMachineArn: 'arn', name }));
  const { executionArn } = await start('fine');
  expect(executionArn).toBe('arn:aws:sts::111122223333:assumed-role/tester/test/fine');
  expect(questions).toEqual([
    { action: 'states:StartExecution', resource: undefined, conditions: undefined },
  ]);
  await expect(start('taken')).rejects.toMatchObject({
    name: 'ExecutionAlreadyExists',
    message: 'It exists.',
  });
  expect(world.faults).toEqual([]);
  await expect(start('bug')).rejects.toMatchObject({
    name: 'InternalFailure',
    $metadata: { httpStatusCode: 500 },
  });
  expect(world.faults).toMatchObject([{ message: 'a defect' }]);
});

test('REST services answer by path, and unknown paths are refused by name', async () => {
  const batch = open(new BatchClient(world.client()));
  const submitted = await batch.send(
    new SubmitJobCommand({ jobName: 'plan', jobQueue: 'q', jobDefinition: 'd' }),
  );
  expect(submitted).toMatchObject({ jobId: 'job-1', jobName: 'plan' });
  const described = batch.send(new DescribeJobsCommand({ jobs: ['job-1'] }));
  await expect(described).rejects.toMatchObject({
    message: 'The local twin does not serve the operation "POST /v1/describejobs" of the service "batch".',
  });
});

test('a path that is no URI is refused', async () => {
  const response = await fetch(`${world.url()}/plain/%zz`);
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.stringContaining('<Code>InvalidURI</Code>'),
  ]);
});

test('a service that is not there is refused by name', async () => {
  const { accessKeyId, sessionToken } = world.principal.credentials;
  const response = await fetch(`${world.url()}/`, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0`,
      'x-amz-security-token': sessionToken,
      'x-amz-target': 'TrentService.Decrypt',
    },
  });
  expect(await response.json()).toMatchObject({
    __type: 'UnknownOperationException',
    message: 'The local twin does not serve Decrypt of the service "kms".',
  });
});
