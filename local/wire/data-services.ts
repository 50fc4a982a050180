/** Opens everything in the twin that holds data (S3, SQS, DynamoDB, secrets) in one folder, as services for the gateway. */
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { type DynaliteServer, startDynalite } from './dynamodb/dynalite-server.ts';
import { dynamoService } from './dynamodb/dynamodb-service.ts';
import { deleteExpiredItems } from './dynamodb/expiry.ts';
import type { TableDefinition } from './dynamodb/table-definition.ts';
import type { Principals } from './principals.ts';
import type { BucketDefinition } from './s3/bucket.ts';
import { ObjectStore } from './s3/object-store.ts';
import { s3Service } from './s3/s3-service.ts';
import { type SecretDefinition, SecretStore } from './secrets/secret-store.ts';
import { secretsService } from './secrets/secrets-service.ts';
import type { Service } from './service.ts';
import type { QueueDefinition } from './sqs/queue.ts';
import { Queues } from './sqs/queues.ts';
import { sqsService } from './sqs/sqs-service.ts';
import { stsService } from './sts/sts-service.ts';

/** What the synthesized templates ask for, and where it is kept. */
export interface DataOptions {
  /** The twin's state directory; what is in it from earlier processes is served again. */
  readonly folder: string;
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  readonly principals: Principals;
  readonly buckets: readonly BucketDefinition[];
  readonly queues: readonly QueueDefinition[];
  /** From readTable. */
  readonly tables: readonly TableDefinition[];
  readonly secrets: readonly SecretDefinition[];
}

/** The open stores: their services for the gateway, and themselves for direct use within the twin. */
export interface DataServices {
  readonly services: readonly Service[];
  readonly objects: ObjectStore;
  readonly queues: Queues;
  readonly dynamo: DynaliteServer;
  readonly secrets: SecretStore;
  /** Closes all files; close the gateway first, so that no request is at work on them. */
  close(): Promise<void>;
}

/** Opens the stores and deletes what expired while no twin was running. */
export async function openDataServices(options: DataOptions): Promise<DataServices> {
  const { folder, accountId, region, clock, principals } = options;
  const place = { accountId, region };
  const dynamo = await startDynalite(join(folder, 'dynamodb'), options.tables);
  try {
    await deleteExpiredItems(dynamo, clock);
    const objects = new ObjectStore(join(folder, 's3'), options.buckets, clock);
    const secrets = new SecretStore(options.secrets, { folder: join(folder, 'secrets'), ...place });
    const queues = new Queues(options.queues, { folder: join(folder, 'sqs'), clock, ...place });
    const services = [
      s3Service(objects),
      sqsService(queues),
      dynamoService(dynamo, place),
      secretsService(secrets, clock),
      stsService(principals),
    ];
    const close = async () => {
      queues.close();
      await dynamo.close();
    };
    return { services, objects, queues, dynamo, secrets, close };
  } catch (error) {
    await dynamo.close();
    throw error;
  }
}
