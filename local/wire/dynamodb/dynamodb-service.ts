/** DynamoDB for the gateway: passes on to dynalite what dynalite does right and refuses the rest. */
import * as z from 'zod';
import { notServed } from '../errors.ts';
import { type JsonInput, readBody } from '../json-service.ts';
import { keyUse } from '../kms.ts';
import type { Permission, Service } from '../service.ts';
import type { DynaliteServer } from './dynalite-server.ts';

/** Where the tables are, for their ARNs. */
export interface DynamoPlace {
  readonly accountId: string;
  readonly region: string;
}

/** Operations dynalite serves as AWS does; transactions, PartiQL, streams and table changes are not among them. */
const served = new Set([
  'BatchGetItem',
  'BatchWriteItem',
  'DeleteItem',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
]);

function tablesOf(input: JsonInput): string[] {
  if (typeof input.TableName === 'string') return [input.TableName];
  const { RequestItems } = input;
  return typeof RequestItems === 'object' && RequestItems !== null ? Object.keys(RequestItems) : [];
}

function permissions(operation: string, input: JsonInput, place: DynamoPlace): Permission[] {
  const action = `dynamodb:${operation}`;
  const index = typeof input.IndexName === 'string' ? `/index/${input.IndexName}` : '';
  const names = tablesOf(input).map((table) => table.split('/').at(-1));
  if (names.length === 0) return [{ action }];
  const leading = leadingKey(input);
  return names.map((table) => ({
    action,
    ...(leading !== undefined && { conditions: { 'dynamodb:LeadingKeys': leading } }),
    resource: `arn:aws:dynamodb:${place.region}:${place.accountId}:table/${table}${index}`,
  }));
}

const oneItem = z.object({ pk: z.object({ S: z.string() }) });
const oneItemSchema = z.union([z.object({ Key: oneItem }), z.object({ Item: oneItem })]);

/** The partition key of the one item a request is about: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
function leadingKey(input: JsonInput): string | undefined {
  const { data } = oneItemSchema.safeParse(input);
  if (data === undefined) return undefined;
  return 'Key' in data ? data.Key.pk.S : data.Item.pk.S;
}

function refuseUnserved(operation: string, input: JsonInput): void {
  if (!served.has(operation)) throw notServed('dynamodb', `the operation "${operation}"`);
  // dynalite fails the condition but leaves out the item: the caller would read "there is none".
  if ((input.ReturnValuesOnConditionCheckFailure ?? 'NONE') !== 'NONE') {
    throw notServed(
      'dynamodb',
      `ReturnValuesOnConditionCheckFailure of ${operation} (read the item instead)`,
    );
  }
}

/**
 * DynamoDB opens a table's key on behalf of every caller: https://github.com/aws/aws-cdk/issues/10010 shows that writing needs it, too.
 */
function keyUses(input: JsonInput, place: DynamoPlace, keys: ReadonlyMap<string, string>): Permission[] {
  return tablesOf(input)
    .map((table) => keys.get(table))
    .filter((key) => key !== undefined)
    .map((key) => keyUse('dynamodb', 'Decrypt', { key, region: place.region }));
}

/** DynamoDB over a running dynalite; `keys`: table → KMS key. */
export function dynamoService(
  server: DynaliteServer,
  place: DynamoPlace,
  keys: ReadonlyMap<string, string> = new Map(),
): Service {
  return {
    name: 'dynamodb',
    target: 'DynamoDB_20120810',
    errors: 'json',
    async handle(request) {
      const body = await readBody(request.body);
      const input = parseInput(body);
      refuseUnserved(request.operation, input);
      for (const permission of permissions(request.operation, input, place)) request.authorize(permission);
      for (const permission of keyUses(input, place, keys)) request.authorize(permission);
      return server.call(request.operation, body);
    },
  };
}

/** The input for the checks; what is no JSON object is left to dynalite, which answers as AWS does. */
function parseInput(body: Buffer): JsonInput {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as JsonInput) : {};
  } catch {
    return {};
  }
}
