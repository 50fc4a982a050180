/** Event source mappings: functions fed from queues, as Lambda's pollers do it. */
import type { Assembly, EventSourceDefinition } from '../assembly/model.ts';
import { keyUse } from '../wire/kms.ts';
import type { Principals } from '../wire/principals.ts';
import type { Authorize, Permission } from '../wire/service.ts';
import type { ReceivedMessage } from '../wire/sqs/message.ts';
import type { Queues } from '../wire/sqs/queues.ts';
import type { Functions } from './functions.ts';

export interface EventSourcesOptions {
  readonly assembly: Assembly;
  readonly queues: Queues;
  readonly functions: Functions;
  readonly principals: Principals;
  readonly authorize: Authorize;
}

/** What the function's role must be able to do: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
const NEEDED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
/** One wait for messages, in milliseconds. */
const LONG_POLL_MS = 20_000;

/** Running mappings. */
export interface EventSources {
  /** False while every queue has been found without a message that could be received now. */
  readonly busy: boolean;
  close(): Promise<void>;
}

/**
 * Starts polling.
 * @throws Error when a function's role may not read its queue: AWS refuses such a mapping too.
 */
export function startEventSources(options: EventSourcesOptions): EventSources {
  const closing = new AbortController();
  const handling = new Set<EventSourceDefinition>();
  const { eventSources } = options.assembly;
  for (const source of eventSources) requirePermissions(options, source);
  const loops = eventSources.map((source) => poll(options, source, { signal: closing.signal, handling }));
  return {
    get busy() {
      return handling.size > 0;
    },
    async close() {
      closing.abort();
      await Promise.all(loops);
    },
  };
}

function requirePermissions(
  { assembly, queues, functions, principals, authorize }: EventSourcesOptions,
  source: EventSourceDefinition,
) {
  const { roleArn } = functions.definition(source.functionArn);
  const principal = principals.openSession(roleArn, { sessionName: 'event-source-mapping' });
  const key = queues.keyOf(source.queueArn.split(':').at(-1) ?? '');
  const needed: Permission[] = NEEDED.map((action) => ({ action, resource: source.queueArn }));
  if (key !== undefined) needed.push(keyUse('sqs', 'Decrypt', { key, region: assembly.place.region }));
  for (const permission of needed) {
    const refusal = authorize({ principal, ...permission });
    if (refusal === undefined) continue;
    throw new Error(
      `mapping ${source.queueArn} to ${source.functionArn}: the role may not ${permission.action}: ${refusal}`,
    );
  }
  principals.revoke(principal.credentials.accessKeyId);
}

async function poll(
  options: EventSourcesOptions,
  source: EventSourceDefinition,
  { signal, handling }: { signal: AbortSignal; handling: Set<EventSourceDefinition> },
): Promise<void> {
  const wait = { max: source.batchSize, waitMs: LONG_POLL_MS, signal };
  while (!signal.aborted) {
    const batch = await options.queues.receive(source.queueArn, wait);
    if (batch.length === 0) continue;
    handling.add(source);
    await handle(options, source, batch);
    handling.delete(source);
  }
}

async function handle(
  { queues, functions, assembly }: EventSourcesOptions,
  source: EventSourceDefinition,
  batch: readonly ReceivedMessage[],
): Promise<void> {
  const records = batch.map((message) => recordOf(message, source, assembly.place.region));
  const { payload, failed } = await functions.invoke(
    source.functionArn,
    JSON.stringify({ Records: records }),
  );
  const failures = failed ? 'all' : source.reportsItemFailures ? failedItems(payload, batch) : [];
  // A batch that failed as a whole stays invisible until its time runs out, like single failed items.
  if (failures !== 'all') queues.settle(source.queueArn, batch, new Set(failures));
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting */
function failedItems(payload: string, batch: readonly ReceivedMessage[]): 'all' | string[] {
  const answer = JSON.parse(payload) as { batchItemFailures?: { itemIdentifier?: string }[] } | null;
  const failures = answer?.batchItemFailures ?? [];
  const known = new Set(batch.map(({ messageId }) => messageId));
  const ids = failures.map(({ itemIdentifier }) => itemIdentifier ?? '');
  return ids.every((id) => known.has(id)) ? ids : 'all';
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(message: ReceivedMessage, { queueArn }: EventSourceDefinition, region: string): object {
  const messageAttributes = Object.fromEntries(
    Object.entries(message.messageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue },
    ]),
  );
  return {
    ...message,
    messageAttributes,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
