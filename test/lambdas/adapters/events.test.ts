import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, expect, test } from '@jest/globals';
import { readTraceHeader } from '../../../core/trace/trace-header.ts';
import { eventBus, tracedBus } from '../../../lambdas/adapters/events.ts';
import { callersTrace } from '../../../lambdas/adapters/new-trace.ts';
import { clientOptions, type HttpServer, httpServer } from '../../support/http-server.ts';
import { segmentsMemory } from '../../support/segments-memory.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

/** What Lambda says of an invocation, and what follows from it. */
const LAMBDA = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0';
const CALLER = { root: '1-5759e988-bd862e3fe1be46a994272793', parent: '53995c3f42cd8ad8' };

async function bus(answer: object, by: Parameters<typeof tracedBus>[1] = 'webhook') {
  const started = await httpServer(() => ({
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: answer,
  }));
  server = started;
  const segments = segmentsMemory();
  const client = new EventBridgeClient(clientOptions(started.url));
  const belay = tracedBus('belay', by, { client, segments, caller: () => callersTrace(LAMBDA) });
  const entry = () => JSON.parse(started.requests[0]?.body ?? '').Entries[0];
  return { bus: belay, entry, client, sent: segments.sent };
}

const EVENT = { source: 'belay.webhook', detailType: 'push', detail: { delivery: 'guid-1' } };
const TAKEN = { FailedEntryCount: 0, Entries: [{ EventId: '1' }] };

test('a plain bus has no trace', async () => {
  const { entry, client } = await bus(TAKEN);
  await eventBus('default', client).publish(EVENT);
  expect(entry()).toEqual({
    ...{ EventBusName: 'default', Source: 'belay.webhook', DetailType: 'push' },
    Detail: '{"delivery":"guid-1"}',
  });
});

test('an event is put on the bus with a trace of its own, whatever the outside world named', async () => {
  const { bus: belay, entry, sent } = await bus(TAKEN);
  await belay.publish(EVENT);
  const { TraceHeader: header, Detail: detail, ...others } = entry();
  expect(others).toEqual({ EventBusName: 'belay', Source: 'belay.webhook', DetailType: 'push' });
  expect(JSON.parse(detail)).toEqual({ delivery: 'guid-1', trace: header });
  const place = readTraceHeader(header);
  expect(place?.root).not.toBe(CALLER.root);
  // Everything else of the change hangs from the segment of its delivery.
  expect(sent).toMatchObject([
    { name: 'belay webhook', id: place?.parent, trace: { root: place?.root }, failed: false },
  ]);
  expect(sent[0]?.trace).not.toHaveProperty('parent');
});

test('what a command publishes goes on in the trace of who asked', async () => {
  const { bus: belay, entry, sent } = await bus(TAKEN, 'command');
  await belay.publish(EVENT);
  expect(readTraceHeader(entry().TraceHeader)?.root).toBe(CALLER.root);
  expect(sent).toMatchObject([{ name: 'belay command', trace: CALLER }]);
});

test('an event that was not taken is an error, though the answer is 200', async () => {
  const entry = { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' };
  const { bus: belay, sent } = await bus({ FailedEntryCount: 1, Entries: [entry] });
  await expect(belay.publish(EVENT)).rejects.toThrow(
    'publishing belay.webhook push on belay: ThrottlingException: slow down',
  );
  expect(sent).toMatchObject([{ failed: true }]);
});
