/** What every function of the stack has of its own, however its code is packed: a role that may write one log, and one version. */
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acceptPatterns } from './accepted.ts';

export interface FunctionRoleProps {
  /** The function's name to people. */
  readonly name: string;
  readonly logGroup: ILogGroup;
  /** For roles that others trust by name. @default CloudFormation's */
  readonly roleName?: string | undefined;
}

/** Instead of AWSLambdaBasicExecutionRole, which may write every log of the account. */
export function functionRole(scope: Construct, { name, logGroup, roleName }: FunctionRoleProps): Role {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `The function ${name} of Belay`,
    ...(roleName === undefined ? {} : { roleName }),
  });
  logGroup.grantWrite(role);
  acceptPatterns(role, 'X-Ray knows no resources', ['*']);
  return role;
}
