/** What the interpreter needs from the world around it; the local twin provides it. */
import type { Clock } from './clock.ts';
import type { Execution } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import type { Json } from './json.ts';
import type { ExecutionRecord } from './record.ts';
import type { TaskTokens } from './tokens.ts';

/** The surroundings of all executions. */
export interface Host {
  clock: Clock;
  /** The open task tokens, shared with the SendTask… endpoint. */
  tokens: TaskTokens;
  /**
   * Does the work of a Task, or reads the items of a Distributed Map (`arn:aws:states:::s3:getObject`: answer
   * the object's text). Resolves with the task's output, rejects with a StatesError; any other rejection is a
   * defect and ends the execution with States.Runtime.
   */
  task(resource: string, call: TaskCall): Promise<Json>;
  /** Appends to the history of an execution: the only log there is. */
  appendEvent(executionArn: string, event: HistoryEvent): void;
  /**
   * Called after every change of a record, with the live object: write it down before returning.
   * A `status` that differs from the one saved before is what EventBridge would be told.
   */
  save(executionArn: string, record: ExecutionRecord): void;
  /** What `save` got last for this execution; a redrive reads the children of a Distributed Map with it. */
  load(executionArn: string): ExecutionRecord | undefined;
  /** A Distributed Map started or redrove this child. */
  childStarted(child: Execution): void;
  /** The execution with this ARN, running or ended, for one that was asleep while waiting for it. */
  rejoin(executionArn: string): Execution;
}

/** One call of a task handler. */
export interface TaskCall {
  arguments: Json;
  /** For `.waitForTaskToken`; the token is also inside the arguments, where the definition put it. */
  token?: string;
  /** Fires when nobody waits for the answer any more: timeout, stop, failed sibling. */
  signal: AbortSignal;
  /** For `.sync`: the work is accepted and goes on (event TaskSubmitted with this output). */
  submitted(output: Json): void;
  /** What was submitted before the execution fell asleep: the work is under way, and only its end is to be waited for. */
  resumed?: Json;
  executionArn: string;
  stateName: string;
}
