/** The segments of a trace in the twin, also those that Step Functions sends of itself. Called by `local/world.ts`. */
import { executionSegment } from '../xray/aws-segments.ts';
import type { SegmentDocument } from '../xray/document.ts';
import type { Parts } from './parts.ts';

/** Oldest first. What Step Functions would have sent is made of its histories, now that somebody asks. */
export function segmentsOf(
  trace: string,
  { executions, traces }: Pick<Parts, 'executions' | 'traces'>,
): readonly SegmentDocument[] {
  const machines = executions.entries().flatMap(({ arn }) => {
    const record = executions.find(arn);
    if (record.traceHeader?.includes(trace) !== true) return [];
    return executionSegment(record, executions.history(arn)) ?? [];
  });
  return [...traces.of(trace), ...machines].sort((one, other) => one.start_time - other.start_time);
}
