/**
 * The record of an execution: all that DescribeExecution tells and all that a redrive needs, as plain JSON.
 * The interpreter works directly on it, so what was saved last is always a state to go on from.
 */
import type { Machine } from './definition.ts';
import type { Json } from './json.ts';

/** Where an execution is in its life. */
export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One execution. Times are ISO 8601. */
export interface ExecutionRecord {
  arn: string;
  name: string;
  stateMachineArn: string;
  stateMachineName: string;
  roleArn: string;
  definition: Machine;
  input: Json;
  status: Status;
  startDate: string;
  stopDate?: string;
  output?: Json;
  error?: string;
  cause?: string;
  redriveCount: number;
  redriveDate?: string;
  /** Of a child of a Distributed Map. */
  mapRunArn?: string;
  /** The tracing header it was started with. */
  traceHeader?: string;
  /** The id of the newest event in the history. */
  lastEventId: number;
  /** Its process ended in order while it only waited for others; it is to be woken. */
  asleep?: true;
  frame: Frame;
}

/** One walk through the states of a branch: of the machine, of a Parallel's branch, of a Map's iteration. */
export interface Frame {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  /** The state it is in. */
  state: string;
  /** What that state was given. */
  input: Json;
  /** When, with which event and after which one it was entered; missing when it is yet to be. */
  entered?: { eventId: number; previousEventId: number; time: string };
  variables: Record<string, Json>;
  /** The event the next one of this walk follows from. */
  lastEventId: number;
  output?: Json;
  /** The name of the error that ended it. */
  error?: string;
  /** What is inside the state it is in, when that is a Parallel, an inline Map or a Distributed Map. */
  branches?: Frame[];
  iterations?: { items: Json[]; inputs: Json[]; frames: (Frame | null)[] };
  mapRun?: MapRun;
  /** The task it is in has nothing left to do but to wait. */
  parked?: Parked;
}

/** A task that waits for its token's answer, or for the end of the execution it started. */
export interface Parked {
  /** What the call said when it was accepted. */
  submitted: Json;
  token?: string;
  /** When it times out; milliseconds since 1970. */
  deadline?: number;
}

/** One run of a Distributed Map. */
export interface MapRun {
  arn: string;
  redriveCount: number;
  /** Its children were asleep and are to be joined again, not redriven. */
  asleep?: true;
  /** One per item: the child's input, and once it was started its execution. */
  children: { input: Json; arn?: string; status?: Status; output?: Json }[];
}

/** A walk that is about to enter its first state. */
export function newFrame(state: string, input: Json, lastEventId: number): Frame {
  return { status: 'RUNNING', state, input, variables: {}, lastEventId };
}

/** Moves a walk to the next state, forgetting what was inside the one it leaves. */
export function moveTo(frame: Frame, state: string, input: Json): void {
  frame.state = state;
  frame.input = input;
  delete frame.entered;
  forgetInside(frame);
}

/** Forgets what is inside the state a walk is in: the next attempt starts afresh. */
export function forgetInside(frame: Frame): void {
  delete frame.branches;
  delete frame.iterations;
  delete frame.mapRun;
  delete frame.parked;
}

/** The walks inside a walk that were started. */
export function innerFrames(frame: Frame): Frame[] {
  return [...(frame.branches ?? []), ...(frame.iterations?.frames ?? [])].filter((inner) => inner !== null);
}
