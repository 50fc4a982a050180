/**
 * X-Ray as the functions write to it: the only module that knows the X-Ray SDK, of which it takes the two classes that make and send
 * segments. docs/decisions/0024 says why not its index, and what will replace it.
 */
import type { LivingTrace } from '../../core/trace/trace-header.ts';
import type { Log, Segments } from '../ports.ts';
import { log } from './log.ts';

/** Loaded when the first segment is sent, not when the function starts. */
async function load() {
  const [segment, subsegment] = await Promise.all([
    import('aws-xray-sdk-core/dist/lib/segments/segment.js'),
    import('aws-xray-sdk-core/dist/lib/segments/attributes/subsegment.js'),
  ]);
  return { Segment: segment.default, Subsegment: subsegment.default };
}

/** Over UDP to the daemon that runs beside every traced function (`AWS_XRAY_DAEMON_ADDRESS`); what is lost on the way is lost. */
export function xraySegments(say: Log = log): Segments {
  return {
    async send({ name, id, startedAt, endedAt, trace, parts, failed, annotations }) {
      try {
        const { Segment, Subsegment } = await load();
        const segment = new Segment(name, trace.root, trace.parent);
        if (id !== undefined) segment.id = id;
        segment.start_time = seconds(startedAt);
        segment.end_time = seconds(endedAt);
        if (failed) segment.addFaultFlag();
        for (const [key, value] of Object.entries({ ...annotations, ...continuing(trace) }))
          segment.addAnnotation(key, value);
        for (const part of parts) {
          const times = { start_time: seconds(part.startedAt), end_time: seconds(part.endedAt) };
          const inner = Object.assign(new Subsegment(part.name), times);
          delete inner.in_progress;
          segment.addSubsegment(inner);
        }
        segment.close();
      } catch (error) {
        say('segment not sent', { name, error: String(error) });
      }
    },
  };
}

const seconds = (time: Date) => time.getTime() / 1000;

const continuing = ({ continues }: LivingTrace) => (continues === undefined ? {} : { continues });
