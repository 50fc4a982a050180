/** The EventBridge bus: plain, or as `webhook`, `command` and `sweep` publish on it: with every event a trace begins or goes on. */
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { traceHeader } from '../../core/trace/trace-header.ts';
import type { Bus, Segments } from '../ports.ts';
import { callersTrace, newTrace } from './new-trace.ts';
import { xraySegments } from './segments.ts';

/** Publishes on the bus `name`. */
export function eventBus(name: string, client = new EventBridgeClient({})): Bus {
  return {
    publish: ({ source, detailType, detail }) =>
      put(client, {
        EventBusName: name,
        Source: source,
        DetailType: detailType,
        Detail: JSON.stringify(detail),
      }),
  };
}

/** Who publishes. What calls `webhook` is the outside world, whose tracing header is nothing to go by. */
type Publisher = 'command' | 'sweep' | 'webhook';

/**
 * The same, and what follows from the event is in one trace. EventBridge hands `TraceHeader` on to the state machine it starts, but
 * neither shows it in the event nor keeps it in the archive
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-related-service-xray.html), so the event itself says it as well.
 */
export function tracedBus(
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
      const told = (failed: boolean) =>
        segments.send({
          name: `belay ${by}`,
          id: place.parent,
          ...{ startedAt, endedAt: new Date(), failed },
          trace: { root: place.root, ...(above && { parent: above.parent }) },
          parts: [],
          annotations: { event: detailType },
        });
      try {
        await put(client, {
          ...{ EventBusName: name, Source: source, DetailType: detailType, TraceHeader: header },
          Detail: JSON.stringify({ ...detail, trace: header }),
        });
      } catch (error) {
        await told(true);
        throw error;
      }
      await told(false);
    },
  };
}

/**
 * PutEvents answers 200 also when it took nothing, so the count is looked at:
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
async function put(client: EventBridgeClient, entry: PutEventsRequestEntry): Promise<void> {
  const answer = await client.send(new PutEventsCommand({ Entries: [entry] }));
  if (answer.FailedEntryCount === 0) return;
  const [refused] = answer.Entries ?? [];
  throw new Error(
    `publishing ${entry.Source} ${entry.DetailType} on ${entry.EventBusName}: ${refused?.ErrorCode ?? 'unknown error'}: ${refused?.ErrorMessage ?? 'no message'}`,
  );
}
