/** What Belay remembers: artifacts, ledger, status queue, secrets, and the key they are encrypted with. */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { SECRETS } from '../core/contracts/set-up.ts';
import type { ArtifactKind } from '../core/keys.ts';
import { ledgerKeys } from '../core/ledger/keys.ts';
import { accept } from './accepted.ts';
import { allow, allowed, deny } from './allow.ts';
import { type Binding, variables } from './binding.ts';
import { DEAD_LETTER_RETENTION } from './dead-letters.ts';

/**
 * Stays when the stack goes, but not when its first deployment fails: then it is empty, and a key would be paid for.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
const KEPT_ONCE_USED = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/** A function's timeout times six, as AWS advises for event sources, rounded up. */
export const STATUS_VISIBILITY = Duration.minutes(6);
/**
 * How often a status message is tried before a person must look. The pauses between tries grow to ten minutes, so this is about a
 * week of GitHub being away; it is also the most that SQS takes.
 */
const STATUS_ATTEMPTS = 1000;

type KeyAction = 'Decrypt' | 'GenerateDataKey';

const LEDGER_ACTIONS = {
  get: 'GetItem',
  query: 'Query',
  put: 'PutItem',
  update: 'UpdateItem',
  remove: 'DeleteItem',
} as const;
type LedgerOperation = keyof typeof LEDGER_ACTIONS;

/** Who writes this item decides who Belay is on GitHub. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
const OF_SET_UP = { 'dynamodb:LeadingKeys': [ledgerKeys.setUp().pk] };

/** All of a kind, or those of a pattern. */
type Artifacts = ArtifactKind | `${ArtifactKind}/${string}`;

/** What of the artifacts a function touches. */
export interface ArtifactUse {
  readonly read: readonly Artifacts[];
  readonly write?: readonly Artifacts[];
  /** The bucket keeps the versions. */
  readonly remove?: readonly Artifacts[];
}

export class Stores extends Construct {
  readonly key: Key;
  readonly artifacts: Bucket;
  readonly ledger: Table;
  readonly statusQueue: Queue;
  readonly githubToken: Secret;
  readonly webhookSecret: Secret;

