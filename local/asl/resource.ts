/** Reads a Task's Resource: which service call it is, and which events report it. */
import type { StatesError } from './errors.ts';
import { type Details, errorDetails, inputDetails, outputDetails } from './history.ts';
import type { Json } from './json.ts';

/** One event to append. */
type TaskEvent = [type: string, details?: Details];

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
    scheduled({ arguments: parameters, region, timeoutInSeconds, heartbeatInSeconds }) {
      const details = {
        ...target,
        region,
        parameters: JSON.stringify(parameters),
        ...(timeoutInSeconds !== undefined && { timeoutInSeconds }),
        ...(heartbeatInSeconds !== undefined && { heartbeatInSeconds }),
      };
      return ['TaskScheduled', { taskScheduledEventDetails: details }];
    },
    started: () => ['TaskStarted', { taskStartedEventDetails: target }],
    submitted: (output) => [
      'TaskSubmitted',
      { taskSubmittedEventDetails: { ...target, ...outputDetails(output) } },
    ],
    succeeded: (output) => [
      'TaskSucceeded',
      { taskSucceededEventDetails: { ...target, ...outputDetails(output) } },
    ],
    failed: ({ error, errorCause }) => [
      'TaskFailed',
      { taskFailedEventDetails: { ...target, ...errorDetails(error, errorCause) } },
    ],
    timedOut: ({ error, errorCause }) => [
      'TaskTimedOut',
      { taskTimedOutEventDetails: { ...target, ...errorDetails(error, errorCause) } },
    ],
  };
}

function lambdaFunction(resource: string): TaskResource {
  return {
    waitsForToken: false,
    scheduled({ arguments: input, timeoutInSeconds }) {
      const timeout = timeoutInSeconds !== undefined && { timeoutInSeconds };
      const details = { resource, ...inputDetails(input), ...timeout };
      return ['LambdaFunctionScheduled', { lambdaFunctionScheduledEventDetails: details }];
    },
    started: () => ['LambdaFunctionStarted'],
    submitted() {
      throw new Error(`${resource} is a plain Lambda function: it is never submitted`);
    },
    succeeded: (output) => [
      'LambdaFunctionSucceeded',
      { lambdaFunctionSucceededEventDetails: outputDetails(output) },
    ],
    failed: ({ error, errorCause }) => [
      'LambdaFunctionFailed',
      { lambdaFunctionFailedEventDetails: errorDetails(error, errorCause) },
    ],
    timedOut: ({ error, errorCause }) => [
      'LambdaFunctionTimedOut',
      { lambdaFunctionTimedOutEventDetails: errorDetails(error, errorCause) },
    ],
  };
}
