/** `git-status`: takes "this release changed" from the status queue and brings the ledger's newest truth to GitHub. */
import type * as z from 'zod';
import { type gitStatus as contract, statusMessageSchema } from '../../core/contracts/functions.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import type { MessageDelay } from '../ports.ts';
import { pauseAfter } from './later.ts';
import { type ShowReleasePorts, showRelease } from './show-release.ts';

type Batch = z.output<typeof contract.input>;
type Answer = z.input<typeof contract.output>;

export interface GitStatusPorts extends ShowReleasePorts {
  readonly messages: MessageDelay;
}

/**
 * Messages say nothing but "look": several of one release in a batch are one look. A failure is answered with its message and all
 * after it of its commit, because a FIFO queue must not have a later message of a group done before an earlier one:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html . Other commits do not wait for it. Nothing is given
 * up: the message comes again when GitHub takes more, and finds the truth of then in the ledger.
 */
export async function gitStatus({ Records: records }: Batch, ports: GitStatusPorts): Promise<Answer> {
  const shown = new Set<string>();
  /** Commit → seconds until its messages come again. */
  const putOff = new Map<string, number>();
  const failures: Batch['Records'] = [];
  for (const record of records) {
    const release = releaseIn(record.body);
    const commit = release === undefined ? record.messageId : `${release.repository}/${release.commit}`;
    try {
      if (putOff.has(commit)) throw new Error('a message before it was put off');
      if (release === undefined) throw new Error('it names no release');
      const name = `${release.repository}/${release.id}`;
      if (!shown.has(name)) await showRelease(release, ports);
      shown.add(name);
    } catch (error) {
      const tries = record.attributes.ApproximateReceiveCount;
      const seconds = putOff.get(commit) ?? pauseAfter(error, tries, ports.clock.now());
      putOff.set(commit, seconds);
      failures.push(record);
      ports.log('status put off', { message: record.body, seconds, error: String(error) });
      await ports.messages.delay(record.receiptHandle, seconds);
    }
  }
  return { batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function releaseIn(body: string): ReleaseRef | undefined {
  try {
    return statusMessageSchema.parse(JSON.parse(body)).release;
  } catch {
    return undefined;
  }
}
