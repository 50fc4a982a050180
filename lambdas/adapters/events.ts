/** The EventBridge bus, as `webhook` publishes on it. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Bus } from '../ports.ts';

/**
 * Publishes on the bus `name`.
 * PutEvents answers 200 also when it took nothing, so the count is looked at:
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBus(name: string, client = new EventBridgeClient({})): Bus {
  return {
    async publish({ source, detailType, detail }) {
      const answer = await client.send(
        new PutEventsCommand({
          Entries: [
            { EventBusName: name, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) },
          ],
        }),
      );
      if (answer.FailedEntryCount !== 0) {
        const [entry] = answer.Entries ?? [];
        throw new Error(
          `publishing ${source} ${detailType} on ${name}: ${entry?.ErrorCode ?? 'unknown error'}: ${entry?.ErrorMessage ?? 'no message'}`,
        );
      }
    },
  };
}
