import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, expect, test } from '@jest/globals';
import { eventBus } from '../../../lambdas/adapters/events.ts';
import { clientOptions, type HttpServer, httpServer } from '../../support/http-server.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

async function bus(answer: object) {
  const started = await httpServer(() => ({
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: answer,
  }));
  server = started;
  const client = new EventBridgeClient(clientOptions(started.url));
  return { bus: eventBus('belay', client), requests: started.requests };
}

const EVENT = { source: 'belay.webhook', detailType: 'push', detail: { delivery: 'guid-1' } };

test('an event is put on the bus', async () => {
  const { bus: belay, requests } = await bus({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  await belay.publish(EVENT);
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    Entries: [
      { EventBusName: 'belay', Source: 'belay.webhook', DetailType: 'push', Detail: '{"delivery":"guid-1"}' },
    ],
  });
});

test('an event that was not taken is an error, though the answer is 200', async () => {
  const entry = { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' };
  const { bus: belay } = await bus({ FailedEntryCount: 1, Entries: [entry] });
  await expect(belay.publish(EVENT)).rejects.toThrow(
    'publishing belay.webhook push on belay: ThrottlingException: slow down',
  );
});
