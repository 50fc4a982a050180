/** The EventBridge bus, as `webhook`, `command` and `sweep` publish on it; with every event a trace begins or goes on. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { traceHeader } from '../../core/trace/trace-header.ts';
import type { Bus, Segments } from '../ports.ts';
import { callersTrace, newTrace } from './new-trace.ts';
import { xraySegments } from './segments.ts';

/** Who publishes. What calls `webhook` is the outside world, whose tracing header is nothing to go by. */
type Publisher = 'command' | 'git-status' | 'image-build' | 'sweep' | 'webhook';

/**
 * Publishes on the bus `name`.
 * PutEvents answers 200 also when it took nothing, so the count is looked at:
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 * EventBridge hands `TraceHeader` on to the state machine it starts, but neither shows it in the event nor keeps it in the archive
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-related-service-xray.html), so the event itself says it as well.
 */
export function eventBus(
  name: string,
  by: Publisher,
  {
    client = new EventBridgeClient({}),
    segments = xraySegments(),
    caller = callersTrace,
  }: {
    readonly client?: EventBridgeClient;
    readonly segments?: Segments;
    readonly caller?: typeof callersTrace;
  } = {},
): Bus {
  return {
    async publish({ source, detailType, detail }) {
      const startedAt = new Date();
      const above = by === 'webhook' ? undefined : caller();
      const { root, parent } = newTrace(startedAt);
      const place = { root: above?.root ?? root, parent };
      const header = traceHeader(place);
      const entry = {
        EventBusName: name,
        Source: source,
        DetailType: detailType,
        Detail: JSON.stringify({ ...detail, trace: header }),
        TraceHeader: header,
      };
      const answer = await client.send(new PutEventsCommand({ Entries: [entry] }));
      const failed = answer.FailedEntryCount !== 0;
      await segments.send({
        name: `belay ${by}`,
        id: place.parent,
        startedAt,
        endedAt: new Date(),
        trace: { root: place.root, ...(above && { parent: above.parent }) },
        parts: [],
        failed,
        annotations: { event: detailType },
      });
      if (failed) {
        const [taken] = answer.Entries ?? [];
        throw new Error(
          `publishing ${source} ${detailType} on ${name}: ${taken?.ErrorCode ?? 'unknown error'}: ${taken?.ErrorMessage ?? 'no message'}`,
        );
      }
    },
  };
}
