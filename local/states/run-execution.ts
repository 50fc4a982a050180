/** `states:startExecution.sync:2`. https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html */
import { z } from 'zod';
import { StatesError } from '../asl/errors.ts';
import type { Execution } from '../asl/execution.ts';
import type { Json } from '../asl/json.ts';
import type { ExecutionRecord } from '../asl/record.ts';
import { startedExecution } from '../asl/sleep.ts';
import { arnOf } from '../assembly/resource.ts';
import { AwsError } from '../wire/errors.ts';
import { checkedArguments, type TaskContext } from './task-context.ts';

const argumentsSchema = z.strictObject({
  StateMachineArn: z.string(),
  Input: z.json().default({}),
  Name: z.string().optional(),
});

/** Step Functions watches nested executions through this rule of its own, which the machine's role must be able to make. */
const MANAGED_RULE = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';

export async function runExecution(context: TaskContext): Promise<Json> {
  const { call, executions } = context;
  const { resumed } = call;
  const begun = resumed === undefined ? undefined : startedExecution(resumed);
  const execution = begun === undefined ? begin(context) : executions().rejoin(begun);
  const { record } = execution;
  const abandon = () => {
    const permission = { action: 'states:StopExecution', resource: record.arn };
    if (context.refusal(permission) === undefined) execution.stop();
  };
  call.signal.addEventListener('abort', abandon);
  await execution.done.finally(() => call.signal.removeEventListener('abort', abandon));
  const detail = executionDetail(record);
  if (record.status === 'SUCCEEDED') return detail;
  throw new StatesError('States.TaskFailed', JSON.stringify(detail));
}

function begin({ call, executions, place, require, traceHeader }: TaskContext): Execution {
  const { StateMachineArn, Input, Name } = checkedArguments(argumentsSchema, call);
  require('StepFunctions', { action: 'states:StartExecution', resource: StateMachineArn });
  for (const action of ['events:PutTargets', 'events:PutRule', 'events:DescribeRule']) {
    require('StepFunctions', { action, resource: arnOf(place, 'events', MANAGED_RULE) });
  }
  let execution: Execution;
  try {
    const order = { stateMachineArn: StateMachineArn, name: Name, input: JSON.stringify(Input), traceHeader };
    execution = executions().start(order);
  } catch (error) {
    if (error instanceof AwsError)
      throw new StatesError(`StepFunctions.${error.code}Exception`, error.message);
    throw error;
  }
  const { record } = execution;
  call.submitted({ ExecutionArn: record.arn, StartDate: Date.parse(record.startDate) });
  return execution;
}

/** DescribeExecution's answer in Step Functions' own spelling; `:2` has input and output as JSON, not as text. */
function executionDetail(record: ExecutionRecord): Json {
  return {
    ExecutionArn: record.arn,
    Input: record.input,
    InputDetails: { Included: true },
    Name: record.name,
    ...(record.output === undefined ? {} : { Output: record.output, OutputDetails: { Included: true } }),
    ...(record.error === undefined ? {} : { Error: record.error }),
    ...(record.cause === undefined ? {} : { Cause: record.cause }),
    RedriveCount: record.redriveCount,
    StartDate: Date.parse(record.startDate),
    StateMachineArn: record.stateMachineArn,
    Status: record.status,
    ...(record.stopDate === undefined ? {} : { StopDate: Date.parse(record.stopDate) }),
  };
}
