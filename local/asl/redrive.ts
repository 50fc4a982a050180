/**
 * RedriveExecution: goes on with an execution that failed, timed out or was aborted.
 * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
 */
import { StatesServiceError } from './errors.ts';
import { Execution } from './execution.ts';
import { HISTORY_LIMIT } from './history.ts';
import type { Host } from './host.ts';
import { resume } from './lifecycle.ts';
import type { ExecutionRecord } from './record.ts';

const DAY = 24 * 60 * 60 * 1000;

/** What DescribeExecution tells about redriving. */
export interface RedriveStatus {
  redriveStatus: 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';
  redriveStatusReason?: string;
}

/** Whether an execution can be redriven at the time `now` (milliseconds), and if not, why. */
export function redriveStatus(record: ExecutionRecord, now: number): RedriveStatus {
  const redriveStatusReason = reasonAgainst(record, now);
  if (redriveStatusReason !== undefined) return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason };
  return { redriveStatus: record.mapRunArn === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN' };
}

/** Redrives from the record alone. Throws ExecutionNotRedrivable (a StatesServiceError). */
export function redriveExecution(host: Host, record: ExecutionRecord): Execution {
  const { redriveStatus: status, redriveStatusReason } = redriveStatus(record, host.clock.now());
  if (status !== 'REDRIVABLE') {
    const reason = redriveStatusReason ?? 'The execution is redriven by redriving its Map Run';
    throw new StatesServiceError('ExecutionNotRedrivable', reason);
  }
  resume(host, record);
  return new Execution(host, record);
}

function reasonAgainst({ status, lastEventId, startDate, stopDate }: ExecutionRecord, now: number) {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if (lastEventId >= HISTORY_LIMIT - 1) return 'Execution history event limit exceeded';
  if (now - Date.parse(startDate) > 365 * DAY) return 'Execution has exceeded the max execution time';
  if (stopDate !== undefined && now - Date.parse(stopDate) > 14 * DAY) {
    return 'Execution redrivable period exceeded';
  }
  return undefined;
}
