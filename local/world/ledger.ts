/** Reads the ledger and other tables of the twin directly, for people; no function and no permission is involved. */
import type { DynaliteServer } from '../wire/dynamodb/dynalite-server.ts';

/** An attribute value as DynamoDB writes it: one member naming its type. */
type Attribute = Readonly<Record<string, unknown>>;
/** An item with plain values; string sets are `Set`s. */
export type Item = Readonly<Record<string, unknown>>;

/** Items of a partition whose sort key starts with `prefix`, in its order. */
export function queryItems(
  server: DynaliteServer,
  { table, pk, prefix }: { table: string; pk: string; prefix: string },
): Promise<Item[]> {
  return pages(server, 'Query', {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: prefix } },
  });
}

/** All items with this sort key, of every partition. */
export function scanItems(
  server: DynaliteServer,
  { table, sk }: { table: string; sk: string },
): Promise<Item[]> {
  return pages(server, 'Scan', {
    TableName: table,
    ConsistentRead: true,
    FilterExpression: 'sk = :sk',
    ExpressionAttributeValues: { ':sk': { S: sk } },
  });
}

async function pages(server: DynaliteServer, operation: string, input: object): Promise<Item[]> {
  const items: Item[] = [];
  let from: unknown;
  do {
    const request = { ...input, ...(from === undefined ? {} : { ExclusiveStartKey: from }) };
    const { status, body } = await server.call(operation, JSON.stringify(request));
    if (status !== 200) throw new Error(`reading the ledger: ${body.toString('utf8')}`);
    const answer = JSON.parse(body.toString('utf8')) as {
      Items: Record<string, Attribute>[];
      LastEvaluatedKey?: unknown;
    };
    items.push(...answer.Items.map(plainItem));
    from = answer.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}

function plainItem(item: Readonly<Record<string, Attribute>>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, attribute]) => [name, plain(attribute)]));
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html */
function plain(attribute: Attribute): unknown {
  const [[type, value] = ['', undefined]] = Object.entries(attribute);
  switch (type) {
    case 'N':
      return Number(value);
    case 'NULL':
      return null;
    case 'L':
      return (value as Attribute[]).map(plain);
    case 'M':
      return plainItem(value as Record<string, Attribute>);
    case 'SS':
      return new Set(value as string[]);
    case 'NS':
      return new Set((value as string[]).map(Number));
    default:
      return value;
  }
}
