/** Reads who may do what: the roles with everything their policies say (inline, attached, managed) and who may be them, and the keys' policies. */
import { z } from 'zod';
import { policyDocumentSchema, type Statement } from '../iam/policy.ts';
import type { KeyDefinition, RoleDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { attributeOf, ignored, readAll, referenceTo } from './schema.ts';

const roleSchema = z.strictObject({
  RoleName: ignored,
  AssumeRolePolicyDocument: policyDocumentSchema,
  Description: ignored,
  ManagedPolicyArns: z.array(z.string()).default([]),
  MaxSessionDuration: ignored,
  Path: z.literal('/').optional(),
  PermissionsBoundary: z.undefined('permissions boundaries are not evaluated in the twin').optional(),
  Policies: z
    .array(z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocumentSchema }))
    .default([]),
  Tags: ignored,
});
const policySchema = z.strictObject({
  PolicyName: ignored,
  PolicyDocument: policyDocumentSchema,
  Roles: z.array(z.string()).default([]),
});
const managedPolicySchema = policySchema.extend({
  PolicyName: z.undefined().optional(),
  ManagedPolicyName: ignored,
  Description: ignored,
  Path: ignored,
});
const rolePolicySchema = z.strictObject({
  PolicyName: ignored,
  PolicyDocument: policyDocumentSchema,
  RoleName: z.string(),
});

/** Policies of AWS itself, reduced to what the twin serves. Logs, image pulls and traces are none of its services. */
const AWS_MANAGED: Readonly<Record<string, readonly Statement[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': [],
  'service-role/AmazonECSTaskExecutionRolePolicy': [],
  'service-role/AWSBatchServiceRole': [],
  AWSXRayDaemonWriteAccess: [],
};

/** The roles of the stack. */
export function readRoles(resolver: Resolver): RoleDefinition[] {
  const attached = new Map<string, Statement[]>();
  const attach = (to: string, statements: readonly Statement[]) =>
    attached.set(to, [...(attached.get(to) ?? []), ...statements]);
  const managed = new Map<string, readonly Statement[]>();

  readAll(resolver, { type: 'AWS::IAM::Policy', schema: policySchema }, (properties) => {
    for (const role of properties.Roles) attach(role, properties.PolicyDocument.Statement);
  });
  readAll(resolver, { type: 'AWS::IAM::RolePolicy', schema: rolePolicySchema }, (properties) =>
    attach(properties.RoleName, properties.PolicyDocument.Statement),
  );
  const managedReader = { type: 'AWS::IAM::ManagedPolicy', schema: managedPolicySchema };
  readAll(resolver, managedReader, (properties, resource) => {
    managed.set(referenceTo(resolver, resource), properties.PolicyDocument.Statement);
    for (const role of properties.Roles) attach(role, properties.PolicyDocument.Statement);
  });

  return readAll(resolver, { type: 'AWS::IAM::Role', schema: roleSchema }, (properties, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
    trust: properties.AssumeRolePolicyDocument.Statement,
    statements: [
      ...properties.Policies.flatMap((policy) => policy.PolicyDocument.Statement),
      ...properties.ManagedPolicyArns.flatMap(
        (arn) => managed.get(arn) ?? awsManaged(arn, resource.logicalId),
      ),
      ...(attached.get(resource.name) ?? []),
    ],
  }));
}

const keySchema = z.object({ KeyPolicy: policyDocumentSchema });

/** The KMS keys: the twin encrypts nothing, but who may use a key decides who may read what it encrypts. */
export function readKeys(resolver: Resolver): KeyDefinition[] {
  return readAll(resolver, { type: 'AWS::KMS::Key', schema: keySchema }, (properties, resource) => ({
    arn: attributeOf(resolver, resource, 'Arn'),
    policy: properties.KeyPolicy.Statement,
  }));
}

function awsManaged(arn: string, role: string): readonly Statement[] {
  const name = arn.replace(/^arn:aws:iam::aws:policy\//, '');
  const statements = AWS_MANAGED[name];
  if (statements !== undefined) return statements;
  throw new Error(
    `reading role "${role}": the twin does not know what the managed policy ${arn} allows; name it in local/assembly/roles.ts`,
  );
}
