/** What cdk-nag finds and is as it should be, each with its reason: called beside the construct that it concerns. */
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** For the roles of machines and of who asks Batch about jobs. */
export const SERVICES_WITHOUT_RESOURCES = 'DescribeJobs, X-Ray and the delivery of logs know no resources';

/** For the machines, which log errors only (rule SF1 wants everything). */
export const FAILURES_LOGGED =
  'what succeeded is in the history of the execution and in the ledger; in the log it would be paid for twice';

/** Accepts findings in a construct and all below it. `reasons`: rule of AwsSolutions, for example `SQS3` → why it stands. */
export function accept(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  const acknowledgments = Object.entries(reasons).map(([rule, reason]) => ({
    id: `AwsSolutions-${rule}`,
    reason,
  }));
  Validations.of(construct).acknowledge(...acknowledgments);
}

/** Accepts that the policies of a role name these resources with a wildcard (rule IAM5, which wants each of them named). */
export function acceptPatterns(role: IConstruct, reason: string, resources: readonly string[]): void {
  const stack = Stack.of(role);
  for (const resource of resources)
    accept(role, { [`IAM5[Resource::${text(stack.resolve(resource))}]`]: reason });
}

/** Executions of a machine as CDK names them in its policies: `suffix` is a pattern. */
export function executionsIn(machine: IStateMachine, suffix: string): string {
  const stack = Stack.of(machine);
  const { resourceName } = stack.splitArn(machine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME);
  return stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${resourceName}${suffix}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** A value with references as cdk-nag writes it: `<Logical.Attribute>`. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value as object);
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${argument.join('.')}>`;
  if (name === 'Fn::Join') return argument[1].map(text).join(argument[0]);
  return JSON.stringify(value);
}
