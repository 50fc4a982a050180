/** `lambda:invoke`, also with a task token. https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html */
import { z } from 'zod';
import { StatesError } from '../asl/errors.ts';
import type { Json } from '../asl/json.ts';
import { AwsError } from '../wire/errors.ts';
import { checkedArguments, type TaskContext } from './task-context.ts';

const argumentsSchema = z.strictObject({
  FunctionName: z.string(),
  Payload: z.json().default({}),
  InvocationType: z.literal('RequestResponse').optional(),
});

export async function invokeFunction({ call, functions, require, traceHeader }: TaskContext): Promise<Json> {
  const { FunctionName, Payload } = checkedArguments(argumentsSchema, call);
  try {
    require('Lambda', { action: 'lambda:InvokeFunction', resource: functions.definition(FunctionName).arn });
    const { payload, failed } = await functions.invoke(FunctionName, JSON.stringify(Payload), traceHeader);
    const value: Json = JSON.parse(payload);
    if (!failed) return { ExecutedVersion: '$LATEST', Payload: value, StatusCode: 200 };
    const { errorType } = value as { errorType?: string };
    throw new StatesError(errorType ?? 'Lambda.Unknown', payload);
  } catch (error) {
    if (error instanceof AwsError) throw new StatesError(`Lambda.${error.code}`, error.message);
    throw error;
  }
}
