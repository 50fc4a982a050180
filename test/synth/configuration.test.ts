/** What each field of the configuration changes in the stack. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { App, CfnResource, Stack } from 'aws-cdk-lib/core';
import type { MirroredProvider } from '../../core/configuration/plans.ts';
import { mirrorList } from '../../core/configuration/provider-mirror.ts';
import { readConfiguration } from '../../core/configuration/read.ts';
import type { ConfigurationInput } from '../../core/configuration/schema.ts';
import { idleCost } from '../../core/cost/idle.ts';
import { arithmetic } from '../../core/cost/line.ts';
import { Image } from '../../lib/image.ts';
import type { ImageBuilds } from '../../lib/image-builds.ts';
import { environmentRoleArns } from '../../lib/names.ts';
import { Network } from '../../lib/network.ts';
import { resourceType } from '../../local/assembly/resource-types.ts';
import { type Resource, text } from '../support/assembly.ts';
import { synthesize } from '../support/synthesize.ts';

type Resources = Record<string, Resource>;

const ofType = (resources: Resources, type: string) =>
  Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);

const variablesOf = (resources: Resources, command: string) =>
  ofType(resources, 'AWS::Lambda::Function').find(
    ({ ImageConfig }) => ImageConfig?.Command[0] === `${command}.handler`,
  )?.Environment.Variables;

/** The environment roles that sessions may be opened of. */
const assumable = (resources: Resources) =>
  ofType(resources, 'AWS::IAM::Policy')
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes('sts:TagSession'))
    .flatMap(({ Resource }) => [Resource].flat().map(text))
    .sort();

const whole = synthesize({});
const small = whole.Resources;

test('without a configuration: any repository, but only the account and region it is deployed in', () => {
  expect(variablesOf(small, 'webhook').REPOSITORIES).toBe('*');
  expect(variablesOf(small, 'resolve')).toMatchObject({
    ACCOUNTS: { Ref: 'AWS::AccountId' },
    REGIONS: { Ref: 'AWS::Region' },
  });
  expect(assumable(small)).toEqual([
    'arn:aws:iam::<AWS::AccountId>:role/belay-environment-apply',
    'arn:aws:iam::<AWS::AccountId>:role/belay-environment-plan',
  ]);
});

const existing: Extract<ConfigurationInput['network'], { kind: 'existing' }> = {
  kind: 'existing',
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  subnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
};
const everything: ConfigurationInput = {
  repositories: ['acme/infrastructure', 'acme-labs/*'],
  accounts: ['111122223333', '444455556666'],
  regions: ['eu-west-1', 'us-east-1'],
  github: { url: 'https://github.example.com', writesPerHour: 5000, planDrafts: true, audit: false },
  jobs: {
    plan: { vcpu: 2, memoryMiB: 4096, storageGiB: 50, maxVcpu: 20 },
    apply: { vcpu: 4, memoryMiB: 8192, storageGiB: 60, maxVcpu: 40 },
    destroy: { vcpu: 0.5, memoryMiB: 1024, storageGiB: 21, maxVcpu: 10 },
    test: { vcpu: 8, memoryMiB: 16_384, storageGiB: 200, maxVcpu: 80 },
  },
  network: existing,
  plans: {
    network: 'closed',
    endpoints: ['ec2', 'iam', 'dynamodb'],
    providers: [{ source: 'hashicorp/aws', version: '6.2.0' }],
  },
  notifications: {
    mail: ['ops@example.com', 'mira@example.com'],
    tell: ['broken', 'succeeded'],
    runbook: 'https://wiki.example.com/belay',
    longApplyHours: 5,
    longApprovalHours: 20,
  },
  retention: { logs: 7, jobLogs: 14, events: 3, replacedVersions: 30 },
};
const full = synthesize(everything).Resources;

test('whose deliveries are served, and where manifests may deploy to', () => {
  expect(variablesOf(full, 'webhook').REPOSITORIES).toBe('acme/infrastructure,acme-labs/*');
  expect(variablesOf(full, 'resolve')).toMatchObject({
    ACCOUNTS: '111122223333,444455556666',
    REGIONS: 'eu-west-1,us-east-1',
  });
  expect(assumable(full)).toEqual([
    'arn:aws:iam::111122223333:role/belay-environment-apply',
    'arn:aws:iam::111122223333:role/belay-environment-plan',
    'arn:aws:iam::444455556666:role/belay-environment-apply',
    'arn:aws:iam::444455556666:role/belay-environment-plan',
  ]);
});

