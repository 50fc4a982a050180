import { expect, test } from '@jest/globals';
import { sessionOrder } from '../../core/job-sessions.ts';
import type { Stage } from '../../core/words.ts';
import { specOf } from '../support/job-world.ts';

const STATE_ROLE = 'arn:aws:iam::123456789012:role/belay-state';
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/k';

function policyOf(stage: Stage) {
  const spec = specOf(stage);
  const order = sessionOrder({ ...spec, state: { ...spec.state, kmsKeyArn: KEY } }, 'state', STATE_ROLE);
  if ('problem' in order) throw new Error(order.problem);
  expect(order).toMatchObject({ role: STATE_ROLE, sessionName: '20261121-c0ffee1-1' });
  return JSON.parse(order.policy ?? '');
}

const OWN = 'arn:aws:s3:::artifacts/7/state/dev/app.tfstate';
const context = {
  StringEquals: {
    'kms:EncryptionContext:aws:s3:arn': ['arn:aws:s3:::artifacts', OWN, `${OWN}.tflock`],
  },
};
const listing = {
  Effect: 'Allow',
  Action: ['s3:ListBucket'],
  Resource: 'arn:aws:s3:::artifacts',
  Condition: { StringEqualsIfExists: { 's3:prefix': 'env:/' } },
};

test('a plan may read the state of its target', () => {
  expect(policyOf('plan')).toEqual({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject'], Resource: OWN },
      listing,
      { Effect: 'Allow', Action: ['kms:Decrypt'], Resource: KEY, Condition: context },
    ],
  });
});

test.each<Stage>(['apply', 'destroy'])('%s may write it and its lock, and take the lock away', (stage) => {
  expect(policyOf(stage)).toEqual({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: OWN },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        Resource: `${OWN}.tflock`,
      },
      listing,
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: KEY,
        Condition: context,
      },
    ],
  });
});

test('the longest names fit into what STS takes: 2,048 characters', () => {
  const long = 'n'.repeat(40);
  const spec = specOf('apply');
  const state = {
    bucket: 'b'.repeat(63),
    key: `12345678901/state/${long}/${long}.tfstate`,
    kmsKeyArn: 'arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-12345678901234567890123456789012',
  };
  const order = sessionOrder({ ...spec, state }, 'state', STATE_ROLE.replace('aws', 'aws-us-gov'));
  expect('policy' in order && order.policy?.length).toBeLessThanOrEqual(2048);
});

test("the environment's role is that of the job's own target, and the session says whose it is", () => {
  expect(sessionOrder(specOf('plan'), 'environment', STATE_ROLE)).toEqual({
    role: 'arn:aws:iam::111122223333:role/belay-plan',
    sessionName: '20261121-c0ffee1-1',
    tags: {
      'belay:release': '20261121-c0ffee1-1',
      'belay:repository': 'acme/shop',
      'belay:environment': 'dev',
      'belay:component': 'app',
    },
    externalId: 'belay-7',
  });
});

test('stages that need nobody are nobody', () => {
  expect(sessionOrder(specOf('validate'), 'environment', STATE_ROLE)).toEqual({
    problem: 'a validate job looks at the code alone and works as nobody',
  });
  expect(sessionOrder(specOf('validate'), 'state', STATE_ROLE)).toEqual({
    problem: 'a validate job has nothing to do with the state',
  });
  expect(sessionOrder(specOf('test'), 'state', STATE_ROLE)).toEqual({
    problem: 'a test job has nothing to do with the state',
  });
  expect(sessionOrder(specOf('test'), 'environment', STATE_ROLE)).not.toHaveProperty('problem');
});
