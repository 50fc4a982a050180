/** An event on the bus, and PutEvents' entries becoming events. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Json } from '../asl/json.ts';
import type { Place } from '../assembly/resource.ts';

/** The envelope every rule's pattern looks at. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Json;
}

/** One entry of PutEvents. */
export const entrySchema = z.strictObject({
  EventBusName: z.string().default('default'),
  Source: z.string().default(''),
  DetailType: z.string().default(''),
  Detail: z.string().default(''),
  Resources: z.array(z.string()).default([]),
  /** Seconds since 1970. */
  Time: z.number().optional(),
  TraceHeader: z.string().optional(),
});
export type Entry = z.infer<typeof entrySchema>;

/** What PutEvents answers for an entry it does not take. */
export interface EntryError {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** The event of an entry, or why there is none. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export function eventOf(entry: Entry, place: Place, now: number): BusEvent | EntryError {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (entry[name] === '') {
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
    }
  }
  if (entry.Source.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSource', ErrorMessage: 'Not authorized for the source.' };
  }
  const detail = parseDetail(entry.Detail);
  if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const time = entry.Time === undefined ? now : entry.Time * 1000;
  return newEvent(
    { source: entry.Source, detailType: entry.DetailType, resources: entry.Resources, detail },
    place,
    time,
  );
}

/** An event with a fresh id. */
export function newEvent(
  content: { source: string; detailType: string; resources: readonly string[]; detail: Json },
  place: Place,
  time: number,
): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': content.detailType,
    source: content.source,
    account: place.account,
    // EventBridge keeps whole seconds.
    time: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: place.region,
    resources: content.resources,
    detail: content.detail,
  };
}

/** What the targets of a rule with a schedule get. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export function scheduledEvent(ruleArn: string, place: Place): BusEvent {
  const content = { source: 'aws.events', detailType: 'Scheduled Event', resources: [ruleArn], detail: {} };
  return newEvent(content, place, Date.now());
}

/** Bytes an entry counts for. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
export function entrySize(entry: Entry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...entry.Resources];
  return texts.reduce((size, text) => size + Buffer.byteLength(text), entry.Time === undefined ? 0 : 14);
}

function parseDetail(text: string): Json | undefined {
  try {
    const detail: Json = JSON.parse(text);
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}
