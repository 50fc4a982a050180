/** `webhook`: verifies a GitHub delivery, makes it small and publishes it. Nothing slow: GitHub gives up after 10 seconds. */
import { isUtf8 } from 'node:buffer';
import { Webhooks } from '@octokit/webhooks';
import * as z from 'zod';
import { isServed } from '../../core/configuration/allowed.ts';
import { CONVERSATION_EVENT } from '../../core/contracts/conversation.ts';
import type { webhook as contract } from '../../core/contracts/functions.ts';
import { MERGE_GROUP_EVENT } from '../../core/contracts/merge-group.ts';
import { PULL_EVENT } from '../../core/contracts/pull.ts';
import { PUSH_EVENT } from '../../core/contracts/push.ts';
import { CONVERSATIONS, heardIn } from '../../core/conversation.ts';
import { describeGroup, mergeGroupChanged } from '../../core/merge-group.ts';
import { pullRequestChanged } from '../../core/pull.ts';
import { pushReceived } from '../../core/push.ts';
import type { Bus, Log, RotatingSecret } from '../ports.ts';
import type { Sources } from './sources.ts';

/** Larger deliveries are refused. Lambda itself takes no request above this; a push's payload is some kilobytes. */
export const MAX_BODY_BYTES = 6 * 1024 * 1024;

/** What is left of a delivery. An execution takes 256 KiB, which the names around it are part of. */
export const MAX_EVENT_BYTES = 240 * 1024;

/** As much of what was sent as an answer and the log repeat. */
const MAX_ANSWER = 2000;

/** GitHub's is a GUID; it becomes a key of the ledger. */
const DELIVERY = /^[\w-]{1,100}$/;

type Request = z.output<typeof contract.input>;
type Answer = z.input<typeof contract.output>;

export interface WebhookPorts {
  /** Whether deliveries from this address are looked at. */
  readonly sources: Sources;
  readonly secret: RotatingSecret;
  readonly bus: Bus;
  /** The repositories whose deliveries are served; undefined: every one's. */
  readonly served: readonly string[] | undefined;
  readonly log: Log;
}

/** Answers one HTTP request; every refusal says its reason, in the answer and in the log. */
export async function webhook(request: Request, ports: WebhookPorts): Promise<Answer> {
  const headers = lowerCased(request.headers);
  const delivery = headers.get('x-github-delivery');
  const { statusCode, message } = await judge(request, headers, ports);
  const reason = message.length > MAX_ANSWER ? `${message.slice(0, MAX_ANSWER)}…` : message;
  ports.log('webhook answered', {
    delivery,
    githubEvent: headers.get('x-github-event'),
    statusCode,
    reason,
  });
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: reason }),
  };
}

interface Judgement {
  readonly statusCode: number;
  readonly message: string;
}

async function judge(
  request: Request,
  headers: ReadonlyMap<string, string>,
  ports: WebhookPorts,
): Promise<Judgement> {
  const { method, sourceIp } = request.requestContext.http;
  if (!ports.sources(sourceIp)) {
    return refusal(
      403,
      `deliveries from ${sourceIp} are not taken: add its range to webhookSources if it is GitHub's (https://api.github.com/meta)`,
    );
  }
  if (method !== 'POST') return refusal(405, `deliveries are POSTed; this was ${method}`);
  const type = headers.get('content-type') ?? 'none';
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return refusal(
      415,
      `the content type is ${type}: set the webhook's content type to application/json on GitHub`,
    );
  }
  const raw = Buffer.from(request.body ?? '', request.isBase64Encoded ? 'base64' : 'utf8');
  if (raw.length > MAX_BODY_BYTES)
    return refusal(413, `the body is ${raw.length} bytes long; at most ${MAX_BODY_BYTES} are accepted`);
  if (raw.length === 0) return refusal(400, 'the body is empty');
  // Text that is not would be signed as another one than was sent.
  if (!isUtf8(raw)) return refusal(400, 'the body is not UTF-8');
  const body = raw.toString('utf8');

  const signature = headers.get('x-hub-signature-256');
  if (!signature) {
    return refusal(
      401,
      'there is no x-hub-signature-256 header: give the webhook on GitHub the secret that Belay was deployed with',
    );
  }
  if (!(await isSigned(body, signature, ports.secret))) {
    return refusal(
      401,
      "the signature does not match: the webhook's secret on GitHub is not the one Belay was deployed with",
    );
  }

  const event = headers.get('x-github-event');
  const delivery = headers.get('x-github-delivery');
  if (event === undefined || delivery === undefined)
    return refusal(400, 'the headers x-github-event and x-github-delivery must be there');
  if (!DELIVERY.test(delivery))
    return refusal(400, 'the header x-github-delivery is not the id of a delivery');
  if (event === 'ping') return { statusCode: 200, message: 'pong' };
  const publisher = PUBLISHERS.get(event);
  if (publisher === undefined) return ignored(`${event} is not served`);
  const payload = parsedJson(body);
  if (payload === undefined) return refusal(400, 'the body is not JSON');
  const repository = repositoryOf(payload.value);
  if (repository !== undefined && !isServed(repository, ports.served))
    return ignored(`${repository} is none of the \`repositories\` in belay.config.ts`);
  return publisher(delivery, payload.value, ports);
}

