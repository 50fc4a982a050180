/** What the independent check makes of a template before it hands it on. */
import { expect, test } from '@jest/globals';
import { inOrder, only, type Template, withPlainDefinitions } from './template.ts';

const template: Template = {
  Resources: {
    Rule: { Type: 'Rule', Properties: { Target: { 'Fn::GetAtt': ['Machine', 'Arn'] } } },
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      DependsOn: ['Policy'],
      Properties: {
        DefinitionString: {
          'Fn::Join': ['', ['{"Resource":"arn:', { Ref: 'AWS::Partition' }, ':', { Ref: 'Queue' }, '"}']],
        },
        RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
      },
    },
    Policy: { Type: 'Policy', DependsOn: 'Role', Properties: { Roles: [{ Ref: 'Role' }] } },
    Queue: { Type: 'Queue' },
    Role: { Type: 'Role', Properties: { Account: { Ref: 'AWS::AccountId' } } },
  },
};

test('every resource comes after all that it refers to', () => {
  expect(inOrder(template)).toEqual(['Role', 'Policy', 'Queue', 'Machine', 'Rule']);
});

test('what is left out becomes the ARN of nothing where it was referred to, and nobody waits for it', () => {
  expect(only(template, ['Queue', 'Machine'])).toEqual({
    Resources: {
      Queue: { Type: 'Queue', Properties: {} },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          DefinitionString: {
            'Fn::Join': ['', ['{"Resource":"arn:', { Ref: 'AWS::Partition' }, ':', { Ref: 'Queue' }, '"}']],
          },
          RoleArn: 'arn:aws:none:eu-west-1:123456789012:Role',
        },
      },
    },
  });
});

test('definitions become objects, the rest stays as it is', () => {
  const { Machine, ...rest } = withPlainDefinitions(template).Resources;
  const { Machine: before, ...others } = template.Resources;
  expect(Machine?.Properties).toEqual({
    Definition: { Resource: 'arn:aws:Queue' },
    RoleArn: before?.Properties?.RoleArn,
  });
  expect(rest).toEqual(others);
});
