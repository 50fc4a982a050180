import { describe, expect, test } from '@jest/globals';
import { command as commandContract } from '../../core/contracts/command.ts';
import * as machineContracts from '../../core/contracts/functions.ts';
import * as jobContracts from '../../core/contracts/job-services.ts';
import { setUp } from '../../core/contracts/set-up.ts';
import { synthesized, text } from '../support/assembly.ts';

const resources = synthesized().Resources;
// The one zip function builds the images of the others: test/synth/images.test.ts.
const functions = Object.values(resources).filter(
  ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.PackageType === 'Image',
);
const byCommand = new Map(functions.map(({ Properties }) => [Properties.ImageConfig.Command[0], Properties]));

const contracts = {
  webhook: machineContracts.webhook,
  resolve: machineContracts.resolve,
  lease: machineContracts.lease,
  open: machineContracts.open,
  turn: machineContracts.turn,
  build: machineContracts.build,
  prepare: machineContracts.prepare,
  guard: machineContracts.guard,
  approval: machineContracts.approval,
  record: machineContracts.record,
  rollback: machineContracts.rollback,
  settle: machineContracts.settle,
  command: commandContract,
  sweep: machineContracts.sweep,
  'git-status': machineContracts.gitStatus,
  'set-up': setUp,
  admit: jobContracts.admit,
  secrets: jobContracts.secrets,
  artifacts: jobContracts.artifacts,
  sessions: jobContracts.sessions,
};

test('every contract is deployed, and nothing else', () => {
  expect([...byCommand.keys()].sort()).toEqual(
    Object.keys(contracts)
      .map((command) => `${command}.handler`)
      .sort(),
  );
});

describe.each(Object.entries(contracts))('%s', (command, contract) => {
  const properties = byCommand.get(`${command}.handler`);

  test('is given exactly the variables its contract names', () => {
    expect(Object.keys(properties?.Environment.Variables ?? {}).sort()).toEqual([...contract.env].sort());
  });

  test('is traced, on arm64, from the shared image', () => {
    expect(properties?.TracingConfig).toEqual({ Mode: 'Active' });
    expect(properties?.Architectures).toEqual(['arm64']);
    expect(properties?.PackageType).toBe('Image');
  });
});

test('no policy allows everything on everything, and `*` resources are few and known', () => {
  const statements = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter((statement) => [statement.Resource].flat().includes('*'));
  const actions = new Set(statements.flatMap((statement) => [statement.Action].flat()));
  expect([...actions].sort()).toEqual(
    [
      // None of these knows resources.
      'batch:DescribeJobs',
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'ecr:GetAuthorizationToken',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ].sort(),
  );
});

test('all a job may do itself is to call the functions that serve jobs', () => {
  const roles = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::Batch::JobDefinition')
    .map(({ Properties }) => text(Properties.ContainerProperties.JobRoleArn));
  expect(new Set(roles).size).toBe(1);
  const role = roles[0]?.replace(/^<|\.Arn>$/g, '');
  expect(resources[role ?? '']?.Properties.ManagedPolicyArns).toBeUndefined();
  const statements = Object.values(resources)
    .filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
    )
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(new Set(statements.flatMap(({ Action }) => [Action].flat()))).toEqual(
    new Set(['lambda:InvokeFunction']),
  );
  const called = statements.flatMap(({ Resource }) => [Resource].flat().map(text));
  const serving = Object.entries(resources)
    .filter(
      ([, { Type, Properties }]) =>
        Type === 'AWS::Lambda::Function' &&
        Properties.PackageType === 'Image' &&
        /^(admit|artifacts|secrets|sessions)\./.test(Properties.ImageConfig.Command[0]),
    )
    .map(([id]) => `<${id}.Arn>`);
  expect(called.sort()).toEqual(serving.sort());
});

test('what brings the history to Git deletes nothing else', () => {
  const ids = Object.entries(resources)
    .filter(([, { Properties }]) => Properties?.ImageConfig?.Command[0] === 'git-status.handler')
    .map(([, { Properties }]) => text(Properties.Role).replace(/^<|\.Arn>$/g, ''));
  const deletes = Object.values(resources)
    .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && ids.includes(Properties.Roles[0]?.Ref))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes('dynamodb:DeleteItem'));
  expect(deletes.map(({ Action, Condition }) => [Action, Condition])).toEqual([
    ['dynamodb:DeleteItem', { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*/history/*'] } }],
  ]);
});

test('the state role is assumed by nobody but `sessions`', () => {
  const role = Object.values(resources).find(({ Properties }) => Properties?.RoleName === 'belay-state');
  const [sessions] = Object.values(resources).filter(
    ({ Properties }) => Properties?.ImageConfig?.Command[0] === 'sessions.handler',
  );
  expect(role?.Properties.AssumeRolePolicyDocument.Statement).toEqual([
    { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: sessions?.Properties.Role } },
  ]);
});
