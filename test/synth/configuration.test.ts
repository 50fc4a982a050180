/** What each field of the configuration changes in the stack. */
import { expect, test } from '@jest/globals';
import type { ConfigurationInput } from '../../core/configuration/schema.ts';
import { resourceType } from '../../local/assembly/resource-types.ts';
import { type Resource, synthesize, text } from '../support/assembly.ts';

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

const small = synthesize();

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
  retention: { logs: 7, jobLogs: 14, events: 3, replacedVersions: 30 },
};
const full = synthesize(everything);
const natted = synthesize({ network: { kind: 'private', natGateways: 2, endpoints: ['rds'] } });
const closed = synthesize({
  accounts: 'any',
  regions: 'any',
  network: { kind: 'private', natGateways: 0, endpoints: ['rds', 'sts'] },
});

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
  expect(variablesOf(closed, 'resolve')).toMatchObject({ ACCOUNTS: '*', REGIONS: '*' });
  expect(assumable(closed)).toEqual([
    'arn:aws:iam::*:role/belay-environment-apply',
    'arn:aws:iam::*:role/belay-environment-plan',
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
  expect(days.filter((one) => one === 14)).toHaveLength(1);
  expect(days.filter((one) => one !== 14 && one !== 7)).toEqual([]);
  expect(ofType(full, 'AWS::Events::Archive')[0]?.RetentionDays).toBe(3);
  const [rule] = ofType(full, 'AWS::S3::Bucket')[0]?.LifecycleConfiguration.Rules ?? [];
  expect(rule.NoncurrentVersionExpiration).toEqual({ NoncurrentDays: 30 });
});

const jobsRunIn = (resources: Resources) => ({
  subnets: ofType(resources, 'AWS::Batch::ComputeEnvironment')[0]?.ComputeResources.Subnets.map(text),
  address: ofType(resources, 'AWS::Batch::JobDefinition')[0]?.ContainerProperties.NetworkConfiguration,
});
const count = (resources: Resources, type: string) => ofType(resources, type).length;
/** Services by the kind of their endpoint; names end a service's DNS name. */
const endpoints = (resources: Resources, kind: string) =>
  ofType(resources, 'AWS::EC2::VPCEndpoint')
    .filter(({ VpcEndpointType }) => VpcEndpointType === kind)
    .map(({ ServiceName }) => text(ServiceName).replace('com.amazonaws.<AWS::Region>.', ''))
    .sort();
/** Who is let in where: group, port, and from which group. */
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

test('private subnets leave by NAT, S3 and DynamoDB by gateways', () => {
  expect(jobsRunIn(natted).address).toEqual({ AssignPublicIp: 'DISABLED' });
  for (const subnet of jobsRunIn(natted).subnets)
    expect(natted[subnet.slice(1, -1)]?.Properties.MapPublicIpOnLaunch).toBe(false);
  expect(count(natted, 'AWS::EC2::NatGateway')).toBe(2);
  expect(endpoints(natted, 'Gateway')).toEqual(['dynamodb', 's3']);
  expect(endpoints(natted, 'Interface')).toEqual(['rds']);
});

test('without NAT there is no way out but the endpoints, and they let in jobs only', () => {
  expect(count(closed, 'AWS::EC2::NatGateway')).toBe(0);
  expect(count(closed, 'AWS::EC2::InternetGateway')).toBe(0);
  expect(endpoints(closed, 'Gateway')).toEqual(['dynamodb', 's3']);
  expect(endpoints(closed, 'Interface')).toEqual(['ecr.api', 'ecr.dkr', 'lambda', 'logs', 'rds', 'sts']);
  expect(
    ofType(closed, 'AWS::EC2::VPCEndpoint').map(({ PrivateDnsEnabled = true }) => PrivateDnsEnabled),
  ).toEqual(Array.from({ length: 8 }, () => true));
  const jobs = text(
    ofType(closed, 'AWS::Batch::ComputeEnvironment')[0]?.ComputeResources.SecurityGroupIds[0],
  );
  const rules = letIn(closed);
  expect(rules).toMatchObject([{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }]);
  expect(text(rules[0].SourceSecurityGroupId)).toBe(jobs);
});

test('an existing VPC is used by its ids: nothing is looked up, nothing of a network is made but a group that lets nothing in', () => {
  expect(jobsRunIn(full)).toEqual({
    subnets: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    address: { AssignPublicIp: 'DISABLED' },
  });
  const parts = Object.values(full).filter(({ Type }) => Type.startsWith('AWS::EC2::'));
  expect(parts.map(({ Type }) => Type)).toEqual(['AWS::EC2::SecurityGroup']);
  expect(parts[0]?.Properties.VpcId).toBe('vpc-0a1b2c3d4e5f60718');
  expect(letIn(full)).toEqual([]);
  const inPublic = synthesize({ ...everything, network: { ...existing, assignPublicIp: true } });
  expect(jobsRunIn(inPublic).address).toEqual({ AssignPublicIp: 'ENABLED' });
});

test('whatever is configured, the local twin knows it', () => {
  const types = [small, full, natted, closed].flatMap((one) => Object.values(one).map(({ Type }) => Type));
  expect([...new Set(types)].filter((type) => resourceType(type) === undefined)).toEqual([]);
});
