/** Compares what the plan of a merge group would change with what people have read on its pull requests; called by `settle`. */
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { type Unreviewed, unreviewedChanges } from '../../core/deployment/unreviewed.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { type OutcomeItem, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { Ledger } from '../ports.ts';
import { pullsIn } from '../shared/merge-group.ts';

/** Undefined for a release that is of no merge group. */
export async function findUnreviewed(
  { mergeGroup, release: { repository } }: ReleaseDocument,
  outcomes: readonly OutcomeItem[],
  ledger: Ledger,
): Promise<Unreviewed[] | undefined> {
  if (mergeGroup === undefined) return undefined;
  const { pulls } = await pullsIn(repository, mergeGroup, ledger);
  const reviewed = await Promise.all(
    pulls.map(async ({ number, plan }) => {
      const items =
        plan === undefined
          ? []
          : await ledger.query(ledgerKeys.release(repository, plan.id).pk, ledgerPrefixes.outcomes);
      return { number, outcomes: outcomeItemSchema.array().parse(items) };
    }),
  );
  return unreviewedChanges(outcomes, reviewed);
}
