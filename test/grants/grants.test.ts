/** What roles may do, as the stack is synthesized, is what docs/grants.md says, and everything there is used or explained. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../local/assembly/load.ts';
import { readUsed, writeDocument } from './document.ts';
import { staleExplanations } from './explained.ts';
import { grantsOf } from './grants.ts';

const root = join(import.meta.dirname, '../..');
const assembly = loadAssembly({ cdkOut: join(root, 'cdk.out'), endpoint: 'http://127.0.0.1:1' });
const grants = grantsOf(assembly);
const page = readFileSync(join(root, 'docs/grants.md'), 'utf8');
const used = readUsed(page);

test('every grant was used by a suite, or somebody says when it is needed', () => {
  expect(used.size).toBeGreaterThan(150);
  expect(writeDocument(grants, used)).toBe(page);
});

test('a grant that comes to it is told, with what to do', () => {
  const [one] = grants;
  if (one === undefined) throw new Error('the stack has no grants');
  const wide = { ...one, role: 'FunctionsTurnRole', action: 's3:*', resource: '*' };
  expect(() => writeDocument([...grants, wide], used)).toThrow(
    'grants that no suite uses and nobody explains:\n  FunctionsTurnRole | s3:* | * | ',
  );
});

test('no explanation is left of a grant that is gone, or used by now', () => {
  expect(staleExplanations(grants, used)).toEqual([]);
});

test('every role is trusted by who uses it, and by nobody else', () => {
  const uses = new Map<string, string>([
    ...assembly.functions.map(({ roleArn }) => [roleArn, 'lambda.amazonaws.com'] as const),
    ...assembly.stateMachines.map(({ roleArn }) => [roleArn, 'states.amazonaws.com'] as const),
    ...assembly.jobDefinitions.map(({ jobRoleArn }) => [jobRoleArn, 'ecs-tasks.amazonaws.com'] as const),
    ...assembly.rules.flatMap(({ targets }) =>
      targets.flatMap(({ roleArn }) =>
        roleArn === undefined ? [] : [[roleArn, 'events.amazonaws.com'] as const],
      ),
    ),
  ]);
  const others: Readonly<Record<string, string>> = {
    ExpiryRole: 'scheduler.amazonaws.com',
    ExecutorExecutionRole: 'ecs-tasks.amazonaws.com',
    'belay-state': 'arn:aws:iam::123456789012:role/belay-sessions',
  };
  const nameByArn = new Map(grants.map(({ roleArn, role }) => [roleArn, role]));
  for (const { arn, trust } of assembly.roles) {
    const trusted = trust.flatMap(({ Principal }) => Object.values(Principal ?? {}).flat());
    expect([arn, trusted]).toEqual([arn, [uses.get(arn) ?? others[nameByArn.get(arn) ?? '']]]);
    expect(new Set(trust.flatMap(({ Action }) => Action))).toEqual(new Set(['sts:AssumeRole']));
  }
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10,240 characters of inline policies a role, blanks not counted. */
test('no role outgrows what IAM takes', () => {
  for (const { arn, statements } of assembly.roles)
    expect([arn, JSON.stringify(statements).length < 8000]).toEqual([arn, true]);
});
