import { describe, expect, test } from '@jest/globals';
import * as machineContracts from '../../core/contracts/functions.ts';
import * as jobContracts from '../../core/contracts/job-services.ts';
import { synthesize } from '../support/assembly.ts';

const resources = synthesize();
const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
const byCommand = new Map(functions.map(({ Properties }) => [Properties.ImageConfig.Command[0], Properties]));

const contracts = {
  webhook: machineContracts.webhook,
  resolve: machineContracts.resolve,
  lease: machineContracts.lease,
  open: machineContracts.open,
  turn: machineContracts.turn,
  prepare: machineContracts.prepare,
  guard: machineContracts.guard,
  approval: machineContracts.approval,
  record: machineContracts.record,
  rollback: machineContracts.rollback,
  settle: machineContracts.settle,
  command: machineContracts.command,
  sweep: machineContracts.sweep,
  'git-status': machineContracts.gitStatus,
  admit: jobContracts.admit,
  secrets: jobContracts.secrets,
  artifacts: jobContracts.artifacts,
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
