/** `git-status`: takes "this release changed" from the status queue and brings the ledger's newest truth to GitHub. */
import type * as z from 'zod';
import { type gitStatus as contract, statusMessageSchema } from '../../core/contracts/functions.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { rollbackPrefixes, withRollbackQuestions } from '../../core/deployment/rollback-questions.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import {
  commitItemSchema,
  deploymentItemSchema,
  releaseItemSchema,
  statusItemSchema,
} from '../../core/ledger/release-items.ts';
import { outcomeItemSchema } from '../../core/ledger/work-items.ts';
import { changedStatuses, type ReleaseRecord } from '../../core/statuses.ts';
import { GitHubError } from '../github-error.ts';
import type { GitHub, Ledger, Log } from '../ports.ts';

type Batch = z.output<typeof contract.input>;
type Answer = z.input<typeof contract.output>;

export interface GitStatusPorts {
  readonly ledger: Ledger;
  readonly github: GitHub;
  readonly log: Log;
}

/**
 * Messages say nothing but "look": several of one release in a batch are one look. A failure is answered with its message and all
 * after it, because a FIFO queue must not have a later message done before an earlier one:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export async function gitStatus({ Records: records }: Batch, ports: GitStatusPorts): Promise<Answer> {
  const shown = new Set<string>();
  for (const [index, { body }] of records.entries()) {
    try {
      const { release } = statusMessageSchema.parse(JSON.parse(body));
      const name = `${release.repository}/${release.id}`;
      if (shown.has(name)) continue;
      await showRelease(release, ports);
      shown.add(name);
    } catch (error) {
      ports.log('status failed', { message: body, error: String(error) });
      return {
        batchItemFailures: records.slice(index).map(({ messageId }) => ({ itemIdentifier: messageId })),
      };
    }
  }
  return { batchItemFailures: [] };
}

async function showRelease(ref: ReleaseRef, ports: GitStatusPorts): Promise<void> {
  const { ledger, github, log } = ports;
  const record = await recordOf(ref, ledger);
  if (record === undefined) return;
  const releaseKey = ledgerKeys.release(ref.repository, ref.id);
  for (const status of changedStatuses(record)) {
    try {
      await github.createStatus(record.release.repository.fullName, ref.commit, status);
    } catch (error) {
      // 404 and 422 do not get better by trying: the repository or the commit is gone, the token may not see it, or the commit has
      // a thousand statuses. The next change of the release asks GitHub again.
      if (!(error instanceof GitHubError) || (error.status !== 404 && error.status !== 422)) throw error;
      log('status refused', {
        ...{ level: 'error', release: ref.id, context: status.context, status: error.status },
        error: error.message,
      });
      await ledger.update(releaseKey, { set: { unshown: error.message } }, { present: true });
      return;
    }
    await ledger.put(ledgerKeys.status(ref.repository, ref.commit, status.context), status);
  }
  if (record.release.unshown !== undefined)
    await ledger.update(releaseKey, { remove: ['unshown'] }, { present: true });
}

/** Undefined when another release of the commit is the newest: what this one says is past. */
async function recordOf(
  { id, repository, commit }: ReleaseRef,
  ledger: Ledger,
): Promise<ReleaseRecord | undefined> {
  const newest = await ledger.get(ledgerKeys.commit(repository, commit));
  if (newest === undefined || commitItemSchema.parse(newest).release !== id) return undefined;
  const { pk } = ledgerKeys.release(repository, id);
  const ofCommit = ledgerKeys.commit(repository, commit).pk;
  const outcomesUnder = async (prefix: string) =>
    outcomeItemSchema.array().parse(await ledger.query(pk, prefix));
  const deployments = deploymentItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.deployments));
  const outcomes = await outcomesUnder(ledgerPrefixes.outcomes);
  const passes = await Promise.all(rollbackPrefixes(deployments).map(outcomesUnder));
  return {
    release: releaseItemSchema.parse(await ledger.get(ledgerKeys.release(repository, id))),
    deployments,
    outcomes: withRollbackQuestions(outcomes, passes.flat()),
    written: statusItemSchema.array().parse(await ledger.query(ofCommit, ledgerPrefixes.statuses)),
  };
}
