import { expect, test } from '@jest/globals';
import { idleCost, type PricedTemplate } from '../../../core/cost/idle.ts';
import { arithmetic, costLine, dollars } from '../../../core/cost/line.ts';
import { PRICES } from '../../../core/cost/prices.ts';
import { billedSeconds, releaseCost } from '../../../core/cost/release-cost.ts';
import type { DeploymentItem } from '../../../core/ledger/release-items.ts';
import type { JobTimesItem, OutcomeItem } from '../../../core/ledger/work-items.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 8, 0, 0) + seconds * 1000).toISOString();

const job = (
  stage: JobTimesItem['stage'],
  seconds: number,
  change: Partial<JobTimesItem> = {},
): JobTimesItem => ({
  ...{ environment: 'dev', component: 'app', pass: 'deploy', stage, jobId: `${stage}-1` },
  ...{ architecture: 'arm64', preparedAt: at(0) },
  times: {
    ...{ startedAt: at(30), endedAt: at(10 + seconds), failed: false, logBytes: 2_000_000 },
    pull: { startedAt: at(10), endedAt: at(25) },
    size: { vcpu: 1, memory: 2, storage: 30 },
    steps: [],
  },
  ...change,
});
const outcome = (component: string) =>
  ({ environment: 'dev', component, startedAt: at(0), endedAt: at(90) }) as OutcomeItem;
const deployment = { environment: 'dev', askedAt: at(0) } as DeploymentItem;

test('Fargate asks from the pull of the image to the end, and for a minute at least', () => {
  expect(billedSeconds(job('plan', 180.2))).toBe(181);
  expect(billedSeconds(job('plan', 5))).toBe(60);
  const { pull: _, ...times } = job('plan', 180).times;
  // Where Fargate does not tell, everything since it was ordered counts.
  expect(billedSeconds(job('plan', 180, { times }))).toBe(190);
});

test('what a target has cost adds up from its jobs, states and requests', () => {
  const cost = releaseCost({
    deployments: [deployment],
    outcomes: [outcome('app')],
    jobs: [job('plan', 180), job('apply', 180)],
  });
  const [target] = cost.targets;
  expect(target?.target).toBe('dev/app');
  const lines = new Map(target?.lines.map((line) => [line.price, arithmetic(line)]));
  // 360 s of 1 vCPU, 2 GB, 10 GB over the free ones, one address.
  expect(lines.get('fargateArmCpu')).toBe('0.1 vCPU-hour × $0.03238 = $0.0032');
  expect(lines.get('fargateArmMemory')).toBe('0.2 GB-hour × $0.00356 = $0.0007');
  expect(lines.get('fargateStorage')).toBe('1 GB-hour × $0.000111 = $0.0001');
  expect(lines.get('publicAddress')).toBe('0.1 hour × $0.005 = $0.0005');
  expect(lines.get('transition')).toBe('14 transition × $0.000025 = $0.0003');
  expect(lines.get('logs')).toBe('0.004 GB × $0.5 = $0.0020');
  expect(target?.usd).toBeCloseTo(0.0071, 3);
  // 18 states of the release and its environment, and some requests.
  expect(cost.usd - (target?.usd ?? 0)).toBeCloseTo(0.00067, 5);
});

test('other processors have another price; two sizes are added as they are', () => {
  const size = { vcpu: 4, memory: 8, storage: 20 };
  const big = job('apply', 180, { architecture: 'amd64', times: { ...job('apply', 180).times, size } });
  const { targets } = releaseCost({ deployments: [], outcomes: [], jobs: [job('plan', 180), big] });
  const lines = targets[0]?.lines.map(arithmetic);
  expect(lines).toContain('0.05 vCPU-hour × $0.03238 = $0.0016');
  expect(lines).toContain('0.2 vCPU-hour × $0.04048 = $0.0081');
});

test('four targets that were applied in one environment enter 74 states', () => {
  const names = ['one', 'two', 'three', 'four'];
  const jobs = names.flatMap((component) => [job('plan', 5, { component }), job('apply', 5, { component })]);
  const cost = releaseCost({ deployments: [deployment], outcomes: names.map(outcome), jobs });
  const states = [...cost.own, ...cost.targets.flatMap(({ lines }) => lines)]
    .filter(({ price }) => price === 'transition')
    .reduce((sum, { amount }) => sum + amount, 0);
  expect(states).toBe(74);
});

const build = (seconds: number, failed = false) => {
  const times = { startedAt: at(0), endedAt: at(seconds), failed, logBytes: 0, steps: [] };
  return job('plan', 0, { stage: 'build', jobId: `belay-app-arm64:${seconds}`, times });
};
const withImage = { ...outcome('app'), image: { reference: 'r', old: false } };
/** Without what requests cost. */
const linesOf = (outcomes: OutcomeItem[], jobs: JobTimesItem[]) => {
  const { targets } = releaseCost({ deployments: [], outcomes, jobs });
  const lines = targets.flatMap((target) => target.lines);
  const shown = lines.filter(({ price }) => price === 'transition' || price.startsWith('build'));
  return shown.map((line) => `${line.what}: ${arithmetic(line)}`);
};

