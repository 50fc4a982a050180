/** Grants that no suite uses, and when they are needed. Read when docs/grants.md is written and when it is held against the stack. */
import { globMatches } from '../../local/iam/glob.ts';
import { type Grant, nameOf } from './grants.ts';

/** All are patterns as in a policy. */
interface Explained {
  /** @default any */
  readonly role?: string;
  readonly action: string;
  /** @default any */
  readonly resource?: string;
  readonly why: string;
}

const EXPLAINED: readonly Explained[] = [
  { action: 'logs:*', why: 'logs are files in the twin' },
  { action: 'xray:*', why: 'the twin sends nothing to X-Ray' },
  {
    role: 'ExecutorExecutionRole',
    action: 'ecr:*',
    why: 'Fargate pulls the image; the twin runs what is in it',
  },
  {
    role: '*ImageBuild*',
    action: '*',
    why: 'images are built while the stack is deployed; test/lambdas/image-build, test/synth/images.test.ts',
  },
  {
    role: 'SchedulerRoleForTarget*',
    action: 'lambda:InvokeFunction',
    why: 'every week: are the bases of the images still the newest? test/synth/images.test.ts',
  },

  {
    role: 'AppBuildsRole*',
    action: '*',
    why: 'the suites build for one architecture, and each image once; test/local/builds/builds.test.ts',
  },

  // What Step Functions does by itself with a machine's role.
  {
    role: 'DeploymentMachineRole',
    action: 'codebuild:*',
    why: 'Step Functions follows the build it waits for, and ends it with the execution; the suites build for one architecture',
  },
  {
    role: 'DeploymentMachineRole',
    action: 'batch:DescribeJobs',
    why: 'Step Functions looks after the job it waits for',
  },
  {
    role: 'DeploymentMachineRole',
    action: 'batch:TerminateJob',
    why: 'an execution is stopped during a plan; test/local/states/executions.test.ts',
  },
  {
    role: 'DeploymentMachineRole',
    action: 'states:*',
    why: 'Step Functions begins, follows, stops and redrives the children of the Distributed Map',
  },
  {
    role: 'ReleaseMachineRole',
    action: 'states:*',
    resource: 'states execution:belay-deployment*',
    why: 'Step Functions follows the Deployment it waits for, and stops it with the Release',
  },

  // What happens rarely.
  {
    role: 'ExpiryRole',
    action: 'sqs:SendMessage',
    why: 'the bus refuses the event of a schedule; test/local/scheduler/schedules.test.ts',
  },
  {
    action: 'sqs:SendMessage',
    resource: 'sqs belay-*-dead-letters',
    why: 'Lambda itself, when the function has failed three times',
  },
  {
    role: 'FunctionsSetUpRole',
    action: '*',
    why: 'the App is made on the set-up page; test/lambdas/adapters/set-up.test.ts',
  },
  {
    action: 's3:ListBucket',
    why: 'without it a missing object would be a 403, and nobody could say what is missing',
  },
  {
    action: 'states:SendTaskSuccess',
    resource: 'states stateMachine:belay-deployment*',
    why: 'a waiting task that somebody else usually answers; which of both ARNs is asked about: [row 1](unconfirmed.md)',
  },
  {
    role: 'FunctionsResolveRole',
    action: 'states:DescribeExecution',
    why: 'the lease of a plan that is stopped; test/lambdas/resolve/pull.test.ts',
  },
  {
    role: 'FunctionsResolveRole',
    action: 's3:GetObject',
    resource: 's3 belay-storesartifacts*/releases/*',
    why: 'the targets of a plan that is stopped; test/lambdas/resolve/pull.test.ts',
  },
  {
    role: 'FunctionsResolveRole',
    action: 'batch:*',
    why: 'a pull request changes while it is planned; test/lambdas/resolve/pull.test.ts',
  },
  {
    role: 'FunctionsBuildRole',
    action: 's3:GetObject',
    resource: 's3 belay-storesartifacts*/last-good/*',
    why: 'what goes back to last good has an image; test/lambdas/build/build.test.ts',
  },
  {
    role: 'FunctionsApprovalRole',
    action: 'dynamodb:Query',
    why: 'a newer push comes while somebody is asked; test/lambdas/approvals.test.ts',
  },
  {
    role: 'FunctionsRecordRole',
    action: 'dynamodb:PutItem',
    why: 'a newer push comes in the same moment; test/lambdas/interleavings.test.ts',
  },
  {
    role: 'FunctionsRollbackRole',
    action: 'batch:DescribeJobs',
    why: 'a writer was lost sight of; test/lambdas/rollback/rollback.test.ts',
  },
  {
    role: 'FunctionsCommandRole',
    action: 'batch:DescribeJobs',
    why: 'the target to unlock has a writer; test/lambdas/command/command.test.ts',
  },
  {
    role: 'FunctionsCommandRole',
    action: 'states:DescribeExecution',
    resource: 'states execution:belay-deployment:*',
    why: 'a lease whose owner has ended; test/lambdas/command/command.test.ts',
  },
  {
    role: 'FunctionsSweepRole',
    action: 'scheduler:*',
    why: 'it settles what was broken off, with the end of an environment; test/lambdas/expiry.test.ts',
  },
  { role: 'FunctionsSweepRole', action: 'iam:PassRole', why: 'as the schedules' },
  {
    role: 'FunctionsSweepRole',
    action: 'events:PutEvents',
    why: 'a push was lost; test/lambdas/sweep/sweep.test.ts',
  },
];

/** Why a grant is there that nobody used; undefined when nobody says. */
export const whyUnused = (grant: Grant): string | undefined =>
  EXPLAINED.find(
    ({ role = '*', action, resource = '*' }) =>
      globMatches(role, grant.role) &&
      globMatches(action, grant.action) &&
      globMatches(resource, grant.resource),
  )?.why;

/** Explanations that fit no grant any more. */
export const staleExplanations = (grants: readonly Grant[], used: ReadonlySet<string>): string[] =>
  EXPLAINED.filter(
    ({ why }) => !grants.some((grant) => !used.has(nameOf(grant)) && whyUnused(grant) === why),
  ).map(({ why }) => why);
