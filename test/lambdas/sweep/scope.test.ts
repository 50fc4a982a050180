import { expect, test } from '@jest/globals';
import { repositoryOf } from '../../../lambdas/sweep/scope.ts';

test.each([
  [
    'a Deployment',
    '{"release":{"id":"20261120-1111111-1","repository":7,"commit":"1"},"environment":"dev"}',
    7,
  ],
  ['a Release of a push', '{"delivery":"d","repository":{"id":8,"fullName":"acme/shop"}}', 8],
  ['a Release of a command', '{"operation":"destroy","repository":{"id":9}}', 9],
  ['another machine', '{"repository":"acme/shop"}', undefined],
  ['an input that was too long for the event', null, undefined],
  ['the schedule', undefined, undefined],
])('%s', (_, input, repository) => {
  expect(repositoryOf(input)).toBe(repository);
});
