/** Time to live: what DynamoDB does in the background within days, the twin does when it is asked to. */
import type { Clock } from '../clock.ts';
import type { DynaliteServer } from './dynalite-server.ts';
import type { TableDefinition } from './table-definition.ts';

type Item = Record<string, { N?: string }>;

/** Deletes the expired items of every table that has a time to live; answers how many. `signal` ends it early. Call it at the twin's start. */
export async function deleteExpiredItems(
  server: DynaliteServer,
  clock: Clock,
  signal?: AbortSignal,
): Promise<number> {
  let deleted = 0;
  for (const table of server.tables) {
    if (table.timeToLiveAttribute === undefined) continue;
    const expiry = { attribute: table.timeToLiveAttribute, now: clock.now(), signal };
    deleted += await expireTable(server, table, expiry);
  }
  return deleted;
}

async function expireTable(
  server: DynaliteServer,
  table: TableDefinition,
  { attribute, now, signal }: { attribute: string; now: number; signal: AbortSignal | undefined },
): Promise<number> {
  const condition = {
    ExpressionAttributeNames: { '#ttl': attribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
  };
  let deleted = 0;
  let start: unknown;
  do {
    if (signal?.aborted) return deleted;
    const scan = {
      TableName: table.name,
      FilterExpression: '#ttl < :now',
      ExclusiveStartKey: start,
      ...condition,
    };
    const page = await callJson(server, 'Scan', scan);
    for (const item of (page.Items ?? []) as Item[]) {
      if (signal?.aborted) return deleted;
      const Key = Object.fromEntries(table.key.map((name) => [name, item[name]]));
      // An item may have been renewed since the scan.
      const remove = { TableName: table.name, Key, ConditionExpression: '#ttl < :now', ...condition };
      const { status } = await server.call('DeleteItem', JSON.stringify(remove));
      if (status === 200) deleted++;
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return deleted;
}

async function callJson(server: DynaliteServer, operation: string, input: object) {
  const { status, body } = await server.call(operation, JSON.stringify(input));
  if (status !== 200) throw new Error(`Expiring items, ${operation}: ${body}`);
  return JSON.parse(body.toString()) as { Items?: unknown; LastEvaluatedKey?: unknown };
}
