/** The history of an execution, event by event, in the shape GetExecutionHistory answers. */
import type { Host } from './host.ts';
import type { Json } from './json.ts';
import type { ExecutionRecord } from './record.ts';

/** The details of one event, under their key `<type>EventDetails`. */
export interface Details {
  [details: `${string}EventDetails`]: Record<string, unknown>;
}

/**
 * One event.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export interface HistoryEvent extends Details {
  id: number;
  /** The event this one follows from; 0 for the first event and the first state. */
  previousEventId: number;
  /** ISO 8601. */
  timestamp: string;
  type: string;
}

/** An event about to be appended. */
export interface NewEvent {
  type: string;
  previousEventId: number;
  details?: Details;
}

/** The most events an execution may have: the last one must be its end. */
export const HISTORY_LIMIT = 25_000;

/** Appends an event to the history of an execution and saves its record. Answers the event's id. */
export function appendEvent(host: Host, record: ExecutionRecord, event: NewEvent): number {
  record.lastEventId += 1;
  host.appendEvent(record.arn, {
    id: record.lastEventId,
    previousEventId: event.previousEventId,
    timestamp: new Date(host.clock.now()).toISOString(),
    type: event.type,
    ...event.details,
  });
  host.save(record.arn, record);
  return record.lastEventId;
}

/** `{input}` as events carry it: JSON text, never cut short here. */
export function inputDetails(input: Json) {
  return { input: JSON.stringify(input), inputDetails: { truncated: false } };
}

/** `{output}` as events carry it. */
export function outputDetails(output: Json) {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

/** `{error, cause}` without what is missing. */
export function errorDetails(error: string | undefined, cause: string | undefined) {
  return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}