  constructor(scope: Construct, id: string, { retention }: Pick<Configuration, 'retention'>) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Encrypts the artifacts, ledger, queues and secrets of Belay',
      enableKeyRotation: true,
      removalPolicy: KEPT_ONCE_USED,
    });
    this.artifacts = new Bucket(this, 'Artifacts', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      removalPolicy: KEPT_ONCE_USED,
      lifecycleRules: [
        // Keys start with the repository id, so no prefix tells state and last good from old releases: only replaced
        // versions and leftovers expire by rule.
        {
          abortIncompleteMultipartUploadAfter: Duration.days(2),
          noncurrentVersionExpiration: Duration.days(retention.replacedVersions),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
    this.ledger = new Table(this, 'Ledger', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      // Protected as it is it could not be deleted after a failed first deployment either, whose rollback would fail.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const statusDeadLetters = new Queue(this, 'StatusDeadLetters', {
      queueName: 'belay-status-dead-letters.fifo',
      fifo: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.key,
      enforceSSL: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
    });
    this.statusQueue = new Queue(this, 'StatusQueue', {
      queueName: 'belay-status.fifo',
      fifo: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.key,
      enforceSSL: true,
      visibilityTimeout: STATUS_VISIBILITY,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: statusDeadLetters, maxReceiveCount: STATUS_ATTEMPTS },
    });
    this.githubToken = new Secret(this, 'GitHubToken', {
      secretName: SECRETS.app,
      description:
        'Id and private key of the GitHub App as JSON, or a fine-grained token; put your own value',
      encryptionKey: this.key,
    });
    this.webhookSecret = new Secret(this, 'WebhookSecret', {
      secretName: SECRETS.webhook,
      description: 'Secret that GitHub signs webhook deliveries with',
      encryptionKey: this.key,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    accept(this.artifacts, {
      S1: 'nobody but functions and narrowed sessions can reach it; CloudTrail data events show who did, where they are wanted',
    });
    const rotatedByPeople = 'only its owner on GitHub can make a new value: docs/set-up.md tells how';
    accept(this.githubToken, { SMG4: rotatedByPeople });
    accept(this.webhookSecret, { SMG4: rotatedByPeople });
  }

  /**
   * The key, only in the hands of a service that asks it on behalf of `to`.
   * What each asks for: DynamoDB https://github.com/aws/aws-cdk/issues/10010, S3 https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
   * SQS https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html, Secrets Manager
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
   */
  useKey(
    to: IGrantable,
    service: 'dynamodb' | 's3' | 'secretsmanager' | 'sqs',
    ...actions: KeyAction[]
  ): void {
    const via = `${service}.${Stack.of(this).region}.amazonaws.com`;
    allow(to, {
      actions: actions.map((action) => `kms:${action}`),
      resources: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': via } },
    });
  }

  /** The ledger, item by item, and only in these ways; but for what opens the set-up page. */
  useLedger(...operations: readonly LedgerOperation[]): Binding<'LEDGER_TABLE'> {
    const actions = operations.map((operation) => `dynamodb:${LEDGER_ACTIONS[operation]}`);
    const resources = [this.ledger.tableArn];
    return {
      ...variables({ LEDGER_TABLE: this.ledger.tableName }),
      grant: (fn) => {
        allow(fn, { actions, resources });
        deny(fn, { actions, resources, conditions: { 'ForAnyValue:StringEquals': OF_SET_UP } });
        this.useKey(fn, 'dynamodb', 'Decrypt');
      },
    };
  }

  /** Items of histories may be deleted: for `git-status`, which has brought them to Git. */
  removeHistory(): Binding<never> {
    return allowed({
      actions: ['dynamodb:DeleteItem'],
      resources: [this.ledger.tableArn],
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*/history/*'] } },
    });
  }

  /** Artifacts of these kinds. Listing makes a missing object a 404 instead of a 403. */
  useArtifacts({ read, write = [], remove = [] }: ArtifactUse): Binding<'ARTIFACTS_BUCKET'> {
    const of = (those: readonly Artifacts[]) =>
      those.map((one) => this.artifacts.arnForObjects(one.includes('/') ? `*/${one}` : `*/${one}/*`));
    const because = 'keys begin with the id of a repository';
    return {
      ...variables({ ARTIFACTS_BUCKET: this.artifacts.bucketName }),
      grant: (fn) => {
        allow(fn, { actions: ['s3:ListBucket'], resources: [this.artifacts.bucketArn] });
        allow(fn, { actions: ['s3:GetObject'], resources: of(read), because });
        if (write.length > 0) allow(fn, { actions: ['s3:PutObject'], resources: of(write), because });
        if (remove.length > 0) allow(fn, { actions: ['s3:DeleteObject'], resources: of(remove), because });
        this.useKey(fn, 's3', 'Decrypt', ...(write.length > 0 ? (['GenerateDataKey'] as const) : []));
      },
    };
  }

  /** The key jobs encrypt state with. */
  useKeyArn(): Binding<'ARTIFACTS_KEY_ARN'> {
    return variables({ ARTIFACTS_KEY_ARN: this.key.keyArn });
  }

  /** The status queue, to say that something changed. */
  useStatusQueue(): Binding<'STATUS_QUEUE_URL'> {
    return {
      ...variables({ STATUS_QUEUE_URL: this.statusQueue.queueUrl }),
      grant: (fn) => {
        allow(fn, { actions: ['sqs:SendMessage'], resources: [this.statusQueue.queueArn] });
        this.useKey(fn, 'sqs', 'Decrypt', 'GenerateDataKey');
      },
    };
  }

  /**
   * The status queue, for who consumes it: Lambda polls with the function's role, and the function puts messages off.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  useStatusMessages(): Binding<'STATUS_QUEUE_URL'> {
    return {
      ...variables({ STATUS_QUEUE_URL: this.statusQueue.queueUrl }),
      grant: (fn) => {
        const polling = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
        allow(fn, {
          actions: [...polling, 'sqs:ChangeMessageVisibility'],
          resources: [this.statusQueue.queueArn],
        });
        this.useKey(fn, 'sqs', 'Decrypt');
      },
    };
  }

  useGitHubToken(): Binding<'GITHUB_TOKEN_SECRET'> {
    return {
      ...variables({ GITHUB_TOKEN_SECRET: this.githubToken.secretArn }),
      grant: (fn) => this.#readSecret(fn, this.githubToken),
    };
  }

  useWebhookSecret(): Binding<'WEBHOOK_SECRET'> {
    return {
      ...variables({ WEBHOOK_SECRET: this.webhookSecret.secretArn }),
      grant: (fn) => this.#readSecret(fn, this.webhookSecret),
    };
  }

  /** For `set-up`: its own item of the ledger, and the two secrets that it fills without ever reading them. */
  useSetUp(): Binding<'LEDGER_TABLE' | 'SET_UP_APP_SECRET' | 'SET_UP_WEBHOOK_SECRET'> {
    const filled = [this.githubToken, this.webhookSecret].map(({ secretArn }) => secretArn);
    return {
      ...variables({
        LEDGER_TABLE: this.ledger.tableName,
        SET_UP_APP_SECRET: this.githubToken.secretArn,
        SET_UP_WEBHOOK_SECRET: this.webhookSecret.secretArn,
      }),
      grant: (fn) => {
        allow(fn, {
          actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
          resources: [this.ledger.tableArn],
          conditions: { 'ForAllValues:StringEquals': OF_SET_UP },
        });
        this.useKey(fn, 'dynamodb', 'Decrypt');
        allow(fn, { actions: ['secretsmanager:PutSecretValue'], resources: filled });
        this.useKey(fn, 'secretsmanager', 'Decrypt', 'GenerateDataKey');
      },
    };
  }

  #readSecret(to: IGrantable, secret: ISecret): void {
    allow(to, { actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] });
    this.useKey(to, 'secretsmanager', 'Decrypt');
  }

  /** Secrets of the users' repositories, `belay/<owner>/<name>/…`, which people create by hand. */
  useRepositorySecrets(): Binding<never> {
    return allowed({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [
        Stack.of(this).formatArn({
          service: 'secretsmanager',
          resource: 'secret',
          resourceName: 'belay/*',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      because: 'people create them later; which of them a job gets its proven spec decides',
    });
  }
}
