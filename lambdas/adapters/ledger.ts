/** The ledger in DynamoDB; made once by every handler that reads or writes it. */
import { setTimeout as pause } from 'node:timers/promises';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Ledger } from '../ports.ts';
import { expressions } from './ledger-expressions.ts';

/** No pause is longer, however often others were faster. Milliseconds. */
const LONGEST_PAUSE = 200;

/** Items come back with their key attributes `pk` and `sk`; string sets are JavaScript Sets; absent members are left out. */
export function dynamoLedger(table: string, dynamo = new DynamoDBClient({})): Ledger {
  const client = DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } });
  return {
    async get(key) {
      const answer = await client.send(
        new GetCommand({ TableName: table, Key: { ...key }, ConsistentRead: true }),
      );
      return answer.Item;
    },

    async query(pk, prefix) {
      const items: Record<string, unknown>[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            ConsistentRead: true,
            ...keyCondition(pk, prefix),
            ExclusiveStartKey: from,
          }),
        );
        items.push(...(page.Items ?? []));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return items;
    },

    async put(key, item, condition) {
      const written = await unlessConditionFails(() =>
        client.send(
          new PutCommand({ TableName: table, Item: { ...item, ...key }, ...expressions(condition) }),
        ),
      );
      return written !== undefined;
    },

    async update(key, change, condition) {
      const answer = await unlessConditionFails(() =>
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { ...key },
            ...expressions(condition, change),
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      return answer?.Attributes;
    },

    async remove(key, condition) {
      const removed = await unlessConditionFails(() =>
        client.send(new DeleteCommand({ TableName: table, Key: { ...key }, ...expressions(condition) })),
      );
      return removed !== undefined;
    },

    async backOff(tries) {
      await pause(Math.random() * Math.min(10 * tries, LONGEST_PAUSE));
    },
  };
}

/** DynamoDB takes no empty prefix. */
const keyCondition = (pk: string, prefix: string | undefined) => ({
  KeyConditionExpression: prefix === undefined ? '#pk = :pk' : '#pk = :pk AND begins_with(#sk, :prefix)',
  ExpressionAttributeNames: { '#pk': 'pk', ...(prefix !== undefined && { '#sk': 'sk' }) },
  ExpressionAttributeValues: { ':pk': pk, ...(prefix !== undefined && { ':prefix': prefix }) },
});

async function unlessConditionFails<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
