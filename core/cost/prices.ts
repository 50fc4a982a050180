/**
 * What AWS asks for, in one place and with a date: US dollars in us-east-1, without free tiers and taxes. Other regions ask up to a half
 * more. `confirmed`: read from AWS's price lists or price pages on `readOn`; the others are well known and were not looked up.
 */

/** When the confirmed prices were read. */
export const PRICES_READ_ON = '2026-10-09';

export interface Price {
  readonly usd: number;
  /** What for. */
  readonly per: string;
  readonly source: string;
  readonly confirmed: boolean;
}

const FARGATE = 'https://aws.amazon.com/fargate/pricing/';
const CODEBUILD = 'https://aws.amazon.com/codebuild/pricing/';
const price = (usd: number, per: string, source: string, confirmed = true): Price => ({
  usd,
  per,
  source,
  confirmed,
});
const unconfirmed = (usd: number, per: string, source: string) => price(usd, per, source, false);

export const PRICES = {
  fargateArmCpu: price(0.03238, 'vCPU-hour', FARGATE),
  fargateArmMemory: price(0.00356, 'GB-hour', FARGATE),
  fargateX86Cpu: price(0.04048, 'vCPU-hour', FARGATE),
  fargateX86Memory: price(0.004445, 'GB-hour', FARGATE),
  /** Over the 20 GB that are part of every task. */
  fargateStorage: price(0.000111, 'GB-hour', FARGATE),
  /** Of two processors and 4 GB (`arm1.small`, `general1.small`), for every minute begun. */
  buildArm: unconfirmed(0.0034, 'build minute (arm1.small)', CODEBUILD),
  buildX86: unconfirmed(0.005, 'build minute (general1.small)', CODEBUILD),
  publicAddress: price(0.005, 'hour', 'https://aws.amazon.com/vpc/pricing/'),
  natGateway: price(0.045, 'hour', 'https://aws.amazon.com/vpc/pricing/'),
  /** One endpoint in one zone. */
  interfaceEndpoint: unconfirmed(0.01, 'hour', 'https://aws.amazon.com/privatelink/pricing/'),
  transition: price(0.000025, 'transition', 'https://aws.amazon.com/step-functions/pricing/'),
  invocation: price(0.0000002, 'function call', 'https://aws.amazon.com/lambda/pricing/'),
  functionMemory: unconfirmed(0.0000133334, 'GB-second (arm64)', 'https://aws.amazon.com/lambda/pricing/'),
  tableRead: price(0.000000125, 'table read', 'https://aws.amazon.com/dynamodb/pricing/on-demand/'),
  tableWrite: price(0.000000625, 'table write', 'https://aws.amazon.com/dynamodb/pricing/on-demand/'),
  queueRequest: price(0.0000005, 'queue request (FIFO)', 'https://aws.amazon.com/sqs/pricing/'),
  event: price(0.000001, 'event', 'https://aws.amazon.com/eventbridge/pricing/'),
  bucketPut: unconfirmed(0.000005, 'bucket PUT', 'https://aws.amazon.com/s3/pricing/'),
  bucketGet: unconfirmed(0.0000004, 'bucket GET', 'https://aws.amazon.com/s3/pricing/'),
  keyRequest: price(0.000003, 'key request', 'https://aws.amazon.com/kms/pricing/'),
  logs: price(0.5, 'GB', 'https://aws.amazon.com/cloudwatch/pricing/'),
  key: price(1, 'key and month', 'https://aws.amazon.com/kms/pricing/'),
  secret: unconfirmed(0.4, 'secret and month', 'https://aws.amazon.com/secrets-manager/pricing/'),
  alarm: unconfirmed(0.1, 'alarm and month', 'https://aws.amazon.com/cloudwatch/pricing/'),
  dashboard: unconfirmed(3, 'dashboard and month', 'https://aws.amazon.com/cloudwatch/pricing/'),
  imageStorage: unconfirmed(0.1, 'GB and month', 'https://aws.amazon.com/ecr/pricing/'),
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;
