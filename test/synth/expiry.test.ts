/** What schedules may do, and who may make them, as deployed. */
import { expect, test } from '@jest/globals';
import { synthesized, text } from '../support/assembly.ts';

const resources = synthesized().Resources;
const entries = Object.entries(resources);
const idOf = (type: string, part: string) =>
  entries.find(([id, { Type }]) => Type === type && id.startsWith(part))?.[0] ?? '';
const role = idOf('AWS::IAM::Role', 'ExpiryRole');
const queue = idOf('AWS::SQS::Queue', 'ExpiryDeadLetters');
const bus = idOf('AWS::Events::EventBus', 'Events');

interface Statement {
  readonly Action: string | string[];
  readonly Effect: string;
  readonly Resource: unknown;
  readonly Condition?: object;
}
const statementsOf = (id: string): Statement[] =>
  entries.flatMap(([, { Type, Properties }]) =>
    Type === 'AWS::IAM::Policy' && Properties.Roles.some((one: { Ref?: string }) => one.Ref === id)
      ? Properties.PolicyDocument.Statement
      : [],
  );
const roleOf = (command: string) =>
  entries.find(([, { Properties }]) => Properties?.ImageConfig?.Command?.[0] === `${command}.handler`)?.[1]
    .Properties.Role['Fn::GetAtt'][0];

test('a schedule may publish on the bus and leave what was not taken, and nothing else', () => {
  const statements = statementsOf(role);
  expect(statements.map(({ Action, Resource }) => [[Action].flat(), text(Resource)])).toEqual([
    [['events:PutEvents'], `<${bus}.Arn>`],
    [['sqs:SendMessage'], `<${queue}.Arn>`],
  ]);
  const [trust] = resources[role]?.Properties.AssumeRolePolicyDocument.Statement ?? [];
  expect(trust.Principal).toEqual({ Service: 'scheduler.amazonaws.com' });
  expect(Object.keys(trust.Condition.StringEquals)).toEqual(['aws:SourceAccount', 'aws:SourceArn']);
});

test('settle and sweep make and remove schedules of the group, and hand that one role on; nobody else does', () => {
  const makers = entries.flatMap(([, { Type, Properties }]) =>
    Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.PolicyDocument).includes('scheduler:')
      ? Properties.Roles.map((one: { Ref: string }) => one.Ref)
      : [],
  );
  expect(makers.sort()).toEqual([roleOf('settle'), roleOf('sweep')].sort());
  for (const maker of makers) {
    const statements = statementsOf(maker);
    const making = statements.find(({ Action }) => JSON.stringify(Action).includes('scheduler:'));
    expect(making?.Action).toEqual([
      'scheduler:CreateSchedule',
      'scheduler:DeleteSchedule',
      'scheduler:UpdateSchedule',
    ]);
    expect(text(making?.Resource)).toBe('arn:aws:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/belay/*');
    expect(statements.find(({ Action }) => Action === 'iam:PassRole')).toEqual({
      Action: 'iam:PassRole',
      Effect: 'Allow',
      Resource: { 'Fn::GetAtt': [role, 'Arn'] },
      Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    });
  }
});

test('the group is the one whose schedules they are', () => {
  const [group] = entries.filter(([, { Type }]) => Type === 'AWS::Scheduler::ScheduleGroup');
  expect(group?.[1].Properties).toEqual({ Name: 'belay' });
});

test('open removes what a renamed target leaves, and no other object', () => {
  const removing = statementsOf(roleOf('open')).find(({ Action }) => Action === 's3:DeleteObject');
  expect([removing?.Resource].flat().map((one) => text(one).replace(/^<[^>]*>/, ''))).toEqual([
    '/*/outputs/*',
    '/*/state/*',
  ]);
});
