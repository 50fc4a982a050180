/** dynalite in this process: started with the twin's tables, spoken to by the gateway and by expiry. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import dynalite from 'dynalite';
import './quick-reads.ts';
import type { TableDefinition } from './table-definition.ts';

/** DynamoDB's answer to one call, as it came. */
export interface DynamoResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A running dynalite. */
export interface DynaliteServer {
  readonly tables: readonly TableDefinition[];
  /** Sends one operation with its JSON body. */
  call(operation: string, body: string | Buffer): Promise<DynamoResponse>;
  /** Lets the running operations end, then closes the files. */
  close(): Promise<void>;
}

/** dynalite wants requests to look signed, but verifies nothing. */
const signatureLike = {
  'content-type': 'application/x-amz-json-1.0',
  authorization:
    'AWS4-HMAC-SHA256 Credential=twin/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  'x-amz-date': '20260101T000000Z',
};

/** Starts dynalite over the files in `folder` and creates the tables that are not there yet. */
export async function startDynalite(
  folder: string,
  tables: readonly TableDefinition[],
): Promise<DynaliteServer> {
  const server = dynalite({ path: folder, createTableMs: 0 });
  // Nobody speaks to the port: dynalite closes its files only when it closes one.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  const pending = new Set<Promise<unknown>>();

  function call(operation: string, body: string | Buffer): Promise<DynamoResponse> {
    const answer = exchange(operation, body);
    pending.add(answer);
    const forget = () => void pending.delete(answer);
    answer.then(forget, forget);
    return answer;
  }

  /** Without a socket between: half of what a call costs, and there are tens of thousands in a day's work. */
  function exchange(operation: string, body: string | Buffer): Promise<DynamoResponse> {
    return new Promise((resolve) => {
      const headers = { ...signatureLike, 'x-amz-target': `DynamoDB_20120810.${operation}` };
      const request = Object.assign(new EventEmitter(), { method: 'POST', url: '/', headers });
      const response = {
        statusCode: 200,
        headers: {} as Record<string, string>,
        setHeader(name: string, value: unknown) {
          this.headers[name.toLowerCase()] = String(value);
        },
        end(text: string) {
          const kept = ['content-type', 'x-amz-crc32'].map((name) => [name, this.headers[name] ?? '']);
          resolve({
            status: this.statusCode,
            headers: Object.fromEntries(kept),
            body: Buffer.from(text),
          });
        },
      };
      server.emit('request', request, response);
      request.emit('data', Buffer.from(body));
      request.emit('end');
    });
  }

  async function close(): Promise<void> {
    await Promise.allSettled(pending);
    await new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
    });
  }

  try {
    for (const table of tables) await createTable(call, table);
  } catch (error) {
    await close();
    throw error;
  }
  return { tables, call, close };
}

async function createTable(call: DynaliteServer['call'], table: TableDefinition): Promise<void> {
  const { status, body } = await call('CreateTable', JSON.stringify(table.create));
  const answer = body.toString();
  // A table of an earlier process is kept with its items.
  if (status !== 200 && !answer.includes('ResourceInUseException'))
    throw new Error(`Creating the DynamoDB table "${table.name}" in dynalite: ${answer}`);
  // Until it is active, a moment later, operations do not find it.
  while (!(await isActive(call, table.name))) await sleep(1);
}

async function isActive(call: DynaliteServer['call'], name: string): Promise<boolean> {
  const { status, body } = await call('DescribeTable', JSON.stringify({ TableName: name }));
  if (status !== 200) throw new Error(`Looking for the DynamoDB table "${name}" in dynalite: ${body}`);
  return (JSON.parse(body.toString()) as { Table: { TableStatus: string } }).Table.TableStatus === 'ACTIVE';
}
