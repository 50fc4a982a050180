/** Reads what keeps data: buckets, tables, queues and secrets. */
import { z } from 'zod';
import { policyDocumentSchema } from '../iam/policy.ts';
import { readTable, type TableDefinition } from '../wire/dynamodb/table-definition.ts';
import type { BucketDefinition } from '../wire/s3/bucket.ts';
import type { StackQueue, StackSecret } from './model.ts';
import type { Resolver } from './resolve.ts';
import { attributeOf, ignored, readAll, referenceTo } from './schema.ts';

const bucketSchema = z.strictObject({
  BucketName: ignored,
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.array(
        z.object({
          BucketKeyEnabled: z.boolean().optional(),
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
  return readAll(resolver, { type: 'AWS::S3::Bucket', schema: bucketSchema }, (properties, resource) => {
    const [rule] = properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
    const kmsKeyArn = rule?.ServerSideEncryptionByDefault?.KMSMasterKeyID;
    const versioned = properties.VersioningConfiguration?.Status === 'Enabled';
    const encryption =
      kmsKeyArn === undefined ? {} : { kmsKeyArn, bucketKey: rule?.BucketKeyEnabled === true };
    return { name: resource.name, versioned, ...encryption };
  });
}

/** The tables. */
export function readTables(resolver: Resolver): TableDefinition[] {
  return resolver
    .resourcesOf('AWS::DynamoDB::Table')
    .map((resource) => readTable({ ...resolver.properties(resource), TableName: resource.name }));
}

const queueSchema = z.strictObject({
  ContentBasedDeduplication: z.boolean().optional(),
  DelaySeconds: z.int().optional(),
  FifoQueue: z.literal(true).optional(),
  MessageRetentionPeriod: z.int().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }).optional(),
  VisibilityTimeout: z.int().optional(),
  QueueName: ignored,
  KmsDataKeyReusePeriodSeconds: ignored,
  KmsMasterKeyId: z.string().optional(),
  RedriveAllowPolicy: ignored,
  SqsManagedSseEnabled: ignored,
  Tags: ignored,
});
const queuePolicySchema = z.strictObject({
  Queues: z.array(z.string()),
  PolicyDocument: policyDocumentSchema,
});

/** The queues with their policies. */
export function readQueues(resolver: Resolver): StackQueue[] {
  const policyReader = { type: 'AWS::SQS::QueuePolicy', schema: queuePolicySchema };
  const policies = readAll(resolver, policyReader, (properties) => properties);
  return readAll(resolver, { type: 'AWS::SQS::Queue', schema: queueSchema }, (properties, resource) => {
    const url = referenceTo(resolver, resource);
    const { ContentBasedDeduplication, VisibilityTimeout, DelaySeconds, MessageRetentionPeriod } = properties;
    const { KmsMasterKeyId: kmsKeyArn } = properties;
    const { deadLetterTargetArn, maxReceiveCount } = properties.RedrivePolicy ?? {};
    return {
      name: resource.name,
      arn: attributeOf(resolver, resource, 'Arn'),
      url,
      fifo: properties.FifoQueue === true,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
      ...(ContentBasedDeduplication === undefined
        ? {}
        : { contentBasedDeduplication: ContentBasedDeduplication }),
      ...(VisibilityTimeout === undefined ? {} : { visibilityTimeoutSeconds: VisibilityTimeout }),
      ...(DelaySeconds === undefined ? {} : { delaySeconds: DelaySeconds }),
      ...(MessageRetentionPeriod === undefined ? {} : { retentionSeconds: MessageRetentionPeriod }),
      ...(deadLetterTargetArn === undefined || maxReceiveCount === undefined
        ? {}
        : { redrive: { dlq: deadLetterTargetArn.split(':').at(-1) ?? '', maxReceiveCount } }),
      policy: policies
        .filter(({ Queues }) => Queues.includes(url))
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    };
  });
}

const secretSchema = z.strictObject({
  Name: ignored,
  Description: ignored,
  KmsKeyId: z.string().optional(),
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
export function readSecrets(resolver: Resolver): StackSecret[] {
  const reader = { type: 'AWS::SecretsManager::Secret', schema: secretSchema };
  return readAll(
    resolver,
    reader,
    ({ SecretString, GenerateSecretString: generate, KmsKeyId }, resource) => ({
      name: resource.name,
      ...(KmsKeyId === undefined ? {} : { kmsKeyArn: KmsKeyId }),
      value: SecretString,
      generate: generate && {
        length: generate.PasswordLength,
        template: generate.SecretStringTemplate,
        key: generate.GenerateStringKey,
      },
    }),
  );
}
