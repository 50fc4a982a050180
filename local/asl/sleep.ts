/**
 * Executions that only wait for others outlive the process: Step Functions keeps a waiting token for up to a year. Such an
 * execution falls asleep with its record when the twin is closed, and is woken from it at the next start. Used by the twin's
 * Step Functions endpoint.
 */
import { type ExecutionRecord, type Frame, innerFrames } from './record.ts';

/** Does every walk of the execution wait for a token or for another execution? */
export function isResting({ status, frame }: ExecutionRecord): boolean {
  return status === 'RUNNING' && rests(frame);
}

function rests(frame: Frame): boolean {
  if (frame.status !== 'RUNNING' || frame.parked !== undefined) return true;
  if (frame.mapRun !== undefined) return frame.mapRun.children.every(({ arn }) => arn !== undefined);
  const inner = innerFrames(frame);
  return inner.length > 0 && inner.every(rests);
}

/** ARNs of the executions it waits for. */
export function awaitedBy({ frame }: ExecutionRecord): string[] {
  return allFrames(frame).flatMap(({ status, parked, mapRun }) => {
    if (status !== 'RUNNING') return [];
    const nested = parked === undefined ? undefined : startedExecution(parked.submitted);
    const children = mapRun?.children.filter((child) => child.status === 'RUNNING') ?? [];
    return [nested, ...children.map(({ arn }) => arn)].filter((arn) => arn !== undefined);
  });
}

/** The ARN in what `startExecution` said when it had started one. */
export function startedExecution(submitted: unknown): string | undefined {
  const { ExecutionArn: arn } = (submitted ?? {}) as { ExecutionArn?: unknown };
  return typeof arn === 'string' ? arn : undefined;
}

/** The tokens its tasks wait for. */
export function tokensOf({ frame }: ExecutionRecord): string[] {
  return allFrames(frame).flatMap(({ parked }) => parked?.token ?? []);
}

/** Marks the record; nothing of the execution may run in this process any more. */
export function fallAsleep(record: ExecutionRecord): void {
  record.asleep = true;
  for (const { status, mapRun } of allFrames(record.frame)) {
    if (status === 'RUNNING' && mapRun !== undefined) mapRun.asleep = true;
  }
}

const allFrames = (frame: Frame): Frame[] => [frame, ...innerFrames(frame).flatMap(allFrames)];
