/**
 * The trace of one change, as it is handed on in events, machine states, job specs and status messages: X-Ray's tracing header.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';

const HEADER = /^Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=([0-9a-f]{16});Sampled=1$/;

/** `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`: the parent is the segment the change began with. */
export const traceHeaderSchema = z.string().regex(HEADER, 'not a tracing header of Belay');

export interface TracePlace {
  /** The trace's id. */
  readonly root: string;
  /** Id of the segment above. */
  readonly parent: string;
}

export const traceHeader = ({ root, parent }: TracePlace): string =>
  `Root=${root};Parent=${parent};Sampled=1`;

/** Undefined for what is no header that Belay hands on. */
export function readTraceHeader(header: string): TracePlace | undefined {
  const [, root, parent] = HEADER.exec(header) ?? [];
  return root === undefined || parent === undefined ? undefined : { root, parent };
}

/**
 * X-Ray takes segments of a trace for seven days; a day of them is left for clocks and for what is under way.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
 */
const LIFE_SECONDS = 6 * 24 * 3600;

/** Where a segment that ends at `now` belongs. */
export interface LivingTrace extends Pick<TracePlace, 'root'> {
  /** Absent in a trace that goes on: its first segment is in another one. */
  readonly parent?: string;
  /** The trace this one goes on from, once that takes nothing any more. */
  readonly continues?: string;
}

/**
 * A change may outlive its trace: an approval may take days, a redrive comes when it comes. Every further six days are a trace of
 * their own, whose id follows from the first one's, so that all who write then meet in the same without having to agree.
 */
export function traceAt({ root, parent }: TracePlace, now: Date): LivingTrace {
  const [version, began = '0'] = root.split('-');
  const start = Number.parseInt(began, 16);
  const turn = Math.floor((now.getTime() / 1000 - start) / LIFE_SECONDS);
  if (turn < 1) return { root, parent };
  const then = (start + turn * LIFE_SECONDS).toString(16).padStart(8, '0');
  const random = createHash('sha256').update(`${root} ${turn}`).digest('hex').slice(0, 24);
  return { root: `${version}-${then}-${random}`, continues: root };
}