type Publisher = (delivery: string, payload: unknown, ports: WebhookPorts) => Promise<Judgement>;

/** By the name of the event. */
const PUBLISHERS: ReadonlyMap<string, Publisher> = new Map<string, Publisher>([
  ['push', publishPush],
  ['pull_request', publishPull],
  ['merge_group', publishMergeGroup],
  ...CONVERSATIONS.map((event) => [event, publishConversation(event)] as const),
]);

async function publishPush(delivery: string, payload: unknown, ports: WebhookPorts): Promise<Judgement> {
  const received = pushReceived(delivery, payload);
  if ('problem' in received) return refusal(400, `the payload is not that of a push: ${received.problem}`);
  const { ref, after } = received.push;
  return publish({ ...PUSH_EVENT, detail: received.push }, `${ref} at ${after}`, ports);
}

function publishConversation(event: (typeof CONVERSATIONS)[number]): Publisher {
  return async (delivery, payload, ports) => {
    const read = heardIn(event, delivery, payload);
    if ('problem' in read) return refusal(400, `the payload is not that of a ${event}: ${read.problem}`);
    if ('ignored' in read) return ignored(read.ignored);
    const { action, by } = read.heard;
    return publish({ ...CONVERSATION_EVENT, detail: read.heard }, `a ${action} by ${by}`, ports);
  };
}

async function publishPull(delivery: string, payload: unknown, ports: WebhookPorts): Promise<Judgement> {
  const read = pullRequestChanged(delivery, payload);
  if ('problem' in read) return refusal(400, `the payload is not that of a pull request: ${read.problem}`);
  if ('ignored' in read) return ignored(read.ignored);
  const { number, head } = read.changed.pull;
  return publish({ ...PULL_EVENT, detail: read.changed }, `pull request ${number} at ${head}`, ports);
}

async function publishMergeGroup(
  delivery: string,
  payload: unknown,
  ports: WebhookPorts,
): Promise<Judgement> {
  const read = mergeGroupChanged(delivery, payload);
  if ('problem' in read) return refusal(400, `the payload is not that of a merge group: ${read.problem}`);
  if ('ignored' in read) return ignored(read.ignored);
  const { destroyed, mergeGroup } = read.changed;
  const what = `${describeGroup(mergeGroup)} at ${mergeGroup.head}${destroyed ? `, ${destroyed}` : ''}`;
  return publish({ ...MERGE_GROUP_EVENT, detail: read.changed }, what, ports);
}

async function publish(
  event: Parameters<Bus['publish']>[0] & { readonly detail: { readonly delivery: string } },
  what: string,
  ports: WebhookPorts,
): Promise<Judgement> {
  const { delivery } = event.detail;
  const size = Buffer.byteLength(JSON.stringify(event.detail));
  if (size > MAX_EVENT_BYTES)
    return refusal(
      413,
      `what there is to do of it is ${size} bytes long; at most ${MAX_EVENT_BYTES} are taken`,
    );
  try {
    await ports.bus.publish(event);
  } catch (error) {
    ports.log('publishing failed', { delivery, error: String(error) });
    return refusal(500, `delivery ${delivery} could not be published: redeliver it`);
  }
  return { statusCode: 202, message: `accepted: ${what}` };
}

/** Whose delivery it is; one without a name is refused by whoever reads the rest. */
const repositoryOf = (payload: unknown) => namedSchema.safeParse(payload).data?.repository.full_name;
const namedSchema = z.object({ repository: z.object({ full_name: z.string() }) });

const ignored = (why: string): Judgement => ({ statusCode: 202, message: `ignored: ${why}` });

const refusal = (statusCode: number, message: string): Judgement => ({ statusCode, message });

/** A value that matches none may be newer than the cache, so the cache is refreshed before a delivery is turned away. */
async function isSigned(body: string, signature: string, secret: RotatingSecret): Promise<boolean> {
  return (
    (await matchesAny(body, signature, await secret.values())) ||
    (await matchesAny(body, signature, await secret.values({ fresh: true })))
  );
}

/** Octokit compares HMAC-SHA256 over the body in constant time. */
async function matchesAny(body: string, signature: string, secrets: readonly string[]): Promise<boolean> {
  for (const secret of secrets) {
    if (await new Webhooks({ secret }).verify(body, signature)) return true;
  }
  return false;
}

const lowerCased = (headers: Request['headers']): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), value] as const],
    ),
  );

function parsedJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
