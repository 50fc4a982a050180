/** The roles in target accounts, as their template makes them, against what `sessions` really asks STS for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STSClient } from '@aws-sdk/client-sts';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { JobSpec } from '../../core/contracts/job.ts';
import { environmentRole } from '../../core/deployment/job-order.ts';
import { sessionOrder } from '../../core/job-sessions.ts';
import { stageSchema } from '../../core/words.ts';
import { stsSessions } from '../../lambdas/adapters/sessions.ts';
import { allowsPrincipal } from '../../local/iam/evaluate.ts';
import { policyDocumentSchema } from '../../local/iam/policy.ts';
import { clientOptions, httpServer } from '../support/http-server.ts';
import { specOf } from '../support/job-world.ts';

const SESSIONS = 'arn:aws:iam::123456789012:role/belay-sessions';
const template = parse(
  readFileSync(join(import.meta.dirname, '../../deploy/environment-roles.yaml'), 'utf8'),
);

const PARAMETERS: Readonly<Record<string, unknown>> = {
  PipelineAccount: '123456789012',
  ExternalIds: ['belay-7', 'belay-8'],
  Environments: ['dev', 'test-*'],
  PlanPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  ApplyPolicies: ['arn:aws:iam::111122223333:policy/network'],
  PermissionsBoundary: '',
  'AWS::Partition': 'aws',
};

/** What CloudFormation makes of a value; undefined for a property that is left out. */
function resolved(value: unknown, parameters = PARAMETERS): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, parameters));
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  if (name === 'Ref') return parameters[String(argument)];
  if (name === 'Fn::Sub')
    return String(argument).replace(/\$\{([^}]+)\}/g, (_, key) => String(parameters[key]));
  if (name === 'Fn::If') {
    const [condition, then, otherwise] = argument as unknown[];
    expect(condition).toBe('IsBounded');
    return resolved(parameters.PermissionsBoundary === '' ? otherwise : then, parameters);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, parameters)]));
}

interface Role {
  readonly RoleName: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly PermissionsBoundary?: string;
}
const roles = (parameters = PARAMETERS) =>
  ['PlanRole', 'ApplyRole'].map((id) => resolved(template.Resources[id].Properties, parameters) as Role);
const [planRole, applyRole] = roles() as [Role, Role];

/** The condition keys of the call that the function makes for a job, read from what it sends. */
async function request(spec: JobSpec) {
  const server = await httpServer(() => ({ status: 403, body: '' }));
  const order = sessionOrder(spec, 'environment', 'arn:aws:iam::123456789012:role/belay-state');
  if ('problem' in order) throw new Error(order.problem);
  await stsSessions(new STSClient({ ...clientOptions(server.url), maxAttempts: 1 }))
    .open(order)
    .catch(() => {});
  const sent = new URLSearchParams(server.requests[0]?.body);
  server.close();
  const keys = [...sent].filter(([name]) => /^Tags\.member\.\d+\.Key$/.test(name));
  const tags = keys.map(([name, key]) => [key, sent.get(name.replace('.Key', '.Value')) ?? ''] as const);
  return {
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': tags.map(([key]) => key),
    'sts:ExternalId': sent.get('ExternalId') ?? '',
  };
}

/** What the role's trust policy says to one of the two things that opening a session is. */
function trusts(action: string, keys: Readonly<Record<string, string | readonly string[]>>, by = SESSIONS) {
  const trust = policyDocumentSchema.parse(planRole.AssumeRolePolicyDocument).Statement;
  return allowsPrincipal(trust, by, { action, context: { ...keys, 'aws:PrincipalArn': by } });
}
const opens = (...asked: [Awaited<ReturnType<typeof request>>, string?]) =>
  trusts('sts:AssumeRole', ...asked) && trusts('sts:TagSession', ...asked);

test('both roles have the names that jobs are given, and the same trust', () => {
  const named = new Set(
    stageSchema.options.map((stage) => environmentRole('111122223333', 'eu-west-1', stage).split('/')[1]),
  );
  expect(named).toEqual(new Set([planRole.RoleName, applyRole.RoleName]));
  expect(applyRole.AssumeRolePolicyDocument).toEqual(planRole.AssumeRolePolicyDocument);
});

test('`sessions` opens them for a repository and an environment that the account has named', async () => {
  expect(opens(await request(specOf('plan')))).toBe(true);
  expect(opens(await request(specOf('apply')))).toBe(true);
});

test('for another repository it does not, whatever name that has', async () => {
  const spec = specOf('plan');
  expect(opens(await request({ ...spec, release: { ...spec.release, repository: 9 } }))).toBe(false);
});

test('for another environment it does not', async () => {
  expect(opens(await request(specOf('plan', { environment: 'prod' })))).toBe(false);
  expect(opens(await request(specOf('plan', { environment: 'test-4' })))).toBe(true);
});

test('nobody else opens them, and nobody without saying for what, or with tags of their own', async () => {
  const asked = await request(specOf('plan'));
  expect(opens(asked, 'arn:aws:iam::123456789012:role/Belay-ExecutorJobRole')).toBe(false);
  expect(opens(asked, 'arn:aws:iam::999999999999:role/belay-sessions')).toBe(false);
  const { 'aws:RequestTag/belay:release': _, ...silent } = asked as Record<string, string | string[]>;
  expect(trusts('sts:AssumeRole', silent)).toBe(false);
  expect(trusts('sts:TagSession', { ...asked, 'aws:TagKeys': ['belay:environment', 'team'] })).toBe(false);
});

test('a permissions boundary is set on both where the account has one', () => {
  expect(roles().map(({ PermissionsBoundary }) => PermissionsBoundary)).toEqual([undefined, undefined]);
  const boundary = 'arn:aws:iam::111122223333:policy/boundary';
  const bounded = roles({ ...PARAMETERS, PermissionsBoundary: boundary });
  expect(bounded.map(({ PermissionsBoundary }) => PermissionsBoundary)).toEqual([boundary, boundary]);
});
