/** What Belay remembers: artifacts, ledger, status queue, secrets, and the key they are encrypted with. */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { accept } from './accepted.ts';
import { allow, allowed } from './allow.ts';
import { type Binding, variables } from './binding.ts';

/** Replaced versions (above all of state files) are kept this long for recovery. */
const REPLACED_VERSION_RETENTION = Duration.days(365);
/** A function's timeout times six, as AWS advises for event sources, rounded up. */
export const STATUS_VISIBILITY = Duration.minutes(6);
/**
 * How often a status message is tried before a person must look. The pauses between tries grow to ten minutes, so this is about a
 * week of GitHub being away; it is also the most that SQS takes.
 */
const STATUS_ATTEMPTS = 1000;

type KeyAction = 'Decrypt' | 'GenerateDataKey';
const READING = ['Decrypt'] as const;
const READING_AND_WRITING = ['Decrypt', 'GenerateDataKey'] as const;

/** Why objects are named by a pattern. */
const MADE_AT_RUN_TIME = 'keys begin with the id of a repository';

export class Stores extends Construct {
  readonly key: Key;
  readonly artifacts: Bucket;
  readonly ledger: Table;
  readonly statusQueue: Queue;
  readonly githubToken: Secret;
  readonly webhookSecret: Secret;
  readonly setUpSecret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Encrypts the artifacts, ledger, queues and secrets of Belay',
      enableKeyRotation: true,
    });
    this.artifacts = new Bucket(this, 'Artifacts', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        // Keys start with the repository id, so no prefix tells state and last good from old releases: only replaced
        // versions and leftovers expire by rule.
        {
          abortIncompleteMultipartUploadAfter: Duration.days(2),
          noncurrentVersionExpiration: REPLACED_VERSION_RETENTION,
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
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const statusDeadLetters = new Queue(this, 'StatusDeadLetters', {
      fifo: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.statusQueue = new Queue(this, 'StatusQueue', {
      fifo: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.key,
      enforceSSL: true,
      visibilityTimeout: STATUS_VISIBILITY,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: statusDeadLetters, maxReceiveCount: STATUS_ATTEMPTS },
    });
    this.githubToken = new Secret(this, 'GitHubToken', {
      secretName: 'belay-pipeline/github-token',
      description:
        'Id and private key of the GitHub App as JSON, or a fine-grained token; put your own value',
      encryptionKey: this.key,
    });
    this.webhookSecret = new Secret(this, 'WebhookSecret', {
      secretName: 'belay-pipeline/webhook-secret',
      description: 'Secret that GitHub signs webhook deliveries with',
      encryptionKey: this.key,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    this.setUpSecret = new Secret(this, 'SetUpSecret', {
      secretName: 'belay-pipeline/set-up',
      description: 'One-time code of the set-up page; afterwards, that it is off',
      encryptionKey: this.key,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    accept(this.artifacts, {
      S1: 'nobody but functions and narrowed sessions can reach it; CloudTrail data events show who did, where they are wanted',
    });
    const rotatedByPeople = 'only its owner on GitHub can make a new value: docs/set-up.md tells how';
    accept(this.githubToken, { SMG4: rotatedByPeople });
    accept(this.webhookSecret, { SMG4: rotatedByPeople });
    accept(this.setUpSecret, { SMG4: 'it is used once, and overwritten by who uses it' });
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

  /** The ledger, read and written item by item. */
  useLedger(): Binding<'LEDGER_TABLE'> {
    return {
      ...variables({ LEDGER_TABLE: this.ledger.tableName }),
      grant: (fn) => {
        this.ledger.grant(
          fn,
          'dynamodb:GetItem',
          'dynamodb:PutItem',
          'dynamodb:UpdateItem',
          'dynamodb:Query',
        );
        this.useKey(fn, 'dynamodb', 'Decrypt');
      },
    };
  }

  /** As `useLedger`, and items may be deleted: for the sweep, which forgets what has ended, and where targets are renamed. */
  useLedgerWithRemoval(): Binding<'LEDGER_TABLE'> {
    return this.#useLedgerAndRemove({});
  }

  /** As `useLedger`, and items of histories may be deleted: for `git-status`, which has brought them to Git. */
  useLedgerWithRemovalOfHistory(): Binding<'LEDGER_TABLE'> {
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    const conditions = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*/history/*'] } };
    return this.#useLedgerAndRemove(conditions);
  }

  #useLedgerAndRemove(conditions: Record<string, unknown>): Binding<'LEDGER_TABLE'> {
    const ledger = this.useLedger();
    return {
      ...ledger,
      grant: (fn) => {
        ledger.grant(fn);
        allow(fn, { actions: ['dynamodb:DeleteItem'], resources: [this.ledger.tableArn], conditions });
      },
    };
  }

  /** The artifacts bucket, to read or to read and write. Listing makes a missing object a 404 instead of a 403. */
  useArtifacts(access: 'read' | 'read-write'): Binding<'ARTIFACTS_BUCKET'> {
    return {
      ...variables({ ARTIFACTS_BUCKET: this.artifacts.bucketName }),
      grant: (fn) => {
        allow(fn, { actions: ['s3:ListBucket'], resources: [this.artifacts.bucketArn] });
        allow(fn, {
          actions: access === 'read' ? ['s3:GetObject'] : ['s3:GetObject', 's3:PutObject'],
          resources: [this.artifacts.arnForObjects('*')],
          because: MADE_AT_RUN_TIME,
        });
        this.useKey(fn, 's3', ...(access === 'read' ? READING : READING_AND_WRITING));
      },
    };
  }

  /** As read-write, and objects whose keys match may be removed; the bucket keeps their versions. */
  useArtifactsWithRemoval(...patterns: string[]): Binding<'ARTIFACTS_BUCKET'> {
    const artifacts = this.useArtifacts('read-write');
    return {
      ...artifacts,
      grant: (fn) => {
        artifacts.grant(fn);
        allow(fn, {
          actions: ['s3:DeleteObject'],
          resources: patterns.map((pattern) => this.artifacts.arnForObjects(pattern)),
          because: MADE_AT_RUN_TIME,
        });
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
        this.useKey(fn, 'sqs', ...READING_AND_WRITING);
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

  /** For `set-up`: it reads its own secret alone, and fills the two others without ever reading them. */
  useSetUp(): Binding<'SET_UP_SECRET' | 'SET_UP_APP_SECRET' | 'SET_UP_WEBHOOK_SECRET'> {
    const filled = [this.setUpSecret, this.githubToken, this.webhookSecret];
    return {
      ...variables({
        SET_UP_SECRET: this.setUpSecret.secretArn,
        SET_UP_APP_SECRET: this.githubToken.secretArn,
        SET_UP_WEBHOOK_SECRET: this.webhookSecret.secretArn,
      }),
      grant: (fn) => {
        this.#readSecret(fn, this.setUpSecret);
        allow(fn, {
          actions: ['secretsmanager:PutSecretValue'],
          resources: filled.map(({ secretArn }) => secretArn),
        });
        this.useKey(fn, 'secretsmanager', 'GenerateDataKey');
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
