import { expect, test } from '@jest/globals';
import { asText, type Finding } from '../../doctor/finding.ts';
import { about, examined, NARROW, STACK, TOOLKIT } from './account.ts';

test('all is well: every check says so, in its order', async () => {
  expect(await examined()).toEqual([
    { check: 'configuration', verdict: 'ok', message: 'belay.config.ts is valid' },
    { check: 'account', verdict: 'ok', message: '123456789012, eu-west-1' },
    { check: 'bootstrap', verdict: 'ok', message: 'the CDK is set up, version 28' },
    {
      check: 'Fargate',
      verdict: 'ok',
      message: 'the account may run 100 vCPU at once: 100 plan jobs; more wait',
    },
    { check: 'Lambda', verdict: 'ok', message: 'the account may run 1000 functions at once' },
    { check: 'stack', verdict: 'ok', message: 'Belay is CREATE_COMPLETE: deployed' },
    { check: 'releases', verdict: 'ok', message: 'none is under way' },
    {
      check: 'GitHub',
      verdict: 'ok',
      message: 'the App belay-acme is installed in acme, with the permissions and events it needs',
    },
  ]);
});

test('without credentials the configuration is checked, and the rest named', async () => {
  const place = async () => {
    throw new Error('Could not load credentials from any providers');
  };
  expect(await examined({ aws: { place } })).toEqual([
    { check: 'configuration', verdict: 'ok', message: 'belay.config.ts is valid' },
    {
      check: 'account',
      verdict: 'unchecked',
      message:
        'not looked at without AWS credentials and a region: bootstrap, Fargate, Lambda, stack, releases, GitHub (Could not load credentials from any providers)',
    },
  ]);
});

test('every field that is wrong is a problem of its own, and no account is asked', async () => {
  const place = async () => {
    throw new Error('asked');
  };
  const findings = await examined({
    configuration: { accounts: ['1'], jobs: { plan: { vcpu: 3 } } },
    aws: { place },
  });
  expect(findings.map(({ verdict, message }) => [verdict, message])).toEqual([
    ['problem', 'belay.config.ts: accounts[0] must be the 12 digits of an AWS account, as a string'],
    [
      'problem',
      'belay.config.ts: jobs.plan.vcpu must be a number of vCPUs Fargate has: 0.25, 0.5, 1, 2, 4, 8, 16, 32',
    ],
    [
      'unchecked',
      'not looked at without a configuration: account, bootstrap, Fargate, Lambda, stack, releases, GitHub',
    ],
  ]);
});

test('a file that cannot be read is a problem', async () => {
  const [finding] = await examined({ configuration: new Error("Expected ',', got 'accounts'") });
  expect(finding).toMatchObject({
    verdict: 'problem',
    message: "belay.config.ts cannot be read: Expected ',', got 'accounts'",
  });
});

test("what is open to 'any' is said, and what is left out is not", async () => {
  const wide = { ...NARROW, repositories: 'any', accounts: 'any', regions: 'any' };
  const advised = (findings: readonly Finding[]) =>
    findings.filter(({ verdict }) => verdict === 'advice').map(({ check }) => check);
  expect(advised(await examined({ configuration: wide }))).toEqual(['repositories', 'accounts', 'regions']);
  const { notifications } = NARROW;
  expect(advised(await examined({ configuration: { notifications } }))).toEqual(['repositories']);
});

test.each([{}, { runbook: 'wiki/runbook' }])(
  'a runbook that no link leads to is said: %j',
  async (notifications) => {
    const { runbook = 'docs/runbook.md' } = notifications as { runbook?: string };
    expect(await about('runbook', { configuration: { ...NARROW, notifications } })).toEqual([
      {
        check: 'runbook',
        verdict: 'advice',
        message: `${runbook} is no URL: alarms and messages link to nothing`,
        todo: "say where your copy is read: notifications: { runbook: 'https://github.com/owner/belay/blob/main/docs/runbook.md' }",
      },
    ]);
  },
);

test.each([
  [undefined, 'the CDK is not set up in 123456789012/eu-west-1'],
  [{ ...TOOLKIT, outputs: { BootstrapVersion: '5' } }, 'the CDK is set up in version 5; 6 is needed'],
])('a region that the CDK cannot deploy to: %j', async (CDKToolkit, message) => {
  expect(await about('bootstrap', { stacks: { CDKToolkit } })).toEqual([
    {
      check: 'bootstrap',
      verdict: 'problem',
      message,
      todo: 'npx cdk bootstrap aws://123456789012/eu-west-1',
    },
  ]);
});

