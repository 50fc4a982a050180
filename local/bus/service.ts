/** EventBridge's endpoint: PutEvents. */
import { z } from 'zod';
import { jsonService, parsed } from '../wire/json-service.ts';
import type { Permission, Service } from '../wire/service.ts';
import type { Bus } from './bus.ts';
import { entrySchema } from './event.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export function eventsService(bus: Bus): Service {
  const input = z.strictObject({ Entries: z.array(entrySchema) });
  const permissions = (operation: string, unchecked: unknown): Permission[] => {
    const names = input.safeParse(unchecked).data?.Entries.map(({ EventBusName }) => EventBusName) ?? [];
    return [...new Set(names)].map((name) => ({ action: `events:${operation}`, resource: bus.arn(name) }));
  };
  return jsonService(
    { name: 'events', target: 'AWSEvents', permissions },
    {
      PutEvents: parsed(input, ({ Entries }) => {
        const results = bus.put(Entries);
        return {
          FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
          Entries: results,
        };
      }),
    },
  );
}
