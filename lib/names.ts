/** Physical names that other parts of the stack refer to without a reference (which would make a cycle) or that functions compute. */
import { ArnFormat, type Stack } from 'aws-cdk-lib/core';
import type { Architecture, Stage } from '../core/words.ts';

export const RELEASE_MACHINE = 'belay-release';
export const DEPLOYMENT_MACHINE = 'belay-deployment';

/** `prepare` computes the same name: one installation per account and region. */
export const jobDefinitionName = (stage: Stage, architecture: Architecture) =>
  `belay-${stage}-${architecture}`;

/** Roles that an environment's account provides for the tools; assumed by job roles, never by functions. */
export const environmentRole = (kind: 'plan' | 'apply') => `belay-environment-${kind}`;

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
