// `node scripts/adopt.mjs --key ID --bucket NAME --table NAME`: prepares a new stack of what an uninstalled Belay left, and prints the
// commands that make it (docs/install.md). Plain JavaScript without dependencies, on the template in cdk.out; nothing is changed in AWS.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const STACK = 'Belay';

/** What is kept, by type: what identifies it to CloudFormation, and how it is given here. */
const KEPT = {
  'AWS::KMS::Key': { identifier: 'KeyId', option: 'key' },
  'AWS::S3::Bucket': { identifier: 'BucketName', option: 'bucket' },
  'AWS::DynamoDB::Table': { identifier: 'TableName', option: 'table' },
};

function main() {
  const { values } = parseArgs({
    options: Object.fromEntries(Object.values(KEPT).map(({ option }) => [option, { type: 'string' }])),
  });
  const missing = Object.values(KEPT).filter(({ option }) => !values[option]);
  if (missing.length > 0) {
    console.error('usage: node scripts/adopt.mjs --key KEY_ID --bucket BUCKET_NAME --table TABLE_NAME');
    return 2;
  }
  const { Resources } = JSON.parse(readFileSync(join('cdk.out', `${STACK}.template.json`), 'utf8'));
  const kept = Object.entries(Resources).filter(([, { DeletionPolicy }]) => /^Retain/.test(DeletionPolicy));
  const folder = join('.belay', 'adopt');
  mkdirSync(folder, { recursive: true });
  const write = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value, undefined, 2));
  write('template.json', {
    Resources: Object.fromEntries(kept.map(([id, resource]) => [id, alone(resource)])),
  });
  write(
    'resources.json',
    kept.map(([LogicalResourceId, { Type: ResourceType }]) => {
      const { identifier, option } = KEPT[ResourceType];
      return { ResourceType, LogicalResourceId, ResourceIdentifier: { [identifier]: values[option] } };
    }),
  );
  console.log(commands(folder));
  return 0;
}

/**
 * Without what the deployment afterwards adds: the key's policy names the roles of functions, which are not there yet. Nothing may go if
 * the import fails, which `RetainExceptOnCreate` would allow.
 */
function alone({ DeletionPolicy: _, ...rest }) {
  const resource = { ...rest, DeletionPolicy: 'Retain' };
  const { KeyPolicy } = resource.Properties;
  if (KeyPolicy === undefined) return resource;
  const Statement = KeyPolicy.Statement.filter(
    (statement) => !/"Fn::GetAtt"/.test(JSON.stringify(statement)),
  );
  return { ...resource, Properties: { ...resource.Properties, KeyPolicy: { ...KeyPolicy, Statement } } };
}

function commands(folder) {
  const cloudFormation = (command, ...options) =>
    ['aws cloudformation', command, '--stack-name', STACK, ...options].join(' ');
  const change = '--change-set-name adopt';
  return [
    cloudFormation(
      'create-change-set',
      `${change} --change-set-type IMPORT`,
      `--template-body file://${folder}/template.json --resources-to-import file://${folder}/resources.json`,
    ),
    cloudFormation('wait change-set-create-complete', change),
    cloudFormation('execute-change-set', change),
    cloudFormation('wait stack-import-complete'),
    `npx cdk deploy ${STACK}`,
  ].join('\n');
}

process.exitCode = main();
