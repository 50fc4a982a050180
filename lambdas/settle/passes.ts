/** Gives every target that a rollback was about its one outcome; called by `settle` when all have one of the deployment's own. */
import type { DeploymentRef } from '../../core/contracts/functions.ts';
import { foldPasses } from '../../core/deployment/rolled-back.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Ledger } from '../ports.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readOutcomes } from '../shared/items.ts';

/** Passes of an earlier attempt have been folded by that. */
export async function foldRollback(
  { release, environment, fence }: DeploymentRef & { readonly fence: number },
  ledger: Ledger,
): Promise<void> {
  const reversed = await readOutcomes(ledger, release, environment, 'reverse');
  if (reversed.size === 0) return;
  const forwarded = await readOutcomes(ledger, release, environment, 'forward');
  const outcomes = await readOutcomes(ledger, release, environment);
  await inParallel(outcomes.values(), async (deployed) => {
    const { component, attempt, outcome } = deployed;
    const reverse = reversed.get(component);
    // Folded before: this call is a repeated one.
    const isFolded = deployed.rollback !== undefined;
    if (reverse?.attempt !== fence || outcome === undefined || isFolded) return;
    const other = forwarded.get(component);
    const forward = other?.attempt === fence ? other : undefined;
    const folded = foldPasses({ deployed, reverse, forward });
    const { endedAt = deployed.endedAt } = forward ?? reverse;
    const failure = deployed.failure ?? reverse.failure ?? forward?.failure;
    const facts = { ...(endedAt && { endedAt }), ...(failure && { failure }) };
    await ledger.update(
      ledgerKeys.outcome(release.repository, release.id, { environment, component }),
      { set: { ...folded, rollback: reverse.rollback, ...facts } },
      { equals: { attempt, outcome }, missing: ['rollback'] },
    );
  });
}
