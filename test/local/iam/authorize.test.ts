import { expect, test } from '@jest/globals';
import { createAuthorize } from '../../../local/iam/authorize.ts';
import { policyDocumentSchema } from '../../../local/iam/policy.ts';
import { keyUse } from '../../../local/wire/kms.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';

const statements = (...Statement: object[]) =>
  policyDocumentSchema.parse({ Version: '2012-10-17', Statement }).Statement;
const roleArn = 'arn:aws:iam::123456789012:role/plan';
const stateArn = 'arn:aws:iam::123456789012:role/state';
const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/k';
const principals = createPrincipals({ now: () => 0, after: () => () => {} });

const authorize = createAuthorize({
  roles: [
    {
      arn: roleArn,
      trust: [],
      statements: statements(
        { Effect: 'Allow', Action: ['s3:*', 'sqs:SendMessage', 'sts:AssumeRole'], Resource: '*' },
        { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' },
      ),
    },
    {
      arn: stateArn,
      trust: statements({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: roleArn } }),
      statements: statements({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }),
    },
  ],
  keys: [
    {
      arn: keyArn,
      policy: statements(
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::123456789012:root' },
          Action: 'kms:*',
          Resource: '*',
        },
        {
          Effect: 'Allow',
          Principal: { AWS: roleArn },
          Action: 'kms:Decrypt',
          Resource: '*',
          Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } },
        },
      ),
    },
  ],
});

test('says what a role may do, and why not', () => {
  const principal = principals.openSession(roleArn);
  expect(authorize({ principal, action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' })).toBeUndefined();
  expect(authorize({ principal, action: 's3:DeleteObject', resource: 'arn:aws:s3:::b/k' })).toBe(
    'of an explicit deny in an identity-based policy',
  );
  expect(authorize({ principal, action: 'sqs:ReceiveMessage', resource: 'arn:q' })).toBe(
    'no identity-based policy allows the sqs:ReceiveMessage action',
  );
});

test('a role is assumed only by whom its trust policy names, and who may assume it', () => {
  const assume = (by: string, resource: string) =>
    authorize({ principal: principals.openSession(by), action: 'sts:AssumeRole', resource });
  expect(assume(roleArn, stateArn)).toBeUndefined();
  expect(assume(stateArn, stateArn)).toBe('its trust policy does not let the role assume it');
  expect(assume(stateArn, roleArn)).toBe('its trust policy does not let the role assume it');
  expect(assume(roleArn, 'arn:aws:iam::999999999999:role/elsewhere')).toBeUndefined();
});

test('a session policy only narrows', () => {
  const sessionPolicies = [
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['s3:GetObject', 'batch:*'], Resource: 'arn:aws:s3:::b/mine/*' },
      ],
    }),
  ];
  const principal = principals.openSession(roleArn, { sessionPolicies });
  expect(authorize({ principal, action: 's3:GetObject', resource: 'arn:aws:s3:::b/mine/k' })).toBeUndefined();
  expect(authorize({ principal, action: 's3:GetObject', resource: 'arn:aws:s3:::b/other' })).toBe(
    'no session policy allows the s3:GetObject action',
  );
  expect(authorize({ principal, action: 'batch:SubmitJob', resource: 'arn:aws:s3:::b/mine/k' })).toBe(
    'no identity-based policy allows the batch:SubmitJob action',
  );
});

test('a key policy that names the role is enough; one that trusts the account is not', () => {
  const principal = principals.openSession(roleArn);
  const through = (service: 's3' | 'secretsmanager', use: 'Decrypt' | 'GenerateDataKey') =>
    authorize({ principal, ...keyUse(service, use, { key: keyArn, region: 'eu-west-1' }) });
  expect(through('secretsmanager', 'Decrypt')).toBeUndefined();
  expect(through('s3', 'Decrypt')).toBe('no identity-based policy allows the kms:Decrypt action');
  expect(through('secretsmanager', 'GenerateDataKey')).toBe(
    'no identity-based policy allows the kms:GenerateDataKey action',
  );
});

test('a session policy narrows what a key policy gives to the role', () => {
  const sessionPolicies = ['{"Version":"2012-10-17","Statement":[]}'];
  const principal = principals.openSession(roleArn, { sessionPolicies });
  const use = keyUse('secretsmanager', 'Decrypt', { key: keyArn, region: 'eu-west-1' });
  expect(authorize({ principal, ...use })).toBe('no session policy allows the kms:Decrypt action');
});

test('a role of another account may do nothing here, but ask who it is', () => {
  const principal = principals.openSession('arn:aws:iam::111122223333:role/elsewhere');
  expect(authorize({ principal, action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' })).toBe(
    'arn:aws:iam::111122223333:role/elsewhere is not a role of the synthesized stack',
  );
  expect(authorize({ principal, action: 'sts:GetCallerIdentity' })).toBeUndefined();
});