test('a build is paid for by the minute begun, at the price of its processors; it is no job', () => {
  const jobs = [job('plan', 5), job('apply', 5)];
  expect(linesOf([withImage], [build(61), ...jobs])).toEqual([
    'builds of its image (arm64): 2 build minute (arm1.small) × $0.0034 = $0.0068',
    'states: 19 transition × $0.000025 = $0.0005',
  ]);
  expect(linesOf([withImage], [{ ...build(1), architecture: 'amd64' }, ...jobs])[0]).toBe(
    'builds of its image (amd64): 1 build minute (general1.small) × $0.005 = $0.0050',
  );
  // An image that was there was only looked for.
  expect(linesOf([withImage], jobs)).toEqual(['states: 16 transition × $0.000025 = $0.0004']);
});

test('a build that failed is paid for, and ends its target after seven states', () => {
  expect(linesOf([outcome('app')], [build(60, true)])).toEqual([
    'builds of its image (arm64): 1 build minute (arm1.small) × $0.0034 = $0.0034',
    'states: 7 transition × $0.000025 = $0.0002',
  ]);
});

test('a release of one target costs less than two cents', () => {
  const cost = releaseCost({
    deployments: [deployment],
    outcomes: [outcome('app')],
    jobs: [job('plan', 120), job('apply', 240), job('test', 60)],
  });
  expect(cost.usd).toBeLessThan(0.02);
});

test('a release without jobs costs its states and requests', () => {
  const { targets, own } = releaseCost({ deployments: [deployment], outcomes: [], jobs: [] });
  expect(targets).toEqual([]);
  expect(own.find(({ price }) => price === 'transition')?.amount).toBe(18);
});

const template = (types: Record<string, [type: string, properties?: object]>): PricedTemplate => ({
  Resources: Object.fromEntries(
    Object.entries(types).map(([id, [Type, Properties = {}]]) => [
      id,
      { Type, Properties: { ...Properties } },
    ]),
  ),
});
const many = (count: number, type: string): Record<string, [string]> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${type}${index}`, [type]]));

test('idle costs what is asked for by the month, and nothing that is asked for by use', () => {
  const cost = idleCost(
    template({
      Key: ['AWS::KMS::Key'],
      Token: ['AWS::SecretsManager::Secret', { Name: 'belay-pipeline/github-token' }],
      Queue: ['AWS::SQS::Queue'],
      Vpc: ['AWS::EC2::VPC'],
      Provider: ['Custom::Something'],
    }),
  );
  expect(cost.lines.map((line) => `${line.what}: ${dollars(line.usd)}`)).toEqual([
    'keys: $1.00',
    'secrets: $0.4000',
  ]);
  expect(cost.usd).toBeCloseTo(1.4, 10);
  expect(cost.unknown).toEqual([]);
});

test('ten alarms and three dashboards are free, what comes after them is not', () => {
  const free = template({ ...many(10, 'AWS::CloudWatch::Alarm'), ...many(3, 'AWS::CloudWatch::Dashboard') });
  expect(idleCost(free).usd).toBe(0);
  const more = template({ ...many(13, 'AWS::CloudWatch::Alarm'), ...many(4, 'AWS::CloudWatch::Dashboard') });
  expect(idleCost(more).usd).toBeCloseTo(3.3, 10);
});

test('a network with NAT, or with endpoints, is most of the bill', () => {
  const nat = template({ Nat: ['AWS::EC2::NatGateway'], Address: ['AWS::EC2::EIP'] });
  expect(idleCost(nat).usd).toBeCloseTo(32.85 + 3.65, 10);
  const endpoint = [
    'AWS::EC2::VPCEndpoint',
    { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] },
  ] as const;
  const gateway = ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }] as const;
  expect(idleCost(template({ One: [...endpoint], Two: [...gateway] })).usd).toBeCloseTo(14.6, 10);
});

test('a type nobody has said a price of is named', () => {
  expect(
    idleCost(template({ Cluster: ['AWS::RDS::DBCluster'], Host: ['AWS::EC2::Instance'] })).unknown,
  ).toEqual(['AWS::EC2::Instance', 'AWS::RDS::DBCluster']);
});

test.each([
  [0, '$0.0000'],
  [0.00001, 'less than $0.0001'],
  [0.01234, '$0.0123'],
  [1.9, '$1.90'],
])('%d dollars are written %s', (usd, text) => {
  expect(dollars(usd)).toBe(text);
});

test('arithmetic is in whole words, without powers of ten', () => {
  expect(arithmetic(costLine('reads', 29_200, 'tableRead'))).toBe(
    '29200 table read × $0.000000125 = $0.0037',
  );
  expect(arithmetic(costLine('memory', 1460, 'functionMemory'))).toContain('× $0.00001333 =');
});

test('every price says where it is from', () => {
  for (const { usd, per, source } of Object.values(PRICES)) {
    expect(usd).toBeGreaterThan(0);
    expect(per).not.toBe('');
    expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.*pricing/);
  }
});
