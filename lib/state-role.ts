/** The role that touches managed state. Nobody is it as a whole: `sessions` opens sessions of it that a policy narrows to one target. */
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import { STATE_ROLE } from './names.ts';
import type { Stores } from './stores.ts';

export interface StateRoleProps {
  readonly stores: Stores;
  readonly functions: Functions;
}

export class StateRole extends Construct {
  constructor(scope: Construct, id: string, { stores, functions }: StateRoleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      roleName: STATE_ROLE,
      assumedBy: functions.sessions.grantPrincipal,
      description: 'Managed state; only in sessions narrowed to one target',
    });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    allow(['s3:GetObject', 's3:PutObject'], [stores.artifacts.arnForObjects('*/state/*')]);
    allow(['s3:DeleteObject'], [stores.artifacts.arnForObjects('*/state/*.tflock')]);
    allow(['s3:ListBucket'], [stores.artifacts.bucketArn]);
    stores.key.grantEncryptDecrypt(role);
  }
}
