/** What functions may ask of executions and jobs: bindings that several of them share. Handed to them by `functions.ts`. */
import type { Stack } from 'aws-cdk-lib/core';
import { SERVICES_WITHOUT_RESOURCES } from './accepted.ts';
import { allowed } from './allow.ts';
import type { Binding } from './binding.ts';
import { DEPLOYMENT_MACHINE, deploymentArns, executionsOf, RELEASE_MACHINE, TARGETS } from './names.ts';

/** Answers tasks of the Deployment that wait for a token. */
export const answerTasks = (stack: Stack): Binding<never> =>
  allowed({ actions: ['states:SendTaskSuccess'], resources: deploymentArns(stack) });

/** Looks at executions: of the two machines, or of a target's way through the Deployment. */
export function describeExecutions(stack: Stack, of: 'deployments' | 'releases' | 'targets'): Binding<never> {
  const machines = {
    deployments: DEPLOYMENT_MACHINE,
    releases: RELEASE_MACHINE,
    targets: `${DEPLOYMENT_MACHINE}/${TARGETS}`,
  };
  return onExecutions(stack, 'states:DescribeExecution', machines[of]);
}

/** Drives a release on from where it failed. */
export const redriveReleases = (stack: Stack): Binding<never> =>
  onExecutions(stack, 'states:RedriveExecution', RELEASE_MACHINE);

const onExecutions = (stack: Stack, action: string, machine: string) =>
  allowed({
    actions: [action],
    resources: [executionsOf(stack, machine)],
    because: 'executions are named when they begin; the machine is ours',
  });

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html */
export const describeJobs = (): Binding<never> =>
  allowed({ actions: ['batch:DescribeJobs'], resources: ['*'], because: SERVICES_WITHOUT_RESOURCES });

/** Jobs of stages that only read may be ended for a cancelled release; an apply never is. */
export const terminateReadingJobs = (stack: Stack): Binding<never> =>
  allowed({
    actions: ['batch:TerminateJob'],
    resources: [stack.formatArn({ service: 'batch', resource: 'job', resourceName: '*' })],
    conditions: { StringEquals: { 'aws:ResourceTag/interruptible': 'true' } },
    because: 'Batch names jobs when they are submitted; their tag tells those that may be ended',
  });
