/** How the record of an execution changes when the execution ends, is redriven, or lost its process. */
import { appendEvent, errorDetails, outputDetails } from './history.ts';
import type { Host } from './host.ts';
import type { Json } from './json.ts';
import { type ExecutionRecord, type Frame, forgetInside, innerFrames, type Status } from './record.ts';

/** The ways an execution can end. */
export type EndStatus = Exclude<Status, 'RUNNING'>;

const EVENT_NAMES: Record<EndStatus, string> = {
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  TIMED_OUT: 'TimedOut',
  ABORTED: 'Aborted',
};

/** How an execution ended. */
export interface Outcome {
  status: EndStatus;
  output?: Json | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}

/** Ends an execution: its record, and the last event of its history. */
export function endExecution(host: Host, record: ExecutionRecord, outcome: Outcome): void {
  const { status, output, error, cause } = outcome;
  const failure = errorDetails(error, cause);
  Object.assign(record, { status, stopDate: new Date(host.clock.now()).toISOString() }, failure);
  if (output !== undefined) record.output = output;
  const name = EVENT_NAMES[status];
  appendEvent(host, record, {
    type: `Execution${name}`,
    previousEventId: record.frame.lastEventId,
    details: {
      [`execution${name}EventDetails` as const]: output === undefined ? failure : outputDetails(output),
    },
  });
}

/** How an execution that has ended did so. */
export function outcomeOf({ status, output, error, cause }: ExecutionRecord): Outcome {
  if (status === 'RUNNING') throw new Error('The execution has not ended');
  return { status, ...(output !== undefined && { output }), ...errorDetails(error, cause) };
}

/** Makes an execution that has ended run again: what had not succeeded goes on from the state it was in. */
export function resume(host: Host, record: ExecutionRecord): void {
  for (const field of ['stopDate', 'output', 'error', 'cause'] as const) delete record[field];
  record.status = 'RUNNING';
  record.redriveCount += 1;
  record.redriveDate = new Date(host.clock.now()).toISOString();
  const previousEventId = record.lastEventId;
  resumeFrame(record.frame, previousEventId + 1);
  appendEvent(host, record, {
    type: 'ExecutionRedriven',
    previousEventId,
    details: { executionRedrivenEventDetails: { redriveCount: record.redriveCount } },
  });
}

function resumeFrame(frame: Frame, redrivenEventId: number): void {
  if (frame.status === 'SUCCEEDED') return;
  // Results that were too large together would be so again: all of them are made anew.
  if (frame.error === 'States.DataLimitExceeded') forgetInside(frame);
  frame.status = 'RUNNING';
  frame.lastEventId = redrivenEventId;
  delete frame.error;
  delete frame.parked;
  for (const inner of innerFrames(frame)) resumeFrame(inner, redrivenEventId);
}

/**
 * For every saved record that is RUNNING when a new process starts: the execution becomes ABORTED, as if it had
 * been stopped, and can be redriven.
 */
export function abortInterrupted(host: Host, record: ExecutionRecord): void {
  endExecution(host, record, { status: 'ABORTED' });
}
