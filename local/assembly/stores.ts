/** Reads what keeps data: buckets, tables, queues and secrets. */
import { z } from 'zod';
import { type PolicyDocument, policyDocumentSchema } from '../iam/policy.ts';
import type { BucketDefinition, QueueDefinition, SecretDefinition, TableDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { attributeOf, ignored, readAll, referenceTo } from './schema.ts';

const bucketSchema = z.strictObject({
  BucketName: ignored,
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.array(
        z.object({
          ServerSideEncryptionByDefault: z.object({ KMSMasterKeyID: z.string().optional() }).optional(),
        }),
      ),
    })
    .optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  AccessControl: ignored,
  LifecycleConfiguration: ignored,
  LoggingConfiguration: ignored,
  OwnershipControls: ignored,
  PublicAccessBlockConfiguration: ignored,
  Tags: ignored,
});

/** The buckets; lifecycle rules are left to AWS, the twin's owner deletes the state directory. */
export function readBuckets(resolver: Resolver): BucketDefinition[] {
  return readAll(resolver, { type: 'AWS::S3::Bucket', schema: bucketSchema }, (properties, resource) => ({
    name: resource.name,
    versioned: properties.VersioningConfiguration?.Status === 'Enabled',
    kmsKeyArn:
      properties.BucketEncryption?.ServerSideEncryptionConfiguration[0]?.ServerSideEncryptionByDefault
        ?.KMSMasterKeyID,
  }));
}

const tableSchema = z.strictObject({
  TableName: ignored,
  KeySchema: z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  BillingMode: ignored,
  DeletionProtectionEnabled: ignored,
  PointInTimeRecoverySpecification: ignored,
  SSESpecification: ignored,
  Tags: ignored,
});

/** The tables. */
export function readTables(resolver: Resolver): TableDefinition[] {
  return readAll(resolver, { type: 'AWS::DynamoDB::Table', schema: tableSchema }, (properties, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
    keySchema: properties.KeySchema,
    attributes: properties.AttributeDefinitions,
    timeToLive: properties.TimeToLiveSpecification?.AttributeName,
  }));
}

/** Properties that are attributes of the same name in SQS's API. */
const queueAttributes = {
  ContentBasedDeduplication: z.boolean().optional(),
  DeduplicationScope: z.string().optional(),
  DelaySeconds: z.int().optional(),
  FifoQueue: z.literal(true).optional(),
  FifoThroughputLimit: z.string().optional(),
  MaximumMessageSize: z.int().optional(),
  MessageRetentionPeriod: z.int().optional(),
  ReceiveMessageWaitTimeSeconds: z.int().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }).optional(),
  VisibilityTimeout: z.int().optional(),
};
const queueSchema = z.strictObject({
  ...queueAttributes,
  QueueName: ignored,
  KmsDataKeyReusePeriodSeconds: ignored,
  KmsMasterKeyId: ignored,
  RedriveAllowPolicy: ignored,
  SqsManagedSseEnabled: ignored,
  Tags: ignored,
});
const queuePolicySchema = z.strictObject({
  Queues: z.array(z.string()),
  PolicyDocument: policyDocumentSchema,
});

/** The queues with their policies. */
export function readQueues(resolver: Resolver): QueueDefinition[] {
  const policyReader = { type: 'AWS::SQS::QueuePolicy', schema: queuePolicySchema };
  const policies = readAll(resolver, policyReader, ({ Queues, PolicyDocument }) => ({
    Queues,
    document: PolicyDocument as PolicyDocument,
  }));
  return readAll(resolver, { type: 'AWS::SQS::Queue', schema: queueSchema }, (properties, resource) => {
    const url = referenceTo(resolver, resource);
    const attributes = Object.entries(properties)
      .filter(([name, value]) => name in queueAttributes && value !== undefined)
      .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]);
    return {
      name: resource.name,
      arn: attributeOf(resolver, resource, 'Arn'),
      url,
      attributes: Object.fromEntries(attributes),
      policy: policies
        .filter(({ Queues }) => Queues.includes(url))
        .flatMap(({ document }) => document.Statement),
    };
  });
}

const secretSchema = z.strictObject({
  Name: ignored,
  Description: ignored,
  KmsKeyId: ignored,
  Tags: ignored,
  SecretString: z.string().optional(),
  GenerateSecretString: z
    .object({
      PasswordLength: z.int().default(32),
      SecretStringTemplate: z.string().optional(),
      GenerateStringKey: z.string().optional(),
    })
    .optional(),
});

/** The secrets. */
export function readSecrets(resolver: Resolver): SecretDefinition[] {
  const reader = { type: 'AWS::SecretsManager::Secret', schema: secretSchema };
  return readAll(resolver, reader, ({ SecretString, GenerateSecretString: generate }, resource) => ({
    name: resource.name,
    arn: referenceTo(resolver, resource),
    value: SecretString,
    generate: generate && {
      length: generate.PasswordLength,
      template: generate.SecretStringTemplate,
      key: generate.GenerateStringKey,
    },
  }));
}
