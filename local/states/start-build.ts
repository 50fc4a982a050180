/** `codebuild:startBuild.sync`. https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html */
import { z } from 'zod';
import { StatesError } from '../asl/errors.ts';
import type { Json } from '../asl/json.ts';
import { arnOf } from '../assembly/resource.ts';
import { type Build, buildDetail } from '../builds/build.ts';
import { AwsError } from '../wire/errors.ts';
import { checkedArguments, type TaskContext } from './task-context.ts';

/** Step Functions watches builds through this rule of its own, which the machine's role must be able to make. */
const MANAGED_RULE = 'rule/StepFunctionsGetEventForCodeBuildStartBuildRule';

const argumentsSchema = z.strictObject({
  ProjectName: z.string(),
  EnvironmentVariablesOverride: z
    .array(z.strictObject({ Name: z.string().min(1), Value: z.string(), Type: z.literal('PLAINTEXT') }))
    .default([]),
});

export async function startBuild(context: TaskContext): Promise<Json> {
  const { call, builds, place, require } = context;
  const { ProjectName, EnvironmentVariablesOverride } = checkedArguments(argumentsSchema, call);
  const project = arnOf(place, 'codebuild', `project/${ProjectName}`);
  // It is asked how the build stands, besides being told by the rule.
  for (const action of ['codebuild:StartBuild', 'codebuild:BatchGetBuilds'])
    require('CodeBuild', { action, resource: project });
  for (const action of ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'])
    require('CodeBuild', { action, resource: arnOf(place, 'events', MANAGED_RULE) });
  let build: Build;
  try {
    const variables = EnvironmentVariablesOverride.map(({ Name, Value }) => [Name, Value]);
    build = builds.start(ProjectName, Object.fromEntries(variables));
  } catch (error) {
    if (error instanceof AwsError) throw new StatesError(`CodeBuild.${error.code}`, error.message);
    throw error;
  }
  call.submitted({ BuildArn: build.arn, BuildId: build.id });
  const abandon = () => {
    if (context.refusal({ action: 'codebuild:StopBuild', resource: project }) === undefined)
      builds.stop(build);
  };
  call.signal.addEventListener('abort', abandon);
  await builds.ended(build).finally(() => call.signal.removeEventListener('abort', abandon));
  const detail = buildDetail(build);
  if (build.status === 'SUCCEEDED') return detail;
  throw new StatesError('States.TaskFailed', JSON.stringify(detail));
}
