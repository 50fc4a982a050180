/** What Belay remembers: artifacts, ledger, status queue, secrets, and the key they are encrypted with. */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { SECRETS } from '../core/contracts/set-up.ts';
import { type Binding, permission, variables } from './binding.ts';
import { DEAD_LETTER_RETENTION } from './dead-letters.ts';

/** A function's timeout times six, as AWS advises for event sources, rounded up. */
export const STATUS_VISIBILITY = Duration.minutes(6);
/**
 * How often a status message is tried before a person must look. The pauses between tries grow to ten minutes, so this is about a
 * week of GitHub being away; it is also the most that SQS takes.
 */
const STATUS_ATTEMPTS = 1000;

export class Stores extends Construct {
  readonly key: Key;
  readonly artifacts: Bucket;
  readonly ledger: Table;
  readonly statusQueue: Queue;
  readonly githubToken: Secret;
  readonly webhookSecret: Secret;
  /** Only where there is the page that uses it: a secret costs as much as all else that is idle, but the key. */
  readonly setUpSecret: Secret | undefined;

  constructor(
    scope: Construct,
    id: string,
    { retention, github }: Pick<Configuration, 'github' | 'retention'>,
  ) {
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
    if (!github.setUpPage) return;
    this.setUpSecret = new Secret(this, 'SetUpSecret', {
      secretName: SECRETS.setUp,
      description: 'One-time code of the set-up page; afterwards, that it is off',
      encryptionKey: this.key,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
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
        this.key.grantEncryptDecrypt(fn);
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
        const [actions, resources] = [['dynamodb:DeleteItem'], [this.ledger.tableArn]];
        fn.addToRolePolicy(new PolicyStatement({ actions, resources, conditions }));
      },
    };
  }

  /** The artifacts bucket, to read or to read and write. Listing makes a missing object a 404 instead of a 403. */
  useArtifacts(access: 'read' | 'read-write'): Binding<'ARTIFACTS_BUCKET'> {
    return {
      ...variables({ ARTIFACTS_BUCKET: this.artifacts.bucketName }),
      grant: (fn) => {
        fn.addToRolePolicy(
          new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.artifacts.bucketArn] }),
        );
        fn.addToRolePolicy(
          new PolicyStatement({
            actions: access === 'read' ? ['s3:GetObject'] : ['s3:GetObject', 's3:PutObject'],
            resources: [this.artifacts.arnForObjects('*')],
          }),
        );
        if (access === 'read') this.key.grantDecrypt(fn);
        else this.key.grantEncryptDecrypt(fn);
      },
    };
  }

  /** As read, and the timelines of releases may be written. */
  useArtifactsAndTimelines(): Binding<'ARTIFACTS_BUCKET'> {
    const artifacts = this.useArtifacts('read');
    return {
      ...artifacts,
      grant: (fn) => {
        artifacts.grant(fn);
        const resources = [this.artifacts.arnForObjects('*/releases/*/timeline.html')];
        fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources }));
        this.key.grantEncrypt(fn);
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
        fn.addToRolePolicy(
          new PolicyStatement({
            actions: ['s3:DeleteObject'],
            resources: patterns.map((pattern) => this.artifacts.arnForObjects(pattern)),
          }),
        );
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
      grant: (fn) => void this.statusQueue.grantSendMessages(fn),
    };
  }

  /** The status queue, for who consumes it: messages may be put off. */
  usePutOffStatus(): Binding<'STATUS_QUEUE_URL'> {
    return {
      ...variables({ STATUS_QUEUE_URL: this.statusQueue.queueUrl }),
      grant: (fn) => void this.statusQueue.grant(fn, 'sqs:ChangeMessageVisibility'),
    };
  }

  useGitHubToken(): Binding<'GITHUB_TOKEN_SECRET'> {
    return {
      ...variables({ GITHUB_TOKEN_SECRET: this.githubToken.secretArn }),
      grant: readOf(this.githubToken),
    };
  }

  useWebhookSecret(): Binding<'WEBHOOK_SECRET'> {
    return {
      ...variables({ WEBHOOK_SECRET: this.webhookSecret.secretArn }),
      grant: readOf(this.webhookSecret),
    };
  }

  /** For `set-up`: it reads its own secret alone, and fills the two others without ever reading them. */
  useSetUp(own: ISecret): Binding<'SET_UP_SECRET' | 'SET_UP_APP_SECRET' | 'SET_UP_WEBHOOK_SECRET'> {
    const filled = [own, this.githubToken, this.webhookSecret];
    return {
      ...variables({
        SET_UP_SECRET: own.secretArn,
        SET_UP_APP_SECRET: this.githubToken.secretArn,
        SET_UP_WEBHOOK_SECRET: this.webhookSecret.secretArn,
      }),
      grant: (fn) => {
        readOf(own)(fn);
        fn.addToRolePolicy(
          new PolicyStatement({
            actions: ['secretsmanager:PutSecretValue'],
            resources: filled.map(({ secretArn }) => secretArn),
          }),
        );
        this.key.grant(fn, 'kms:GenerateDataKey');
      },
    };
  }

  /** Secrets of the users' repositories, `belay/<owner>/<name>/…`, which people create by hand. */
  useRepositorySecrets(): Binding<never> {
    return permission((fn) =>
      fn.addToRolePolicy(
        new PolicyStatement({
          actions: ['secretsmanager:GetSecretValue'],
          resources: [
            Stack.of(this).formatArn({
              service: 'secretsmanager',
              resource: 'secret',
              resourceName: 'belay/*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          ],
        }),
      ),
    );
  }
}

const readOf =
  (secret: ISecret): Binding<never>['grant'] =>
  (fn) =>
    void secret.grantRead(fn);
