/** How comments and presses get from the bus to `command`, as deployed. */
import { expect, test } from '@jest/globals';
import { synthesized, text } from '../support/assembly.ts';

const entries = Object.entries(synthesized().Resources);
const commandId = entries.find(
  ([, { Properties }]) => Properties?.ImageConfig?.Command?.[0] === 'command.handler',
)?.[0];
const [ruleId, rule] =
  entries.find(
    ([, { Type, Properties }]) =>
      Type === 'AWS::Events::Rule' && Properties.EventPattern?.['detail-type']?.[0] === 'Said on GitHub',
  ) ?? [];

test('what is said on GitHub is handed to the function command, and to nobody else', () => {
  expect(rule?.Properties.EventPattern).toEqual({
    source: ['belay.webhook'],
    'detail-type': ['Said on GitHub'],
  });
  const [target, ...more] = rule?.Properties.Targets ?? [];
  expect(more).toEqual([]);
  expect([text(target.Arn), target.InputPath]).toEqual([`<${commandId}.Arn>`, '$.detail']);
  // An order of an hour ago is repeated by whoever still wants it; what could not be handed over is kept.
  expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 });
  expect(text(target.DeadLetterConfig.Arn)).toMatch(/^<IngressDeadLetters\w+\.Arn>$/);
});

test('a command the function failed at three times, or that came too late for it, is kept', () => {
  const configs = entries.filter(
    ([, { Type, Properties }]) =>
      Type === 'AWS::Lambda::EventInvokeConfig' && text(Properties.FunctionName) === `<${commandId}>`,
  );
  expect(configs).toHaveLength(1);
  const config = configs[0]?.[1].Properties ?? {};
  expect(config).toMatchObject({
    MaximumEventAgeInSeconds: 3600,
    MaximumRetryAttempts: 2,
    Qualifier: '$LATEST',
  });
  const queue = text(config.DestinationConfig.OnFailure.Destination);
  expect(queue).toMatch(/^<IngressCommandDeadLetters\w+\.Arn>$/);
  // Lambda sends it as the function's own role.
  const role = text(entries.find(([id]) => id === commandId)?.[1].Properties.Role).replace('.Arn>', '>');
  const sends = entries
    .filter(
      ([, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && Properties.Roles.map(text).includes(role),
    )
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(
      ({ Action, Resource }) =>
        [Action].flat().includes('sqs:SendMessage') && [Resource].flat().map(text).includes(queue),
    );
  expect(sends.map(({ Effect }) => Effect)).toEqual(['Allow']);
});

test('only that rule, and no account but ours, may call the function', () => {
  const permissions = entries
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Permission')
    .map(([, { Properties }]) => Properties)
    .filter(({ FunctionName }) => text(FunctionName) === `<${commandId}.Arn>`);
  expect(permissions.map(({ Principal, SourceArn }) => [Principal, text(SourceArn)])).toEqual([
    ['events.amazonaws.com', `<${ruleId}.Arn>`],
  ]);
});

test('what a comment asks for starts a release by the bus, like a push, and can be replayed', () => {
  const archive = entries.find(([, { Type }]) => Type === 'AWS::Events::Archive')?.[1];
  expect(archive?.Properties.EventPattern).toEqual({ source: ['belay.webhook', 'belay.command'] });
});
