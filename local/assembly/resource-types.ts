/**
 * Every resource type the twin knows: what `Ref` and `Fn::GetAtt` answer, and why a type is not run where it is not.
 * A type in neither table is an error of `load.ts`. The values follow the "Return values" section of each type in
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
 */
import { createHash } from 'node:crypto';
import { arnOf, globalArnOf, type Resource } from './resource.ts';

/** How resources of a type are named and referred to. */
export interface ResourceType {
  /** The property that names the resource; without one, or unset, a name is generated. */
  readonly nameProperty?: string;
  /** The longest name the service takes. @default 64 */
  readonly nameLimit?: number;
  /** Changes a generated name into one the service takes. */
  shapeName?(name: string, resource: Resource): string;
  /** What `Ref` answers. @default the name */
  ref?(resource: Resource): string;
  readonly attributes?: Readonly<Record<string, (resource: Resource) => string>>;
  /** Present on types that the twin deliberately does not run. */
  readonly notRun?: string;
}

/** Digits that look like the random part of an AWS id but stay the same from start to start. */
function stableId(resource: Resource, length: number): string {
  return createHash('sha256')
    .update(`${resource.place.stack}/${resource.logicalId}`)
    .digest('hex')
    .slice(0, length);
}

const regional = (service: string, prefix: string) => (resource: Resource) =>
  arnOf(resource.place, service, `${prefix}${resource.name}`);
const nameOf = (resource: Resource) => resource.name;

const stateMachineArn = regional('states', 'stateMachine:');
const functionArn = regional('lambda', 'function:');
const queueArn = regional('sqs', '');
const computeEnvironmentArn = regional('batch', 'compute-environment/');
const jobQueueArn = regional('batch', 'job-queue/');
const jobDefinitionArn = (resource: Resource) =>
  arnOf(resource.place, 'batch', `job-definition/${resource.name}:1`);
const managedPolicyArn = (resource: Resource) =>
  globalArnOf(resource.place, 'iam', `policy/${resource.name}`);
