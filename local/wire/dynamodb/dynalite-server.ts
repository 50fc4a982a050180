/** dynalite on a port of its own: started with the twin's tables, spoken to by the gateway and by expiry. */
import { Agent, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { readBody } from '../json-service.ts';
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
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });

  const pending = new Set<Promise<unknown>>();

  function call(operation: string, body: string | Buffer): Promise<DynamoResponse> {
    const answer = exchange(operation, body);
    pending.add(answer);
    const forget = () => void pending.delete(answer);
    answer.then(forget, forget);
    return answer;
  }

  function exchange(operation: string, body: string | Buffer): Promise<DynamoResponse> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...signatureLike,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'content-length': Buffer.byteLength(body),
      };
      const outgoing = httpRequest(
        { host: '127.0.0.1', port, method: 'POST', agent, headers },
        (response) => {
          const kept = ['content-type', 'x-amz-crc32'].map((name) => [
            name,
            String(response.headers[name] ?? ''),
          ]);
          const status = response.statusCode ?? 500;
          readBody(response).then(
            (bytes) => resolve({ status, headers: Object.fromEntries(kept), body: bytes }),
            reject,
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async function close(): Promise<void> {
    // dynalite throws, uncaught, when a connection breaks under a request.
    await Promise.allSettled(pending);
    agent.destroy();
    const closed = new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
    });
    server.closeAllConnections();
    await closed;
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
  if (status !== 200 && !answer.includes('ResourceInUseException')) {
    throw new Error(`Creating the DynamoDB table "${table.name}" in dynalite: ${answer}`);
  }
  // Until it is active, nothing can be read from it.
  const description = JSON.stringify({ TableName: table.name });
  while (!(await call('DescribeTable', description)).body.toString().includes('"TableStatus":"ACTIVE"')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