test('any account is any role of that name', () => {
  expect(environmentRoleArns(new Stack(), 'any').map((arn) => arn.replace(/^arn:[^:]+/, ''))).toEqual([
    ':iam::*:role/belay-environment-plan',
    ':iam::*:role/belay-environment-apply',
  ]);
});

test('where GitHub is, and how much it takes', () => {
  expect(variablesOf(full, 'resolve')).toMatchObject({
    GITHUB_URL: 'https://github.example.com',
    GITHUB_API_URL: 'https://github.example.com/api/v3',
    PLAN_DRAFTS: 'yes',
  });
  expect(variablesOf(full, 'git-status')).toMatchObject({
    GITHUB_API_URL: 'https://github.example.com/api/v3',
    GITHUB_WRITES_PER_HOUR: '5000',
    AUDIT_IN_GIT: 'no',
  });
  expect(variablesOf(full, 'set-up').GITHUB_URL).toBe('https://github.example.com');
});

test('once the App is made the stack can do without the page and its function', () => {
  const { Resources, Outputs } = synthesize({ github: { setUpPage: false } });
  expect(variablesOf(Resources, 'webhook')).toBeDefined();
  expect(variablesOf(Resources, 'set-up')).toBeUndefined();
  const routes = ofType(Resources, 'AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey);
  expect(routes).toEqual(['POST /webhook']);
  expect(Object.keys(Outputs)).not.toContain('OpenSetUp');
});

test.each([
  ['plan', '2', '4096', 50, 20],
  ['apply', '4', '8192', 60, 40],
  ['destroy', '0.5', '1024', 21, 10],
  ['test', '8', '16384', 200, 80],
])('jobs of stage %s have their size, and a queue of their own', (stage, vcpu, memory, storage, max) => {
  for (const architecture of ['arm64', 'amd64']) {
    const definition = ofType(full, 'AWS::Batch::JobDefinition').find(
      ({ JobDefinitionName }) => JobDefinitionName === `belay-${stage}-${architecture}`,
    )?.ContainerProperties;
    expect(definition.ResourceRequirements).toEqual([
      { Type: 'MEMORY', Value: memory },
      { Type: 'VCPU', Value: vcpu },
    ]);
    expect(definition.EphemeralStorage).toEqual({ SizeInGiB: storage });
  }
  const queue = ofType(full, 'AWS::Batch::JobQueue').find(
    ({ JobQueueName }) => JobQueueName === `belay-${stage}`,
  );
  const [{ ComputeEnvironment }] = queue?.ComputeEnvironmentOrder ?? [{}];
  const id = text(ComputeEnvironment).replace(/^<|\..*$/g, '');
  expect(full[id]?.Properties.ComputeResources.MaxvCpus).toBe(max);
});

test('every job is submitted to the queue of its stage', () => {
  const queues = new Map(
    Object.entries(full)
      .filter(([, { Type }]) => Type === 'AWS::Batch::JobQueue')
      .map(([id, { Properties }]) => [Properties.JobQueueName, `<${id}.JobQueueArn>`]),
  );
  const machine = ofType(full, 'AWS::StepFunctions::StateMachine').find(
    ({ StateMachineName }) => StateMachineName === 'belay-deployment',
  );
  const definition = text(machine?.DefinitionString);
  const used = [...definition.matchAll(/"JobName":"[^"]*","JobDefinition":"[^"]*","JobQueue":"([^"]*)"/g)];
  const [plan, apply, destroy, test] = ['plan', 'apply', 'destroy', 'test'].map((stage) =>
    queues.get(`belay-${stage}`),
  );
  expect(used.map(([, queue]) => queue).sort()).toEqual(
    [plan, test, `{% $write = 'destroy' ? '${destroy}' : '${apply}' %}`].sort(),
  );
});

test('how long logs, requests and replaced versions are kept', () => {
  const days = ofType(full, 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays);
  // Of jobs, and of the builds of their images.
  expect(days.filter((one) => one === 14)).toHaveLength(2);
  expect(days.filter((one) => one !== 14 && one !== 7)).toEqual([]);
  expect(ofType(full, 'AWS::Events::Archive')[0]?.RetentionDays).toBe(3);
  const [rule] = ofType(full, 'AWS::S3::Bucket')[0]?.LifecycleConfiguration.Rules ?? [];
  expect(rule.NoncurrentVersionExpiration).toEqual({ NoncurrentDays: 30 });
});

test('who is told of what, and when it is too long', () => {
  const mail = Object.entries(full).find(([id]) => id.startsWith('NotificationsMail'))?.[0];
  expect(
    ofType(full, 'AWS::SNS::Subscription').map(({ Endpoint, Protocol, TopicArn }) => [
      Protocol,
      Endpoint,
      text(TopicArn),
    ]),
  ).toEqual([
    ['email', 'ops@example.com', `<${mail}>`],
    ['email', 'mira@example.com', `<${mail}>`],
  ]);
  const told = ofType(full, 'AWS::Events::Rule').find(({ EventPattern }) => EventPattern?.detail?.kind);
  expect(told?.EventPattern.detail.kind).toEqual(['broken', 'succeeded']);
  const alarm = (name: string) =>
    ofType(full, 'AWS::CloudWatch::Alarm').find(({ AlarmName }) => AlarmName === name);
  expect(alarm('belay-apply-too-long')?.Threshold).toBe(5 * 3600);
  expect(alarm('belay-approval-waits')?.Threshold).toBe(20 * 3600);
  expect(alarm('belay-approval-waits')?.AlarmDescription).toMatch(
    /What to do: https:\/\/wiki\.example\.com\/belay#an-approval-waits$/,
  );
});

const jobsRunIn = (resources: Resources, stage = 'apply') => {
  const compute = `ExecutorCompute${stage.charAt(0).toUpperCase()}${stage.slice(1)}`;
  const definition = ofType(resources, 'AWS::Batch::JobDefinition').find(
    ({ JobDefinitionName }) => JobDefinitionName === `belay-${stage}-arm64`,
  );
  return {
    subnets: ofType(under(resources, compute), 'AWS::Batch::ComputeEnvironment')
      .flatMap(({ ComputeResources }) => ComputeResources.Subnets)
      .map(text),
    address: definition?.ContainerProperties.NetworkConfiguration,
  };
};
/** The resources whose logical ids begin so. */
const under = (resources: Resources, start: string): Resources =>
  Object.fromEntries(Object.entries(resources).filter(([id]) => id.startsWith(start)));
const count = (resources: Resources, type: string) => ofType(resources, type).length;
/** Who is let in where. */
const letIn = (resources: Resources) => [
  ...ofType(resources, 'AWS::EC2::SecurityGroup').flatMap(
    ({ SecurityGroupIngress = [] }) => SecurityGroupIngress,
  ),
  ...ofType(resources, 'AWS::EC2::SecurityGroupIngress'),
];

test('by default jobs have an address of their own, and nothing costs while idle', () => {
  expect(jobsRunIn(small).address).toEqual({ AssignPublicIp: 'ENABLED' });
  expect(jobsRunIn(small).subnets).toHaveLength(2);
  expect(ofType(small, 'AWS::EC2::Subnet').map(({ Tags }) => Tags[0].Value)).toEqual(['public', 'public']);
  expect(count(small, 'AWS::EC2::NatGateway')).toBe(0);
  expect(count(small, 'AWS::EC2::EIP')).toBe(0);
  expect(count(small, 'AWS::EC2::VPCEndpoint')).toBe(0);
  expect(letIn(small)).toEqual([]);
});

test('an existing VPC is used by its ids: nothing is looked up, nothing of a network is made but a group that lets nothing in', () => {
  expect(jobsRunIn(full)).toEqual({
    subnets: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    address: { AssignPublicIp: 'DISABLED' },
  });
  const network = under(full, 'ExecutorNetwork');
  expect(Object.values(network).map(({ Type }) => Type)).toEqual(['AWS::EC2::SecurityGroup']);
  expect(ofType(network, 'AWS::EC2::SecurityGroup')[0]?.VpcId).toBe('vpc-0a1b2c3d4e5f60718');
  expect(letIn(network)).toEqual([]);
});

/** A network by itself, with what it hands to compute environments as texts. */
function networkOf(network: ConfigurationInput['network']) {
  const app = new App();
  const stack = new Stack(app, 'Network');
  const { placement, assignPublicIp } = new Network(stack, 'Jobs', readConfiguration({ network }).network);
  const { vpc, vpcSubnets, securityGroups } = placement;
  const ids = stack.resolve(vpc.selectSubnets(vpcSubnets).subnetIds).map(text) as string[];
  const groups = stack.resolve(securityGroups.map(({ securityGroupId }) => securityGroupId)).map(text);
  const resources: Resources = app.synth().getStackByName('Network').template.Resources;
  /** Services by the kind of their endpoint. */
  const endpoints = (kind: string) =>
    ofType(resources, 'AWS::EC2::VPCEndpoint')
      .filter(({ VpcEndpointType }) => VpcEndpointType === kind)
      .map(({ ServiceName }) => text(ServiceName).replace('com.amazonaws.<AWS::Region>.', ''))
      .sort();
  const subnets = ids.map((id) => resources[id.slice(1, -1)]?.Properties);
  return { resources, subnets, groups, assignPublicIp, endpoints };
}

const natted = networkOf({ kind: 'private', natGateways: 2, endpoints: ['rds'] });
const closed = networkOf({ kind: 'private', natGateways: 0, endpoints: ['rds', 'sts'] });

test('private subnets leave by NAT, S3 and DynamoDB by gateways', () => {
  expect(natted.assignPublicIp).toBe(false);
  expect(natted.subnets.map((subnet) => subnet?.MapPublicIpOnLaunch)).toEqual([false, false]);
  expect(count(natted.resources, 'AWS::EC2::NatGateway')).toBe(2);
  expect(natted.endpoints('Gateway')).toEqual(['dynamodb', 's3']);
  expect(natted.endpoints('Interface')).toEqual(['rds']);
});

test('without NAT there is no way out but the endpoints, and they let in jobs only', () => {
  const { resources, assignPublicIp, endpoints, groups } = closed;
  expect(assignPublicIp).toBe(false);
  expect(count(resources, 'AWS::EC2::NatGateway')).toBe(0);
  expect(count(resources, 'AWS::EC2::InternetGateway')).toBe(0);
  expect(endpoints('Gateway')).toEqual(['dynamodb', 's3']);
  expect(endpoints('Interface')).toEqual(['ecr.api', 'ecr.dkr', 'lambda', 'logs', 'rds', 'sts']);
  const byName = ofType(resources, 'AWS::EC2::VPCEndpoint').filter(
    ({ PrivateDnsEnabled }) => PrivateDnsEnabled,
  );
  expect(byName).toHaveLength(6);
  const rules = letIn(resources);
  expect(rules).toMatchObject([{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }]);
  expect([text(rules[0].SourceSecurityGroupId)]).toEqual(groups);
});

const plansIn = under(full, 'ExecutorPlanNetwork');

test('closed plans run in a VPC of their own, and no other stage does', () => {
  const subnets = Object.entries(plansIn)
    .filter(([, { Type }]) => Type === 'AWS::EC2::Subnet')
    .map(([id]) => `<${id}>`);
  expect(subnets).toHaveLength(2);
  expect(jobsRunIn(full, 'plan')).toEqual({ subnets, address: { AssignPublicIp: 'DISABLED' } });
  for (const stage of ['apply', 'destroy', 'test'])
    expect(jobsRunIn(full, stage).subnets).toEqual(existing.subnetIds);
  const groups = Object.keys(under(plansIn, 'ExecutorPlanNetworkEgress')).map((id) => `<${id}.GroupId>`);
  const [plan] = ofType(under(full, 'ExecutorComputePlan'), 'AWS::Batch::ComputeEnvironment');
  expect(plan?.ComputeResources.SecurityGroupIds.map(text)).toEqual(groups);
});

test('nothing in that VPC leads to the internet: no gateway, no route, no public address', () => {
  const types = new Set(Object.values(plansIn).map(({ Type }) => Type));
  for (const type of ['InternetGateway', 'VPCGatewayAttachment', 'NatGateway', 'Route', 'EIP'])
    expect(types).not.toContain(`AWS::EC2::${type}`);
  for (const { MapPublicIpOnLaunch } of ofType(plansIn, 'AWS::EC2::Subnet'))
    expect(MapPublicIpOnLaunch).toBe(false);
});

test('a plan may call endpoints, and nobody may call a plan', () => {
  const [jobs] = ofType(under(plansIn, 'ExecutorPlanNetworkEgress'), 'AWS::EC2::SecurityGroup');
  expect(jobs?.SecurityGroupIngress).toBeUndefined();
  expect(jobs?.SecurityGroupEgress).toMatchObject([
    { CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
  ]);
  expect(letIn(plansIn)).toMatchObject([{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }]);
});

const known = [{ Ref: 'AWS::AccountId' }, '111122223333', '444455556666'];

test('the endpoints are those that a job needs and those that are listed, for known accounts only', () => {
  const endpoints = ofType(plansIn, 'AWS::EC2::VPCEndpoint').map(
    ({ ServiceName, VpcEndpointType, PolicyDocument }) => [
      text(ServiceName).replace(/^com\.amazonaws\.(<AWS::Region>\.)?/, ''),
      VpcEndpointType,
      PolicyDocument.Statement,
    ],
  );
  const allowed = (...keys: string[]) => ({
    Action: '*',
    Condition: { StringEquals: Object.fromEntries(keys.map((key) => [`aws:${key}Account`, known])) },
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Resource: '*',
  });
  const layers = {
    Action: 's3:GetObject',
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Resource: expect.anything(),
  };
  expect(endpoints.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
    ['dynamodb', 'Gateway', [allowed('Principal', 'Resource')]],
    ['ec2', 'Interface', [allowed('Principal')]],
    ['ecr.api', 'Interface', [allowed('Principal')]],
    ['ecr.dkr', 'Interface', [allowed('Principal')]],
    ['iam', 'Interface', [allowed('Principal')]],
    ['lambda', 'Interface', [allowed('Principal')]],
    ['logs', 'Interface', [allowed('Principal')]],
    ['s3', 'Gateway', [allowed('Principal', 'Resource'), layers]],
    ['sts', 'Interface', [allowed('Principal')]],
  ]);
  expect(JSON.stringify(plansIn)).toContain('-starport-layer-bucket/*');
});

test('only names of AWS are looked up', () => {
  const domains = Object.fromEntries(
    Object.entries(plansIn)
      .filter(([, { Type }]) => Type === 'AWS::Route53Resolver::FirewallDomainList')
      .map(([id, { Properties }]) => [`<${id}.Id>`, text(Properties.Domains[0])]),
  );
  const [group] = ofType(plansIn, 'AWS::Route53Resolver::FirewallRuleGroup');
  const rules = group?.FirewallRules as { Priority: number; Action: string; FirewallDomainListId: unknown }[];
  expect(
    rules.map(({ Priority, Action, FirewallDomainListId }) => [
      Priority,
      Action,
      domains[text(FirewallDomainListId)],
    ]),
  ).toEqual([
    [1, 'ALLOW', '*.<AWS::URLSuffix>'],
    [2, 'BLOCK', '*'],
  ]);
  const [association] = ofType(plansIn, 'AWS::Route53Resolver::FirewallRuleGroupAssociation');
  const vpc = Object.entries(plansIn).find(([, { Type }]) => Type === 'AWS::EC2::VPC')?.[0];
  expect(text(association?.VpcId)).toBe(`<${vpc}>`);
});

test('what it costs while idle: seven endpoints in two zones, which is told at synth', () => {
  const { lines, unknown } = idleCost({ Resources: full });
  expect(unknown).toEqual([]);
  const [line] = lines.filter(({ price }) => price === 'interfaceEndpoint');
  expect(line && arithmetic(line)).toBe('10220 hour × $0.01 = $102.20');
});

test('plans that are closed take providers from the image, the others as ever', () => {
  const withMirror = (resources: Resources) =>
    ofType(resources, 'AWS::Batch::JobDefinition')
      .filter(({ ContainerProperties }) =>
        text(JSON.stringify(ContainerProperties.Environment)).includes('"BELAY_PROVIDER_MIRROR"'),
      )
      .map(({ JobDefinitionName }) => JobDefinitionName)
      .sort();
  expect(withMirror(full)).toEqual([
    'belay-plan-amd64',
    'belay-plan-arm64',
    'belay-validate-amd64',
    'belay-validate-arm64',
  ]);
  expect(withMirror(small)).toEqual([]);
  expect(Object.keys(small).filter((id) => id.startsWith('ExecutorPlanNetwork'))).toEqual([]);
});

test('the executor’s image is another one with another list of providers, and only then', () => {
  // The CDK says what it bundles.
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const tagWith = (providers: MirroredProvider[]) => {
    const builds = {
      build: (scope: Stack, id: string) => new CfnResource(scope, id, { type: 'Custom::Image' }),
    };
    const image = new Image(new Stack(new App(), 'Images'), 'Image', {
      builds: builds as unknown as ImageBuilds,
      folder: 'executor-image',
      architectures: ['arm64'],
      // A small one: what is bundled does not matter here.
      entries: { main: 'core/image-tag.ts' },
      files: { 'providers.txt': mirrorList(providers) },
    });
    return image.tag('arm64');
  };
  const aws = { source: 'hashicorp/aws', version: '6.2.0' };
  const none = tagWith([]);
  const listed = tagWith([aws]);
  expect(tagWith([aws])).toBe(listed);
  expect(new Set([none, listed, tagWith([{ ...aws, version: '6.2.1' }])]).size).toBe(3);
  said.mockRestore();
});

test('an existing VPC may be public', () => {
  expect(networkOf({ ...existing, assignPublicIp: true }).assignPublicIp).toBe(true);
});

test('whatever is configured, the local twin knows it', () => {
  const types = [small, full, natted.resources, closed.resources].flatMap((one) =>
    Object.values(one).map(({ Type }) => Type),
  );
  expect([...new Set(types)].filter((type) => resourceType(type) === undefined)).toEqual([]);
});

test('the addresses that people and the doctor look for are outputs by these names', () => {
  const paths = Object.entries(whole.Outputs).map(([name, { Value }]) => [
    name,
    text(Value).replace(/^.*>/, ''),
  ]);
  expect(Object.fromEntries(paths)).toMatchObject({
    WebhookUrl: '/webhook',
    OpenSetUp: `/set-up"}' /dev/stdout`,
  });
  expect(Object.keys(whole.Outputs)).toEqual(expect.arrayContaining(['ChatTopic', 'MailTopic']));
});

test('what stays when the stack goes can be adopted by a stack of nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belay-adopt-'));
  mkdirSync(join(folder, 'cdk.out'));
  writeFileSync(join(folder, 'cdk.out', 'Belay.template.json'), JSON.stringify(whole));
  const script = join(import.meta.dirname, '../../scripts/adopt.mjs');
  const argv = [script, '--key', '1a2b', '--bucket', 'kept-artifacts', '--table', 'kept-ledger'];
  const printed = execFileSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' });
  const written = (name: string) => JSON.parse(readFileSync(join(folder, '.belay', 'adopt', name), 'utf8'));
  const { Resources } = written('template.json') as {
    Resources: Record<string, Resource & { readonly DeletionPolicy: string }>;
  };
  const identifiers = written('resources.json') as {
    LogicalResourceId: string;
    ResourceType: string;
    ResourceIdentifier: object;
  }[];
  rmSync(folder, { recursive: true });

  expect(
    identifiers.map(({ ResourceType, ResourceIdentifier }) => [ResourceType, ResourceIdentifier]),
  ).toEqual([
    ['AWS::KMS::Key', { KeyId: '1a2b' }],
    ['AWS::S3::Bucket', { BucketName: 'kept-artifacts' }],
    ['AWS::DynamoDB::Table', { TableName: 'kept-ledger' }],
  ]);
  const ids = identifiers.map(({ LogicalResourceId }) => LogicalResourceId);
  expect(Object.keys(Resources)).toEqual(ids);
  const used = [...JSON.stringify(Resources).matchAll(/"(?:Ref":|Fn::GetAtt":\[)"([^"]+)"/g)].map(
    ([, id]) => id,
  );
  expect(used.filter((id = '') => !id.startsWith('AWS::') && !ids.includes(id))).toEqual([]);
  // Also when the import fails.
  expect(Object.values(Resources).map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
    'Retain',
    'Retain',
    'Retain',
  ]);
  // Whoever administers the account can still use the key.
  expect(Resources[ids[0] ?? '']?.Properties.KeyPolicy.Statement[0].Action).toBe('kms:*');
  expect(printed.trim().split('\n').at(-1)).toBe('npx cdk deploy Belay');
});
