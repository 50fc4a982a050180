/** The segments that Lambda and Step Functions send of themselves. */
import { createHash, randomBytes } from 'node:crypto';
import { readTraceHeader, type TracePlace, traceHeader } from '../../core/trace/trace-header.ts';
import type { HistoryEvent } from '../asl/history.ts';
import type { ExecutionRecord } from '../asl/record.ts';
import type { SegmentDocument } from './document.ts';

const newId = () => randomBytes(8).toString('hex');
const idOf = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);

/** One invocation of a function: what the caller handed on, what the function is told, and its two segments. */
export interface TracedInvocation {
  /** `_X_AMZN_TRACE_ID`. */
  readonly header: string;
  /** Empty where the caller handed nothing on: that trace is Lambda's own, and nobody's change. */
  ended(times: { startedAt: number; endedAt: number; failed: boolean }): SegmentDocument[];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html : one segment of the service, and below it one of the function. */
export function tracedInvocation(name: string, handedOn: string | undefined): TracedInvocation {
  const above = handedOn === undefined ? undefined : readTraceHeader(handedOn);
  const [service, own] = [newId(), newId()];
  const began = Math.floor(Date.now() / 1000).toString(16);
  const root = above?.root ?? `1-${began}-${randomBytes(12).toString('hex')}`;
  return {
    header: traceHeader({ root, parent: own }),
    ended({ startedAt, endedAt, failed }) {
      if (above === undefined) return [];
      const span = {
        ...{ name, trace_id: root, start_time: startedAt / 1000, end_time: endedAt / 1000 },
        ...(failed && { fault: true as const }),
      };
      return [
        { ...span, id: service, parent_id: above.parent, origin: 'AWS::Lambda' },
        { ...span, id: own, parent_id: service, origin: 'AWS::Lambda::Function' },
      ];
    },
  };
}

/** What Step Functions hands on from an execution. Undefined for one that was started without a trace. */
export function executionTrace({ arn, traceHeader: header }: ExecutionRecord): TracePlace | undefined {
  const above = header === undefined ? undefined : readTraceHeader(header);
  return above && { root: above.root, parent: idOf(arn) };
}

/** An execution is one segment, with a part for every state it entered; a redrive adds to them. */
export function executionSegment(
  record: ExecutionRecord,
  history: readonly HistoryEvent[],
): SegmentDocument | undefined {
  const place = executionTrace(record);
  if (place === undefined || record.traceHeader === undefined) return undefined;
  const end = record.stopDate ?? history.at(-1)?.timestamp ?? record.startDate;
  return {
    name: record.stateMachineName,
    id: place.parent,
    trace_id: place.root,
    ...{ parent_id: readTraceHeader(record.traceHeader)?.parent },
    origin: 'AWS::StepFunctions::StateMachine',
    start_time: seconds(record.startDate),
    ...(record.stopDate === undefined ? { in_progress: true as const } : { end_time: seconds(end) }),
    ...(record.status !== 'SUCCEEDED' && record.status !== 'RUNNING' && { fault: true as const }),
    subsegments: statesIn(record.arn, history, end),
  };
}

const seconds = (time: string) => Date.parse(time) / 1000;

/** A state that was never left ended with the execution. */
function statesIn(arn: string, history: readonly HistoryEvent[], end: string) {
  const left = history.filter(({ type }) => type.endsWith('StateExited'));
  return history.flatMap((event) => {
    const name = event.stateEnteredEventDetails?.name;
    if (typeof name !== 'string') return [];
    const at = left.findIndex((one) => one.id > event.id && one.stateExitedEventDetails?.name === name);
    const [exit] = at === -1 ? [] : left.splice(at, 1);
    return {
      name: name.replaceAll(/[^\p{L}\p{N}\s_.:/%&#=+\\\-@]/gu, ''),
      id: idOf(arn, String(event.id)),
      start_time: seconds(event.timestamp),
      end_time: seconds(exit?.timestamp ?? end),
    };
  });
}
