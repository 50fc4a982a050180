/** A release as the ledger tells it, with everything that GitHub is told of. Used by `show-release` and `show-comment`. */
import { rollbackPrefixes, withRollbackQuestions } from '../../core/deployment/rollback-questions.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { deploymentItemSchema, releaseItemSchema } from '../../core/ledger/release-items.ts';
import { outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import type { Ledger } from '../ports.ts';
import type { ReleaseAddress } from '../shared/items.ts';

export async function readRecord(
  { repository, id }: ReleaseAddress,
  ledger: Ledger,
): Promise<ReleaseRecord | undefined> {
  const found = await ledger.get(ledgerKeys.release(repository, id));
  if (found === undefined) return undefined;
  const { pk } = ledgerKeys.release(repository, id);
  const outcomesUnder = async (prefix: string) =>
    outcomeItemSchema.array().parse(await ledger.query(pk, prefix));
  const deployments = deploymentItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.deployments));
  const outcomes = await outcomesUnder(ledgerPrefixes.outcomes);
  const passes = await Promise.all(rollbackPrefixes(deployments).map(outcomesUnder));
  return {
    release: releaseItemSchema.parse(found),
    deployments,
    outcomes: withRollbackQuestions(outcomes, passes.flat()),
  };
}
