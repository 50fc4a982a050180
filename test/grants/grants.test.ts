/** What roles may do, as the stack is synthesized, is what docs/grants.md says, and everything there is used or explained. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../local/assembly/load.ts';
import { evaluate } from '../../local/iam/evaluate.ts';
import { readUsed, unexplained, writeDocument } from './document.ts';
import { staleExplanations } from './explained.ts';
import { grantsOf } from './grants.ts';

const root = join(import.meta.dirname, '../..');
const assembly = loadAssembly({ cdkOut: join(root, 'cdk.out'), endpoint: 'http://127.0.0.1:1' });
const grants = grantsOf(assembly);
const file = join(root, 'docs/grants.md');
const nameByArn = new Map(grants.map(({ roleArn, role }) => [roleArn, role]));
const used = readUsed(readFileSync(file, 'utf8'));

test('every grant was used by a suite, or somebody says when it is needed', () => {
  expect(used.size).toBeGreaterThan(150);
  expect(unexplained(grants, used)).toEqual([]);
});

test('a grant that comes to it needs an explanation', () => {
  const wide = grants.slice(0, 1).map((one) => ({ ...one, role: 'FunctionsTurnRole', action: 's3:*' }));
  expect(unexplained([...grants, ...wide], used)).toEqual([
    expect.stringMatching(/^FunctionsTurnRole \| s3:\* /),
  ]);
});

test('docs/grants.md is about this stack', () => {
  if (process.env.BELAY_WRITE_GRANTS !== undefined) writeFileSync(file, writeDocument(grants, used));
  expect(writeDocument(grants, used)).toBe(readFileSync(file, 'utf8'));
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
  // Who else makes use of a role, by its name.
  const others: readonly (readonly [RegExp, string])[] = [
    [/^(ExpiryRole|SchedulerRoleForTarget.*)$/, 'scheduler.amazonaws.com'],
    [/^ExecutorExecutionRole$/, 'ecs-tasks.amazonaws.com'],
    [/(ImageBuild|AppBuildsRole)(arm|amd)64(Role)?$/, 'codebuild.amazonaws.com'],
    [/^ImageBuildsRole$/, 'lambda.amazonaws.com'],
    [/^NotificationsPublisher$/, 'events.amazonaws.com'],
    [/^belay-state$/, 'arn:aws:iam::123456789012:role/belay-sessions'],
  ];
  for (const { arn, trust } of assembly.roles) {
    const name = nameByArn.get(arn) ?? '';
    const user = uses.get(arn) ?? others.find(([pattern]) => pattern.test(name))?.[1];
    const trusted = trust.flatMap(({ Principal }) => Object.values(Principal ?? {}).flat());
    expect([name, trusted]).toEqual([name, [user]]);
    expect(new Set(trust.flatMap(({ Action }) => Action))).toEqual(new Set(['sts:AssumeRole']));
  }
});

test('to whom the set-up page is open is written and read by `set-up` alone, and nothing else by it', () => {
  const { region, account } = assembly.place;
  const resource = `arn:aws:dynamodb:${region}:${account}:table/${assembly.tables[0]?.name}`;
  const mayOf = (leading: string) =>
    assembly.roles.flatMap(({ arn, statements }) =>
      ['Get', 'Put', 'Update', 'Delete', 'BatchGet', 'BatchWrite']
        .map((what) => `dynamodb:${what}Item`)
        .concat('dynamodb:Query', 'dynamodb:Scan')
        .filter((action) => {
          const context = { 'dynamodb:LeadingKeys': leading };
          return evaluate(statements, { action, resource, context }) === 'allowed';
        })
        .map((action) => `${nameByArn.get(arn)} ${action}`),
    );
  expect(mayOf('set-up')).toEqual([
    'FunctionsSetUpRole dynamodb:GetItem',
    'FunctionsSetUpRole dynamodb:PutItem',
  ]);
  const others = mayOf('1/release/20261120-1111111-1');
  expect(others).toContain('FunctionsTurnRole dynamodb:UpdateItem');
  expect(others.join()).not.toContain('FunctionsSetUpRole');
});

test('no role of the stack may invoke `set-up`, and so open its page', () => {
  const resource = assembly.functions.find(({ handler }) => handler === 'set-up.handler')?.arn;
  expect(resource).toContain(':function:Belay-FunctionsSetUp');
  const may = assembly.roles.filter(
    ({ statements }) =>
      evaluate(statements, { action: 'lambda:InvokeFunction', resource, context: {} }) === 'allowed',
  );
  expect(may.map(({ name }) => name)).toEqual([]);
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10,240 characters of inline policies a role, blanks not counted. */
test('no role outgrows what IAM takes', () => {
  for (const { arn, statements } of assembly.roles)
    expect([arn, JSON.stringify(statements).length < 8000]).toEqual([arn, true]);
});