/** Six digits of the name's hash stand for AWS's random ones; the secrets endpoint makes the same. */
const secretArn = ({ place, name }: Resource) => {
  const digits = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return arnOf(place, 'secretsmanager', `secret:${name}-${digits}`);
};
/** A UUID of version 4: tools check key ids for that. */
const keyId = (resource: Resource) =>
  stableId(resource, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
/** Rules of a bus other than `default` carry its name. */
const rulePath = (resource: Resource, separator: string) => {
  const bus = resource.property('EventBusName');
  const busName = typeof bus === 'string' ? bus.replace(/^arn:.*:event-bus\//, '') : 'default';
  return busName === 'default' ? resource.name : `${busName}${separator}${resource.name}`;
};

const alarmArn = (resource: Resource) => arnOf(resource.place, 'cloudwatch', `alarm:${resource.name}`);

const run: Readonly<Record<string, ResourceType>> = {
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    nameLimit: 63,
    shapeName: (name) => name.toLowerCase(),
    attributes: {
      Arn: (resource) => `arn:aws:s3:::${resource.name}`,
      DomainName: (resource) => `${resource.name}.s3.amazonaws.com`,
      RegionalDomainName: (resource) => `${resource.name}.s3.${resource.place.region}.amazonaws.com`,
    },
  },
  'AWS::DynamoDB::Table': {
    nameProperty: 'TableName',
    nameLimit: 255,
    attributes: { Arn: regional('dynamodb', 'table/') },
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    nameLimit: 75,
    shapeName: (name, resource) => (resource.property('FifoQueue') === true ? `${name}.fifo` : name),
    ref: (resource) => `${resource.place.endpoint}/${resource.place.account}/${resource.name}`,
    attributes: { Arn: queueArn, QueueName: nameOf },
  },
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    nameLimit: 512,
    ref: secretArn,
    attributes: { Id: secretArn },
  },
  'AWS::Lambda::Function': { nameProperty: 'FunctionName', attributes: { Arn: functionArn } },
  'AWS::Lambda::Permission': {},
  'AWS::Lambda::EventSourceMapping': {},
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    nameLimit: 80,
    ref: stateMachineArn,
    attributes: { Arn: stateMachineArn, Name: nameOf },
  },
  'AWS::Events::EventBus': {
    nameProperty: 'Name',
    nameLimit: 256,
    attributes: { Arn: regional('events', 'event-bus/'), Name: nameOf },
  },
  'AWS::Events::Rule': {
    nameProperty: 'Name',
    ref: (resource) => rulePath(resource, '|'),
    attributes: { Arn: (resource) => arnOf(resource.place, 'events', `rule/${rulePath(resource, '/')}`) },
  },
  'AWS::Events::Archive': {
    nameProperty: 'ArchiveName',
    nameLimit: 48,
    attributes: { Arn: regional('events', 'archive/') },
  },
  'AWS::Scheduler::ScheduleGroup': {
    nameProperty: 'Name',
    attributes: { Arn: regional('scheduler', 'schedule-group/') },
  },
  'AWS::Batch::ComputeEnvironment': {
    nameProperty: 'ComputeEnvironmentName',
    nameLimit: 128,
    ref: computeEnvironmentArn,
    attributes: { ComputeEnvironmentArn: computeEnvironmentArn },
  },
  'AWS::Batch::JobQueue': {
    nameProperty: 'JobQueueName',
    nameLimit: 128,
    ref: jobQueueArn,
    attributes: { JobQueueArn: jobQueueArn },
  },
  'AWS::Batch::JobDefinition': {
    nameProperty: 'JobDefinitionName',
    nameLimit: 128,
    ref: jobDefinitionArn,
    attributes: { JobDefinitionArn: jobDefinitionArn },
  },
  'AWS::CodeBuild::Project': { nameProperty: 'Name', attributes: { Arn: regional('codebuild', 'project/') } },
  'AWS::ApiGatewayV2::Api': {
    ref: (resource) => stableId(resource, 10),
    attributes: {
      ApiId: (resource) => stableId(resource, 10),
      ApiEndpoint: (resource) =>
        `https://${stableId(resource, 10)}.execute-api.${resource.place.region}.amazonaws.com`,
    },
  },
  'AWS::ApiGatewayV2::Integration': { ref: (resource) => stableId(resource, 7) },
  'AWS::ApiGatewayV2::Route': { ref: (resource) => stableId(resource, 7) },
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName' },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    attributes: {
      Arn: (resource) => globalArnOf(resource.place, 'iam', `role/${resource.name}`),
      RoleId: (resource) => `AROA${stableId(resource, 17).toUpperCase()}`,
    },
  },
  'AWS::IAM::Policy': { nameProperty: 'PolicyName', nameLimit: 128 },
  'AWS::IAM::RolePolicy': { nameProperty: 'PolicyName', nameLimit: 128 },
  'AWS::IAM::ManagedPolicy': {
    nameProperty: 'ManagedPolicyName',
    nameLimit: 128,
    ref: managedPolicyArn,
    attributes: { PolicyArn: managedPolicyArn },
  },
  'AWS::SQS::QueuePolicy': {},
  'AWS::CloudWatch::Alarm': { nameProperty: 'AlarmName', nameLimit: 255, attributes: { Arn: alarmArn } },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName', nameLimit: 255 },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    nameLimit: 256,
    ref: regional('sns', ''),
    attributes: { TopicArn: regional('sns', ''), TopicName: nameOf },
  },
};

