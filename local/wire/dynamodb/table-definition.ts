/** Tables as the synthesized templates describe them (AWS::DynamoDB::Table), read for CreateTable and expiry. */
import * as z from 'zod';

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const projection = z.strictObject({
  ProjectionType: z.string(),
  NonKeyAttributes: z.array(z.string()).optional(),
});
const index = z.strictObject({ IndexName: z.string(), KeySchema: keySchema, Projection: projection });

/**
 * Properties of AWS::DynamoDB::Table. What a local store has no need of (backups, tags, protection) may
 * stand there; a property that would change what callers see and is not served (streams, imports) is refused.
 */
const tableProperties = z.strictObject({
  TableName: z.string(),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  SSESpecification: z.object({ KMSMasterKeyId: z.string().optional() }).optional(),
  PointInTimeRecoverySpecification: z.unknown().optional(),
  DeletionProtectionEnabled: z.unknown().optional(),
  ContributorInsightsSpecification: z.unknown().optional(),
  TableClass: z.unknown().optional(),
  Tags: z.unknown().optional(),
});

/** A table the twin makes at its start. */
export interface TableDefinition {
  readonly name: string;
  /** Input of CreateTable. */
  readonly create: Readonly<Record<string, unknown>>;
  /** Names of the primary key's attributes. */
  readonly key: readonly string[];
  /** Number attribute with the second after which an item is expired. */
  readonly timeToLiveAttribute: string | undefined;
  /** Key that encrypts it: every caller then needs kms:Decrypt too. */
  readonly kmsKeyArn?: string | undefined;
}

/** Reads the resolved properties of an AWS::DynamoDB::Table; throws an error that names what the twin cannot serve. */
export function readTable(properties: unknown): TableDefinition {
  const result = tableProperties.safeParse(properties);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'table'}: ${message}`,
    );
    throw new Error(`Creating a DynamoDB table: the local twin cannot serve it. ${problems.join('; ')}`);
  }
  const table = result.data;
  const { TableName, AttributeDefinitions, KeySchema, BillingMode } = table;
  const { GlobalSecondaryIndexes, LocalSecondaryIndexes, TimeToLiveSpecification } = table;
  return {
    name: TableName,
    create: {
      TableName,
      AttributeDefinitions,
      KeySchema,
      BillingMode,
      GlobalSecondaryIndexes,
      LocalSecondaryIndexes,
    },
    key: KeySchema.map(({ AttributeName }) => AttributeName),
    kmsKeyArn: table.SSESpecification?.KMSMasterKeyId,
    timeToLiveAttribute: TimeToLiveSpecification?.Enabled ? TimeToLiveSpecification.AttributeName : undefined,
  };
}
