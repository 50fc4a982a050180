/** The role that touches managed state. Nobody is it as a whole: `sessions` opens sessions of it that a policy narrows to one target. */
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { allow } from './allow.ts';
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
    const because = 'every session is narrowed to the objects of one target by a policy of its own';
    const { artifacts } = stores;
    allow(role, {
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: [artifacts.arnForObjects('*/state/*')],
      because,
    });
    allow(role, {
      actions: ['s3:DeleteObject'],
      resources: [artifacts.arnForObjects('*/state/*.tflock')],
      because,
    });
    allow(role, { actions: ['s3:ListBucket'], resources: [artifacts.bucketArn] });
    stores.useKey(role, 's3', 'Decrypt', 'GenerateDataKey');
  }
}
