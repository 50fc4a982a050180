/** `git-status`: takes "this release changed" from the status queue and brings the ledger's newest truth to GitHub. */
import type * as z from 'zod';
import {
  type gitStatus as contract,
  type StatusMessage,
  statusMessageSchema,
} from '../../core/contracts/functions.ts';
import { segmentIn } from '../../core/trace/segment.ts';
import type { AuditWriter } from '../github-ports.ts';
import type { MessageDelay, Segments } from '../ports.ts';
import { type AnnouncePorts, announce } from './announce.ts';
import { keepTimeline } from './keep-timeline.ts';
import { pauseAfter } from './later.ts';
import { readRecord } from './record.ts';
import { type ShowAnswerPorts, showAnswer } from './show-answer.ts';
import { showAudit } from './show-audit.ts';
import { type ShowReleasePorts, showRelease } from './show-release.ts';

type Batch = z.output<typeof contract.input>;
type Answer = z.input<typeof contract.output>;

export interface GitStatusPorts
  extends AnnouncePorts,
    Omit<ShowReleasePorts, 'github'>,
    Omit<ShowAnswerPorts, 'github'> {
  readonly github: ShowReleasePorts['github'] & ShowAnswerPorts['github'];
  readonly messages: MessageDelay;
  readonly segments: Segments;
  /** Undefined where there is to be no audit in Git. */
  readonly audit: AuditWriter | undefined;
}

/**
 * Messages say nothing but "look": several of one release in a batch are one look. A failure is answered with its message and all
 * after it of its commit, because a FIFO queue must not have a later message of a group done before an earlier one:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html . Others do not wait for it. Nothing is given
 * up: the message comes again when GitHub takes more, and finds the truth of then in the ledger.
 */
export async function gitStatus({ Records: records }: Batch, ports: GitStatusPorts): Promise<Answer> {
  const shown = new Set<string>();
  /** Commit or pull request → seconds until its messages come again. */
  const putOff = new Map<string, number>();
  const failures: Batch['Records'] = [];
  for (const record of records) {
    const message = messageIn(record.body);
    const { group, name } = message === undefined ? anonymous(record.messageId) : namesOf(message);
    try {
      if (putOff.has(group)) throw new Error('a message before it was put off');
      if (message === undefined) throw new Error('it names neither a release nor an answer');
      if (!shown.has(name)) await traced(record, message, ports);
      shown.add(name);
    } catch (error) {
      const tries = record.attributes.ApproximateReceiveCount;
      const seconds = putOff.get(group) ?? pauseAfter(error, tries, ports.clock.now());
      putOff.set(group, seconds);
      failures.push(record);
      ports.log('status put off', { message: record.body, seconds, error: String(error) });
      await ports.messages.delay(record.receiptHandle, seconds);
    }
  }
  return { batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** A look that went well is a segment of its change's trace; one that did not comes again. */
async function traced(
  { attributes }: Batch['Records'][number],
  message: StatusMessage,
  ports: GitStatusPorts,
): Promise<void> {
  const startedAt = ports.clock.now();
  await show(message, ports);
  const segment = segmentIn(attributes.AWSTraceHeader, {
    name: 'belay git-status',
    ...{ startedAt, endedAt: ports.clock.now() },
    parts: [],
    failed: false,
    annotations: 'release' in message ? { release: message.release.id } : {},
  });
  if (segment !== undefined) await ports.segments.send(segment);
}

/**
 * What is announced does not wait for GitHub, nor GitHub for it when it fails. Then comes what people wait for: the audit loses nothing
 * by coming later.
 */
async function show(message: StatusMessage, ports: GitStatusPorts): Promise<void> {
  if (!('release' in message)) return showAnswer(message.answer, ports);
  const record = await readRecord(message.release, ports.ledger);
  try {
    if (record !== undefined) await announce(record, ports);
  } finally {
    await showRelease(message.release, record, ports);
  }
  const { audit } = ports;
  if (record !== undefined && audit !== undefined) await showAudit(record, { ...ports, audit });
  if (record !== undefined) await keepTimeline(record.release, ports);
}

/** The queue's message group, and what is looked at. */
function namesOf(message: StatusMessage): { group: string; name: string } {
  if ('release' in message) {
    const { repository, commit, id } = message.release;
    return { group: `${repository}/${commit}`, name: `${repository}/${id}` };
  }
  const { repository, pull, comment } = message.answer;
  return { group: `${repository}/pull/${pull}`, name: `${repository}/comment/${comment}` };
}

const anonymous = (id: string) => ({ group: id, name: id });

function messageIn(body: string): StatusMessage | undefined {
  try {
    return statusMessageSchema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
