/** DynamoDB of the twin through the real client: tables from templates, conditions, what is refused, expiry, restart. */
import { join } from 'node:path';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DynaliteServer, startDynalite } from '../../../local/wire/dynamodb/dynalite-server.ts';
import { dynamoService } from '../../../local/wire/dynamodb/dynamodb-service.ts';
import { deleteExpiredItems } from '../../../local/wire/dynamodb/expiry.ts';
import { readTable } from '../../../local/wire/dynamodb/table-definition.ts';
import { manualClock, startWorld } from './wire-world.ts';

const ledger = {
  TableName: 'ledger',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  SSESpecification: { SSEEnabled: true },
};
const TableName = 'ledger';
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: '-' } });
const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/k1';
const questions: unknown[] = [];
const keyUses: unknown[] = [];
let server: DynaliteServer;
let world: Awaited<ReturnType<typeof startWorld>>;
let client: DynamoDBClient;

beforeAll(async () => {
  world = await startWorld(
    async (folder) => {
      await server?.close();
      server = await startDynalite(join(folder, 'dynamodb'), [readTable(ledger)]);
      const place = { accountId: '111122223333', region: 'eu-west-1' };
      return [dynamoService(server, place, new Map([[TableName, keyArn]]))];
    },
    {
      authorize: ({ action, resource, conditions }) => {
        if (action.startsWith('kms:')) keyUses.push([action, resource, conditions?.['kms:ViaService']]);
        else questions.push([action, resource, conditions?.['dynamodb:LeadingKeys']]);
        return undefined;
      },
    },
  );
  client = new DynamoDBClient(world.client());
});
afterAll(async () => {
  client.destroy();
  await world.close();
  await server.close();
});

test('items are written under conditions; of twenty racing claims one wins', async () => {
  const claims = Array.from({ length: 20 }, (_, index) =>
    client.send(
      new PutItemCommand({
        TableName,
        Item: { ...key('claim'), owner: { S: `run-${index}` } },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
  const results = await Promise.allSettled(claims);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ name: 'ConditionalCheckFailedException' });
  }
  expect(questions.at(-1)).toEqual([
    'dynamodb:PutItem',
    'arn:aws:dynamodb:eu-west-1:111122223333:table/ledger',
    'claim',
  ]);
});

test('a set loses its members one by one and the new item comes back', async () => {
  const Item = { ...key('turn'), waitingOn: { SS: ['a', 'b'] }, note: { S: '' } };
  await client.send(new PutItemCommand({ TableName, Item }));
  const leave = (name: string) =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('turn'),
        UpdateExpression: 'DELETE waitingOn :name',
        ExpressionAttributeValues: { ':name': { SS: [name] } },
        ReturnValues: 'ALL_NEW',
      }),
    );
  expect((await leave('a')).Attributes).toEqual({
    ...key('turn'),
    waitingOn: { SS: ['b'] },
    note: { S: '' },
  });
  expect((await leave('b')).Attributes).toEqual({ ...key('turn'), note: { S: '' } });
});

test('what dynalite lacks or does wrong is refused by name and writes nothing', async () => {
  const Item = key('refused');
  const withItem = new PutItemCommand({ TableName, Item, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  await expect(client.send(withItem)).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('ReturnValuesOnConditionCheckFailure of PutItem'),
  });
  const transaction = new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item } }] });
  await expect(client.send(transaction)).rejects.toMatchObject({
    message: 'The local twin does not serve the operation "TransactWriteItems" of the service "dynamodb".',
  });
  const TimeToLiveSpecification = { AttributeName: 'other', Enabled: true };
  const timeToLive = new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification });
  await expect(client.send(timeToLive)).rejects.toMatchObject({ name: 'UnknownOperationException' });
  const got = await client.send(new GetItemCommand({ TableName, Key: Item }));
  expect(got.Item).toBeUndefined();
});

test('expired items are deleted when the twin asks, others stay', async () => {
  const clock = manualClock(2_000_000_000_000);
  for (const [pk, expiresAt] of [
    ['old', '1999999999'],
    ['now', '2000000000'],
    ['new', '2000000001'],
  ] as const) {
    await client.send(new PutItemCommand({ TableName, Item: { ...key(pk), expiresAt: { N: expiresAt } } }));
  }
  expect(await deleteExpiredItems(server, clock)).toBe(1);
  clock.advance(1_000);
  expect(await deleteExpiredItems(server, clock, AbortSignal.abort())).toBe(0);
  expect(await deleteExpiredItems(server, clock)).toBe(1);
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName, FilterExpression: 'attribute_exists(expiresAt)' }),
  );
  expect(Items.map(({ pk }) => pk?.S)).toEqual(['new']);
});

test('items survive a restart', async () => {
  await client.send(new PutItemCommand({ TableName, Item: { ...key('lasting'), n: { N: '1' } } }));
  client.destroy();
  await world.restart();
  client = new DynamoDBClient(world.client());
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: key('lasting') }));
  expect(Item).toEqual({ ...key('lasting'), n: { N: '1' } });
  await client.send(new DeleteItemCommand({ TableName, Key: key('lasting') }));
});

test('closing lets running operations end', async () => {
  const folder = join(world.folder, 'closing');
  const closing = await startDynalite(folder, [readTable(ledger)]);
  const calls = Array.from({ length: 50 }, (_, index) =>
    closing.call('PutItem', JSON.stringify({ TableName, Item: key(`item-${index}`) })),
  );
  await closing.close();
  const answers = await Promise.all(calls);
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  const again = await startDynalite(folder, [readTable(ledger)]);
  const { body } = await again.call('Scan', JSON.stringify({ TableName, Select: 'COUNT' }));
  expect(JSON.parse(body.toString()).Count).toBe(50);
  await again.close();
});

test('a table with what the twin cannot serve is refused by name', () => {
  const streaming = { ...ledger, StreamSpecification: { StreamViewType: 'NEW_IMAGE' } };
  expect(() => readTable(streaming)).toThrow(/StreamSpecification/);
  expect(() => readTable({ ...ledger, BillingMode: 'PROVISIONED' })).toThrow(/BillingMode/);
});

test('the key of a table is opened for everybody who reads or writes it', async () => {
  keyUses.length = 0;
  await client.send(new GetItemCommand({ TableName, Key: key('nobody') }));
  await client.send(new PutItemCommand({ TableName, Item: key('somebody') }));
  const use = ['kms:Decrypt', keyArn, 'dynamodb.eu-west-1.amazonaws.com'];
  expect(keyUses).toEqual([use, use]);
});
