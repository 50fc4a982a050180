/** All data endpoints behind one URL taken from the environment, as the twin's functions and jobs reach them; and a whole restart. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../local/wire/clock.ts';
import { createCredentialsEndpoint } from '../../../local/wire/credentials-endpoint.ts';
import { openDataServices } from '../../../local/wire/data-services.ts';
import { readTable } from '../../../local/wire/dynamodb/table-definition.ts';
import { startGateway } from '../../../local/wire/gateway.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';

const run = promisify(execFile);

const ledger = readTable({
  TableName: 'ledger',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
});

async function startTwin(folder: string) {
  const principals = createPrincipals(systemClock);
  const endpoint = createCredentialsEndpoint(principals, systemClock);
  const data = await openDataServices({
    folder,
    accountId: '111122223333',
    region: 'eu-west-1',
    clock: systemClock,
    principals,
    buckets: [{ name: 'artifacts', versioned: true }],
    queues: [{ name: 'status.fifo', fifo: true, contentBasedDeduplication: true }],
    tables: [ledger],
    secrets: [{ name: 'webhook' }],
  });
  const { principalOf } = principals;
  const gateway = await startGateway({
    services: data.services,
    routes: [endpoint.route],
    clock: systemClock,
    principalOf,
  });
  const { path } = endpoint.issueCredentials('arn:aws:iam::111122223333:role/job', { sessionName: 'job-1' });
  return {
    data,
    environment: {
      AWS_ENDPOINT_URL: gateway.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${gateway.url}${path}`,
      AWS_REGION: 'eu-west-1',
    },
    async close() {
      await gateway.close();
      await data.close();
    },
  };
}

/** What a job does: every client made with nothing but the environment. */
const job = `
import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
import { SQSClient, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
await new S3Client({}).send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'a/b', Body: 'object' }));
const sqs = new SQSClient({});
const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'status.fifo' }));
await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'message', MessageGroupId: 'g' }));
await new DynamoDBClient({}).send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: 'item' } } }));
await new SecretsManagerClient({}).send(new PutSecretValueCommand({ SecretId: 'webhook', SecretString: 'secret' }));
console.log((await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn);
process.exit(0);
`;

test('a process that has only the environment reaches all of them, and all is there after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-data-'));
  const first = await startTwin(folder);
  const args = ['--input-type=module', '--eval', job];
  const { stdout } = await run(process.execPath, args, {
    env: { PATH: process.env.PATH, ...first.environment },
  });
  expect(stdout).toBe('arn:aws:sts::111122223333:assumed-role/job/job-1\n');
  await first.close();

  const second = await startTwin(folder);
  const { objects, queues, dynamo, secrets } = second.data;
  expect(objects.get('artifacts', 'a/b')?.body.toString()).toBe('object');
  const queueArn = 'arn:aws:sqs:eu-west-1:111122223333:status.fifo';
  expect((await queues.receive(queueArn, { max: 10 })).map(({ body }) => body)).toEqual(['message']);
  const { body } = await dynamo.call('Scan', JSON.stringify({ TableName: 'ledger' }));
  expect(JSON.parse(body.toString()).Items).toEqual([{ pk: { S: 'item' } }]);
  expect(secrets.find('webhook').find({}).text).toBe('secret');
  await second.close();
  rmSync(folder, { recursive: true });
});
