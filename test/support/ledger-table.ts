/** A ledger table in a DynamoDB stand-in on this machine, for tests of what talks to DynamoDB. */
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The package has no types. */
const dynalite: (options: { createTableMs: number }) => Server = createRequire(import.meta.url)('dynalite');

export interface LedgerTable {
  readonly name: string;
  readonly client: DynamoDBClient;
  stop(): Promise<void>;
}

/** An empty table with the ledger's key. */
export async function startLedgerTable(): Promise<LedgerTable> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const name = 'ledger';
  const strings = ['pk', 'sk'] as const;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: strings.map((one) => ({ AttributeName: one, AttributeType: 'S' })),
    }),
  );
  return {
    name,
    client,
    async stop() {
      client.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
