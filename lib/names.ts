/** Physical names that other parts of the stack refer to without a reference, which would make a cycle. */
import { ArnFormat, type Stack } from 'aws-cdk-lib/core';

export const RELEASE_MACHINE = 'belay-release';
export const DEPLOYMENT_MACHINE = 'belay-deployment';

/** All executions of a machine, including the children of its Distributed Map. */
export function executionsOf(stack: Stack, machine: string): string[] {
  return [`${machine}:*`, `${machine}/*`].map((resourceName) =>
    stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
}

/** A machine by its name, and the child machine of its Distributed Map, for permissions on task tokens. */
export function machineArns(stack: Stack, machine: string): string[] {
  return [machine, `${machine}/*`].map((resourceName) =>
    stack.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
}