test('the quota of a new account is advice; one that no job fits in is a problem', async () => {
  const fargateVcpus = async () => 6;
  const ask =
    'ask for more: aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-3032A538 --desired-value';
  expect(await about('Fargate', { aws: { fargateVcpus } })).toEqual([
    {
      check: 'Fargate',
      verdict: 'advice',
      message: 'the account may run 6 vCPU at once: 6 plan jobs; more wait',
      todo: `${ask} 40`,
    },
  ]);
  const configuration = { ...NARROW, jobs: { apply: { vcpu: 8, memoryMiB: 16_384 } } };
  expect(await about('Fargate', { configuration, aws: { fargateVcpus } })).toEqual([
    {
      check: 'Fargate',
      verdict: 'problem',
      message: 'the account may run 6 vCPU at once, less than one apply job has (8)',
      todo: `make it smaller in jobs.apply, or ${ask} 80`,
    },
  ]);
});

test('ten functions at once, as a new account has, are advice', async () => {
  const [finding] = await about('Lambda', { aws: { concurrentFunctions: async () => 10 } });
  expect(finding).toMatchObject({
    verdict: 'advice',
    message: expect.stringMatching(/^the account may run 10 functions at once: .*throttled/),
    todo: expect.stringContaining('--quota-code L-B99A9384 --desired-value 1000'),
  });
});

test.each([
  [undefined, 'problem', 'Belay is not deployed'],
  ['DELETE_COMPLETE', 'problem', 'Belay is not deployed'],
  ['ROLLBACK_COMPLETE', 'problem', 'Belay is ROLLBACK_COMPLETE: its first deployment failed'],
  [
    'UPDATE_ROLLBACK_FAILED',
    'problem',
    'Belay is UPDATE_ROLLBACK_FAILED: its last change failed and stays half done',
  ],
  ['DELETE_FAILED', 'problem', 'Belay is DELETE_FAILED: its last change failed and stays half done'],
  ['UPDATE_IN_PROGRESS', 'advice', 'Belay is UPDATE_IN_PROGRESS: it is being changed just now'],
  [
    'UPDATE_ROLLBACK_COMPLETE',
    'advice',
    'Belay is UPDATE_ROLLBACK_COMPLETE: the last deployment failed; the one before it is in force',
  ],
  ['UPDATE_COMPLETE', 'ok', 'Belay is UPDATE_COMPLETE: deployed'],
])('a stack that is %s: %s', async (status, verdict, message) => {
  const Belay = status === undefined ? undefined : { ...STACK, status };
  const [finding] = await about('stack', { stacks: { Belay } });
  expect(finding).toMatchObject({ verdict, message });
  expect(finding?.todo === undefined).toBe(verdict === 'ok');
});

test('a stack whose first deployment failed is protected: what is advised lifts that first', async () => {
  const Belay = { ...STACK, status: 'ROLLBACK_COMPLETE' };
  const [finding] = await about('stack', { stacks: { Belay } });
  expect(finding?.todo).toBe(
    'read its events in CloudFormation, mend what they name, delete it (aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name Belay && aws cloudformation delete-stack --stack-name Belay), then npx cdk deploy Belay; docs/install.md#when-a-deployment-fails',
  );
});

test('releases under way are told before somebody deploys', async () => {
  expect(await about('releases', { aws: { releasesUnderWay: async () => 2 } })).toEqual([
    {
      check: 'releases',
      verdict: 'advice',
      message: '2 are under way',
      todo: 'before you deploy read docs/install.md#upgrade',
    },
  ]);
});

test('a question that is not answered stops no other', async () => {
  const fargateVcpus = async () => {
    throw new Error('User: x is not authorized to perform: servicequotas:GetServiceQuota');
  };
  const findings = await examined({ aws: { fargateVcpus } });
  expect(findings.find(({ check }) => check === 'Fargate')).toEqual({
    check: 'Fargate',
    verdict: 'unchecked',
    message: 'User: x is not authorized to perform: servicequotas:GetServiceQuota',
  });
  expect(findings.filter(({ verdict }) => verdict === 'ok')).toHaveLength(7);
});

test('people read one line a finding, what to do below it, and the sum', () => {
  expect(
    asText([
      { check: 'stack', verdict: 'ok', message: 'deployed' },
      { check: 'bootstrap', verdict: 'problem', message: 'not set up', todo: 'npx cdk bootstrap' },
      { check: 'accounts', verdict: 'advice', message: 'any', todo: 'name yours' },
      { check: 'GitHub', verdict: 'unchecked', message: 'later' },
    ]),
  ).toBe(
    [
      '✓ stack      deployed',
      '✗ bootstrap  not set up',
      '             → npx cdk bootstrap',
      '! accounts   any',
      '             → name yours',
      '– GitHub     later',
      '',
      '1 to put right, 1 to know, 1 not checked',
      '',
    ].join('\n'),
  );
});
