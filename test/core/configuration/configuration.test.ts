import { expect, test } from '@jest/globals';
import { isServed } from '../../../core/configuration/allowed.ts';
import { gitHubApiUrl } from '../../../core/configuration/github-urls.ts';
import { checkConfiguration, readConfiguration } from '../../../core/configuration/read.ts';

const problemsOf = (value: unknown) => {
  const checked = checkConfiguration(value);
  return 'problems' in checked ? checked.problems : [];
};

test('an empty one is complete: small jobs, github.com, and only the account and region it is deployed in', () => {
  const job = { vcpu: 1, memoryMiB: 2048, storageGiB: 30, maxVcpu: 256 };
  expect(readConfiguration({})).toEqual({
    repositories: 'any',
    github: {
      url: 'https://github.com',
      writesPerHour: 450,
      planDrafts: false,
      setUpPage: true,
      audit: true,
      webhookSources: [],
    },
    notifications: {
      mail: [],
      tell: ['asks', 'failed', 'rolled-back', 'broken', 'refused'],
      runbook: 'docs/runbook.md',
      longApplyHours: 2,
      longApprovalHours: 8,
    },
    architecture: 'arm64',
    network: { kind: 'public' },
    plans: { network: 'open', endpoints: [], providers: [] },
    jobs: { plan: job, apply: job, destroy: job, test: job },
    retention: { logs: 90, jobLogs: 180, events: 30, replacedVersions: 365 },
  });
});

test('what is set of a part leaves the rest of it as it is', () => {
  const { jobs, github } = readConfiguration({
    jobs: { apply: { vcpu: 4, memoryMiB: 8192 } },
    github: { url: 'https://github.example.com' },
  });
  expect(jobs.apply).toEqual({ vcpu: 4, memoryMiB: 8192, storageGiB: 30, maxVcpu: 256 });
  expect(jobs.plan.vcpu).toBe(1);
  expect(readConfiguration({ network: { kind: 'private' } }).network).toEqual({
    kind: 'private',
    natGateways: 1,
    endpoints: [],
  });
  expect(github).toEqual({
    url: 'https://github.example.com',
    writesPerHour: 450,
    planDrafts: false,
    setUpPage: true,
    audit: true,
    webhookSources: [],
  });
});

test('everything that is wrong is told at once, by file and field', () => {
  const broken = {
    repositories: ['acme', 'acme/shop', 'acme/shop'],
    accounts: [111122223333],
    region: ['eu-west-1'],
    github: {
      url: 'github.com',
      writesPerHour: 0,
      planDraft: true,
      webhookSources: ['192.30.252.0/22', '192.30.252.0/33', 'github.com'],
    },
    jobs: { plan: { vcpu: 3 }, apply: { storageGiB: 500, maxVcpu: 0.5 } },
    retention: { logs: 100, events: 32 },
  };
  expect(() => readConfiguration(broken)).toThrow(
    [
      'reading the configuration: put right what docs/configuration.md says otherwise',
      'belay.config.ts: repositories[0] must be `owner/name`, or `owner/*` for all of an owner',
      'belay.config.ts: repositories[2] `acme/shop` is listed twice',
      'belay.config.ts: accounts[0] must be a string, not 111122223333',
      'belay.config.ts: github.url must be `https://` and a host, without a path, such as `https://github.example.com`',
      'belay.config.ts: github.writesPerHour must be at least 1',
      'belay.config.ts: github.webhookSources[1] must be a range of addresses in CIDR notation, such as `192.30.252.0/22`',
      'belay.config.ts: github.webhookSources[2] must be a range of addresses in CIDR notation, such as `192.30.252.0/22`',
      'belay.config.ts: github.planDraft is not a known field; did you mean `planDrafts`?',
      'belay.config.ts: jobs.plan.vcpu must be a number of vCPUs Fargate has: 0.25, 0.5, 1, 2, 4, 8, 16, 32',
      'belay.config.ts: jobs.apply.storageGiB must be at most 200',
      'belay.config.ts: jobs.apply.maxVcpu must be a whole number, not 0.5',
      'belay.config.ts: retention.logs must be a number of days CloudWatch has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653',
      'belay.config.ts: retention.events must be at most 31: what is replayed later would be taken for new',
      'belay.config.ts: region is not a known field; did you mean `regions`?',
    ].join('\n'),
  );
});