/** Ids like `subnet-0a1b…` for network parts: nothing in the twin uses them, but properties refer to them. */
const networkPart = (prefix: string, ...attributes: string[]): ResourceType => ({
  notRun: 'jobs and functions of the twin use the network of this machine',
  ref: (resource) => `${prefix}-${stableId(resource, 17)}`,
  attributes: Object.fromEntries(
    attributes.map((attribute) => [attribute, (resource: Resource) => `${prefix}-${stableId(resource, 17)}`]),
  ),
});
const notRun: Readonly<Record<string, ResourceType>> = {
  'AWS::KMS::Key': {
    notRun:
      'data lies unencrypted in the state directory of the user; only the policy of the key is evaluated',
    ref: keyId,
    attributes: { Arn: (resource) => arnOf(resource.place, 'kms', `key/${keyId(resource)}`), KeyId: keyId },
  },
  'AWS::KMS::Alias': { notRun: 'see AWS::KMS::Key', nameProperty: 'AliasName' },
  'AWS::S3::BucketPolicy': {
    notRun:
      'it refuses requests without TLS, and the endpoint of the twin is plain HTTP on the loopback interface',
  },
  'AWS::SecretsManager::ResourcePolicy': { notRun: 'only roles of the stack itself call the twin' },
  'AWS::ECR::Repository': {
    notRun:
      "Belay's own images are the folders of cdk.out that they would be built from; functions make the other repositories",
    nameProperty: 'RepositoryName',
    shapeName: (name) => name.toLowerCase(),
    attributes: {
      Arn: regional('ecr', 'repository/'),
      RepositoryUri: ({ place, name }) => `${place.account}.dkr.ecr.${place.region}.amazonaws.com/${name}`,
    },
  },
  'AWS::Lambda::EventInvokeConfig': {
    notRun: 'the twin calls a function once for an event: what fails is in the log of the function',
  },
  'AWS::Logs::LogGroup': {
    notRun: 'logs are files in the state directory',
    nameProperty: 'LogGroupName',
    nameLimit: 512,
    attributes: { Arn: (resource) => arnOf(resource.place, 'logs', `log-group:${resource.name}:*`) },
  },
  'AWS::Logs::ResourcePolicy': { notRun: 'see AWS::Logs::LogGroup' },
  'AWS::Logs::QueryDefinition': { notRun: 'see AWS::Logs::LogGroup' },
  'AWS::Logs::MetricFilter': { notRun: 'the twin counts failed invocations itself' },
  'AWS::SNS::TopicPolicy': { notRun: 'it lets alarms in, and the twin raises none' },
  'AWS::SNS::Subscription': {
    notRun: 'the twin writes to nobody: what topics get is kept in its state directory',
  },
  'AWS::Scheduler::Schedule': {
    notRun:
      'the schedules of the stack itself look for newer bases of its images; those that functions make are run',
  },
  'AWS::CloudFormation::CustomResource': {
    notRun: "the twin runs the bundles of cdk.out directly, so none of Belay's own images is built",
  },
  'AWS::CDK::Metadata': { notRun: 'it describes the template itself' },
  'AWS::EC2::VPC': networkPart('vpc', 'VpcId', 'DefaultSecurityGroup'),
  'AWS::EC2::Subnet': networkPart('subnet', 'SubnetId'),
  'AWS::EC2::RouteTable': networkPart('rtb', 'RouteTableId'),
  'AWS::EC2::SubnetRouteTableAssociation': networkPart('rtbassoc'),
  'AWS::EC2::Route': networkPart('route'),
  'AWS::EC2::InternetGateway': networkPart('igw', 'InternetGatewayId'),
  'AWS::EC2::VPCGatewayAttachment': networkPart('attachment'),
  'AWS::EC2::SecurityGroup': networkPart('sg', 'GroupId'),
  'AWS::EC2::SecurityGroupIngress': networkPart('sgr'),
  'AWS::EC2::SecurityGroupEgress': networkPart('sgr'),
  'AWS::EC2::EIP': networkPart('eipalloc', 'AllocationId'),
  'AWS::EC2::NatGateway': networkPart('nat', 'NatGatewayId'),
  'AWS::EC2::VPCEndpoint': networkPart('vpce', 'Id'),
  'AWS::EC2::FlowLog': networkPart('fl', 'Id'),
  'AWS::Route53Resolver::FirewallDomainList': networkPart('rslvr-fdl', 'Id'),
  'AWS::Route53Resolver::FirewallRuleGroup': networkPart('rslvr-frg', 'Id'),
  'AWS::Route53Resolver::FirewallRuleGroupAssociation': networkPart('rslvr-frgassoc', 'Id'),
};

/** The type by its CloudFormation name; undefined when the twin does not know it. Custom types are image builds. */
export function resourceType(type: string): ResourceType | undefined {
  if (type.startsWith('Custom::')) return notRun['AWS::CloudFormation::CustomResource'];
  return Object.hasOwn(run, type) ? run[type] : Object.hasOwn(notRun, type) ? notRun[type] : undefined;
}
