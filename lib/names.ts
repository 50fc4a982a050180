/** Physical names that other parts of the stack refer to without a reference, which would make a cycle. */
import { ArnFormat, type Stack } from 'aws-cdk-lib/core';
import { APP_REPOSITORIES } from '../core/app-image.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import { environmentRoleName } from '../core/deployment/job-order.ts';
import { stageSchema } from '../core/words.ts';

export const RELEASE_MACHINE = 'belay-release';
export const DEPLOYMENT_MACHINE = 'belay-deployment';
/** Label of the Deployment's Distributed Map, by which its children are named. */
export const TARGETS = 'Targets';

/** The role whose sessions, narrowed to one target each, touch managed state. */
export const STATE_ROLE = 'belay-state';

/** The role of the function `sessions`: the one that accounts trust, by its name. */
export const SESSIONS_ROLE = 'belay-sessions';

export const stateRoleArn = (stack: Stack) =>
  stack.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: STATE_ROLE });

/** The roles tools work with, in the accounts that are configured; the trust policy there decides, too. */
export function environmentRoleArns(stack: Stack, accounts: Configuration['accounts']): string[] {
  const names = [...new Set(stageSchema.options.map(environmentRoleName))];
  const allowed = accounts === 'any' ? ['*'] : (accounts ?? [stack.account]);
  return allowed.flatMap((account) =>
    names.map((resourceName) =>
      stack.formatArn({ service: 'iam', region: '', account, resource: 'role', resourceName }),
    ),
  );
}

/** The repositories of components that are built; made while Belay runs, so nothing else may begin like them. */
export const appRepositoryArns = (stack: Stack) =>
  stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: `${APP_REPOSITORIES}*` });

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html */
export const registryHost = (stack: Stack) => `${stack.account}.dkr.ecr.${stack.region}.${stack.urlSuffix}`;

/** All executions of a machine, by its name; `DEPLOYMENT_MACHINE/TARGETS` is the child machine of the Distributed Map. */
export const executionsOf = (stack: Stack, machine: string): string =>
  ofStates(stack, 'execution', `${machine}:*`);

/** The Deployment and the child machine of its Distributed Map: tasks of both wait for tokens. */
export const deploymentArns = (stack: Stack): string[] =>
  [DEPLOYMENT_MACHINE, `${DEPLOYMENT_MACHINE}/${TARGETS}`].map((name) =>
    ofStates(stack, 'stateMachine', name),
  );

const ofStates = (stack: Stack, resource: string, resourceName: string) =>
  stack.formatArn({
    service: 'states',
    resource,
    resourceName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