test.each([
  [undefined, ['what it exports must be an object, not undefined']],
  [{ accounts: 'all' }, ["accounts must be a list, or 'any'"]],
  [{ accounts: [] }, ['accounts must name at least one']],
  [{ accounts: ['1234'] }, ['accounts[0] must be the 12 digits of an AWS account, as a string']],
  [{ regions: ['europe'] }, ['regions[0] must be an AWS region, such as `eu-west-1`']],
  [{ repositories: ['*'] }, ['repositories[0] must be `owner/name`, or `owner/*` for all of an owner']],
  [{ jobs: { validate: {} } }, ['jobs.validate is not a known field']],
  [
    { notifications: { mail: ['ops'], tell: ['asks', 'waiting', 'asks'], longApprovalHours: 24 } },
    [
      'notifications.mail[0] must be a mail address',
      'notifications.tell[1] must be one of asks, succeeded, failed, superseded, cancelled, nothing-to-do, refused, rolled-back, broken',
      'notifications.longApprovalHours must be at most 23',
    ],
  ],
  [{ notifications: { tell: ['asks', 'asks'] } }, ['notifications.tell[1] `asks` is listed twice']],
  [
    { network: 'private' },
    ["network must be { kind: 'public' }, { kind: 'private' } or { kind: 'existing' }"],
  ],
  [
    { network: { kind: 'privat' } },
    ["network.kind must be { kind: 'public' }, { kind: 'private' } or { kind: 'existing' }"],
  ],
  [
    { network: { kind: 'private', natGateways: 3, endpoints: ['RDS'], subnetIds: [] } },
    [
      'network.natGateways must be 0, 1 or 2',
      'network.endpoints[0] must be the name of a service, such as `rds` or `ecr.api`',
      'network.subnetIds is not a known field',
    ],
  ],
  [
    { plans: { network: 'closed' } },
    ['plans.providers must name at least one: closed plans reach no registry'],
  ],
  [{ plans: { network: 'shut' }, accounts: 'any' }, ['plans.network must be one of open, closed']],
  [
    { plans: { endpoints: ['ec2'], providers: [{ source: 'hashicorp/aws', version: '6.2.0' }] } },
    [
      "plans.endpoints is for `plans.network: 'closed'` only",
      "plans.providers is for `plans.network: 'closed'` only",
    ],
  ],
  [
    {
      plans: {
        network: 'closed',
        endpoints: ['EC2', 's3'],
        providers: [
          { source: 'aws', version: '~> 6.0' },
          { source: 'https://registry.example.com/acme/cloud', version: 'v1.2.3' },
          { source: 'hashicorp/aws $(id)', version: '6.2' },
          { source: 'hashicorp/aws', versions: ['6.2.0'] },
        ],
      },
    },
    [
      'plans.endpoints[0] must be the name of a service, such as `rds` or `ecr.api`',
      'plans.endpoints[1] need not name `s3`: a closed network reaches it in any case',
      ...[0, 1, 2].flatMap((index) => [
        `plans.providers[${index}].source must be the source address of a provider, such as \`hashicorp/aws\``,
        `plans.providers[${index}].version must be one exact version, such as \`6.2.0\``,
      ]),
      'plans.providers[3].version must be a string, not undefined',
      'plans.providers[3].versions is not a known field',
    ],
  ],
  [
    {
      plans: {
        network: 'closed',
        endpoints: ['ec2', 'ec2'],
        providers: ['6.2.0', '5.100.0', '6.2.0'].map((version) => ({ source: 'hashicorp/aws', version })),
      },
    },
    ['plans.providers[2] `hashicorp/aws 6.2.0` is listed twice', 'plans.endpoints[1] `ec2` is listed twice'],
  ],
  [
    {
      accounts: 'any',
      network: { kind: 'private', natGateways: 0 },
      plans: { network: 'closed', providers: [{ source: 'hashicorp/aws', version: '6.2.0-beta1' }] },
    },
    [
      "accounts must name your accounts where plans are closed: what plans reach is kept to them, and to `'any'` nothing can be kept",
      'plans.network closes nothing more where `network.natGateways: 0` closes every stage: give the others a way out, or leave `plans` out',
    ],
  ],
  [
    { network: { kind: 'existing', vpcId: 'vpc-1', subnetIds: [] } },
    [
      'network.vpcId must be the id of a VPC, such as `vpc-0a1b2c3d4e5f60718`',
      'network.subnetIds must name at least one',
    ],
  ],
])('%j: %j', (value, problems) => {
  expect(problemsOf(value)).toEqual(problems);
});

test('a list that no function has room for is refused', () => {
  const repositories = Array.from({ length: 200 }, (_, index) => `acme/repository-${index}`);
  expect(problemsOf({ repositories })).toEqual([
    "repositories is too long: 2000 characters with commas is what a function's environment has room for",
  ]);
});

test.each([
  [0.25, 512, undefined],
  [0.25, 1536, '512, 1024, 2048'],
  [1, 2048, undefined],
  [1, 8192, undefined],
  [1, 1024, '2048 to 8192 in steps of 1024'],
  [1, 9216, '2048 to 8192 in steps of 1024'],
  [8, 20_480, undefined],
  [8, 17_408, '16384 to 61440 in steps of 4096'],
  [16, 122_880, undefined],
  [32, 61_440, undefined],
  [32, 122_881, '61440, 122880, 249856'],
])('%d vCPU with %d MiB', (vcpu, memoryMiB, choose) => {
  const problem = `jobs.test.memoryMiB Fargate has no ${memoryMiB} MiB with ${vcpu} vCPU: choose ${choose}`;
  expect(problemsOf({ jobs: { test: { vcpu, memoryMiB } } })).toEqual(choose === undefined ? [] : [problem]);
});

test('a stage must be able to run one of its jobs', () => {
  expect(problemsOf({ jobs: { plan: { vcpu: 4, memoryMiB: 8192, maxVcpu: 2 } } })).toEqual([
    "jobs.plan.maxVcpu is less than one job's 4 vCPU, so that none could ever start: make it at least that",
  ]);
});

test.each([
  ['acme/shop', undefined, true],
  ['acme/shop', ['acme/shop'], true],
  ['ACME/Shop', ['acme/shop'], true],
  ['acme/shop', ['acme/*'], true],
  ['acme/shop-two', ['acme/shop'], false],
  ['acme-evil/shop', ['acme/*'], false],
  ['acme/shop', ['other/shop', 'other/*'], false],
])('%s of %j: %p', (name, served, expected) => {
  expect(isServed(name, served)).toBe(expected);
});

test.each([
  ['https://github.com', 'https://api.github.com'],
  ['https://acme.ghe.com', 'https://api.acme.ghe.com'],
  ['https://github.example.com', 'https://github.example.com/api/v3'],
  ['https://ghe.com.example.com:8443', 'https://ghe.com.example.com:8443/api/v3'],
])('the API of %s is at %s', (url, api) => {
  expect(gitHubApiUrl(url)).toBe(api);
});
