/** Reads a Task's Resource: which service call it is, and which events report it. */
import type { StatesError } from './errors.ts';
import { type Details, errorDetails, inputDetails, outputDetails } from './history.ts';
import type { Json } from './json.ts';

/** One event to append. */
interface TaskEvent {
  type: string;
  details?: Details;
}

/** What a task was given. */
export interface Scheduled {
  arguments: Json;
  region: string;
  timeoutInSeconds: number | undefined;
  heartbeatInSeconds: number | undefined;
}

/** The events of one kind of task. */
export interface TaskResource {
  waitsForToken: boolean;
  scheduled(call: Scheduled): TaskEvent;
  started(): TaskEvent;
  submitted(output: Json): TaskEvent;
  succeeded(output: Json): TaskEvent;
  failed(error: StatesError): TaskEvent;
  timedOut(error: StatesError): TaskEvent;
}

/** `arn:aws:states:::batch:submitJob.sync` or the ARN of a Lambda function. */
export function parseResource(resource: string): TaskResource {
  const [, service, action] = /^arn:[\w-]+:states:::((?:aws-sdk:)?[^:]+):(.+)$/.exec(resource) ?? [];
  return service === undefined || action === undefined
    ? lambdaFunction(resource)
    : integration(service, action);
}

function integration(resourceType: string, resource: string): TaskResource {
  const target = { resourceType, resource };
  return {
    waitsForToken: resource.endsWith('.waitForTaskToken'),
    scheduled: ({ arguments: parameters, region, timeoutInSeconds, heartbeatInSeconds }) => ({
      type: 'TaskScheduled',
      details: {
        taskScheduledEventDetails: {
          ...target,
          region,
          parameters: JSON.stringify(parameters),
          ...(timeoutInSeconds !== undefined && { timeoutInSeconds }),
          ...(heartbeatInSeconds !== undefined && { heartbeatInSeconds }),
        },
      },
    }),
    started: () => ({ type: 'TaskStarted', details: { taskStartedEventDetails: target } }),
    submitted: (output) => ({
      type: 'TaskSubmitted',
      details: { taskSubmittedEventDetails: { ...target, ...outputDetails(output) } },
    }),
    succeeded: (output) => ({
      type: 'TaskSucceeded',
      details: { taskSucceededEventDetails: { ...target, ...outputDetails(output) } },
    }),
    failed: ({ error, errorCause }) => ({
      type: 'TaskFailed',
      details: { taskFailedEventDetails: { ...target, ...errorDetails(error, errorCause) } },
    }),
    timedOut: ({ error, errorCause }) => ({
      type: 'TaskTimedOut',
      details: { taskTimedOutEventDetails: { ...target, ...errorDetails(error, errorCause) } },
    }),
  };
}

function lambdaFunction(resource: string): TaskResource {
  return {
    waitsForToken: false,
    scheduled: ({ arguments: input, timeoutInSeconds }) => ({
      type: 'LambdaFunctionScheduled',
      details: {
        lambdaFunctionScheduledEventDetails: {
          resource,
          ...inputDetails(input),
          ...(timeoutInSeconds !== undefined && { timeoutInSeconds }),
        },
      },
    }),
    started: () => ({ type: 'LambdaFunctionStarted' }),
    submitted: () => {
      throw new Error(`${resource} is a plain Lambda function: it is never submitted`);
    },
    succeeded: (output) => ({
      type: 'LambdaFunctionSucceeded',
      details: { lambdaFunctionSucceededEventDetails: outputDetails(output) },
    }),
    failed: ({ error, errorCause }) => ({
      type: 'LambdaFunctionFailed',
      details: { lambdaFunctionFailedEventDetails: errorDetails(error, errorCause) },
    }),
    timedOut: ({ error, errorCause }) => ({
      type: 'LambdaFunctionTimedOut',
      details: { lambdaFunctionTimedOutEventDetails: errorDetails(error, errorCause) },
    }),
  };
}
