/** One segment as Belay sends it: what was done, when, in which parts. Made by `webhook`, `admit` and `git-status`; the adapter and the local twin read it. */
import { type LivingTrace, readTraceHeader, traceAt } from './trace-header.ts';

/** A part of a segment, or the whole. */
export interface Span {
  readonly name: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

export interface Segment extends Span {
  /** Where it belongs. */
  readonly trace: LivingTrace;
  /** Its own id, where others were told it before it ended. @default a fresh one */
  readonly id?: string;
  readonly parts: readonly Span[];
  /** Something went wrong. */
  readonly failed: boolean;
  /** What it can be found by: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-annotations */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Undefined where the change has no trace: what an older version of Belay began has none. */
export function segmentIn(header: string | undefined, segment: Omit<Segment, 'trace'>): Segment | undefined {
  const place = header === undefined ? undefined : readTraceHeader(header);
  return place && { ...segment, trace: traceAt(place, segment.endedAt) };
}
