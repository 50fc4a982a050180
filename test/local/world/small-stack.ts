/** A small synthesized stack with everything a world needs, written into a folder: used by the tests of the twin's parts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** An empty folder, removed after the file's tests: whatever works in it must have been closed by an `afterEach`. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `belay-${name}-`));
  folders.push(folder);
  return folder;
}

export interface SmallStack {
  /** Function name → text of its module, which exports `handler`. */
  readonly functions: Readonly<Record<string, string>>;
  /** Environment of every function. */
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly timeout?: number;
  /** Machine name → definition. */
  readonly machines?: Readonly<Record<string, object>>;
  /** Text of the executor's `main.mjs`. */
  readonly job?: string;
  /** Statements of every role. @default everything is allowed */
  readonly statements?: readonly object[];
  /** Further resources, or other versions of those below. */
  readonly resources?: Readonly<Record<string, object>>;
}

const FUNCTIONS = 'f'.repeat(64);
const EXECUTOR = 'e'.repeat(64);

/** Writes `cdk.out` into a new folder and answers it. */
export function writeStack(stack: SmallStack): string {
  const folder = temporaryFolder('stack');
  mkdirSync(join(folder, `asset.${FUNCTIONS}`));
  mkdirSync(join(folder, `asset.${EXECUTOR}`));
  for (const [name, text] of Object.entries(stack.functions)) {
    writeFileSync(join(folder, `asset.${FUNCTIONS}`, `${name}.mjs`), text);
  }
  writeFileSync(join(folder, `asset.${EXECUTOR}`, 'main.mjs'), stack.job ?? '');
  const template = { Resources: { ...resources(stack), ...stack.resources } };
  writeFileSync(join(folder, 'Belay.template.json'), JSON.stringify(template));
  return folder;
}

const roleArn = { 'Fn::GetAtt': ['Role', 'Arn'] };
const image = (tag: string) => ({
  'Fn::Join': ['', [{ 'Fn::GetAtt': ['Images', 'RepositoryUri'] }, `:${tag}`]],
});

function resources(stack: SmallStack): Record<string, object> {
  const allowAll = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  return {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: '*' } }],
        },
        Policies: [
          {
            PolicyName: 'all',
            PolicyDocument: { Version: '2012-10-17', Statement: stack.statements ?? allowAll },
          },
        ],
      },
    },
    Images: { Type: 'AWS::ECR::Repository' },
    Ledger: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      },
    },
    Artifacts: { Type: 'AWS::S3::Bucket' },
    WebhookSecret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
    Token: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
    Compute: { Type: 'AWS::Batch::ComputeEnvironment' },
    Queue: {
      Type: 'AWS::Batch::JobQueue',
      Properties: {
        JobQueueName: 'jobs',
        ComputeEnvironmentOrder: [{ ComputeEnvironment: { Ref: 'Compute' }, Order: 1 }],
      },
    },
    Job: {
      Type: 'AWS::Batch::JobDefinition',
      Properties: {
        JobDefinitionName: 'job',
        Type: 'container',
        PlatformCapabilities: ['FARGATE'],
        ContainerProperties: {
          Image: image(`${EXECUTOR}-${'0'.repeat(12)}-arm64`),
          Command: ['node', '/belay/main.mjs'],
          Environment: [
            { Name: 'BELAY_WORKSPACE', Value: '/workspace' },
            { Name: 'COLOUR', Value: 'green' },
          ],
          JobRoleArn: roleArn,
          ResourceRequirements: [
            { Type: 'VCPU', Value: '1' },
            { Type: 'MEMORY', Value: '2048' },
          ],
        },
      },
    },
    ...Object.fromEntries(
      Object.keys(stack.functions).map((name) => [
        `Function${name}`,
        {
          Type: 'AWS::Lambda::Function',
          Properties: {
            FunctionName: name,
            PackageType: 'Image',
            Code: { ImageUri: image(FUNCTIONS) },
            ImageConfig: { Command: [`${name}.handler`] },
            Role: roleArn,
            Timeout: stack.timeout ?? 10,
            Environment: {
              Variables: {
                LEDGER_TABLE: { Ref: 'Ledger' },
                ARTIFACTS_BUCKET: { Ref: 'Artifacts' },
                WEBHOOK_SECRET: { Ref: 'WebhookSecret' },
                GITHUB_TOKEN_SECRET: { Ref: 'Token' },
                ...stack.environment,
              },
            },
          },
        },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(stack.machines ?? {}).map(([name, definition]) => [
        `Machine${name}`,
        {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: {
            StateMachineName: name,
            RoleArn: roleArn,
            DefinitionString: JSON.stringify(definition),
          },
        },
      ]),
    ),
  };
}
