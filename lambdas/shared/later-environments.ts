/** The environments that come after one in a release: skipped when it did not succeed, waiting again when it is redriven. */
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { DeploymentItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Ledger } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { readDeploymentItem, readOutcomes } from './items.ts';

/** Called by `settle`. Environments that have a verdict of their own keep it. */
export async function skipLater(
  ledger: Ledger,
  document: ReleaseDocument,
  environment: string,
): Promise<void> {
  const reason = `${environment} did not succeed`;
  await markLater(ledger, document, environment, {
    applies: ({ verdict }) => verdict === undefined || verdict === 'skipped',
    deployment: { progress: 'ended', verdict: 'skipped', reason },
    outcome: { progress: 'ended', outcome: 'skipped', reason },
  });
}

/** Called by `open`. */
export async function reopenLater(
  ledger: Ledger,
  document: ReleaseDocument,
  environment: string,
): Promise<void> {
  const progress = `waiting for ${environment}`;
  await markLater(ledger, document, environment, {
    applies: ({ verdict }) => verdict === 'skipped',
    deployment: { progress, reason: '' },
    outcome: { progress: 'waiting', reason: progress },
  });
}

interface Mark {
  applies(deployment: Pick<DeploymentItem, 'verdict'>): boolean;
  readonly deployment: Omit<DeploymentItem, 'environment' | 'execution'>;
  readonly outcome: Pick<OutcomeItem, 'progress' | 'outcome' | 'reason'>;
}

/** The fence of targets whose environment was never opened: older than that of every lease. */
export const NEVER_OPENED = 0;

/** The deployment comes last: it is what a retry looks at. */
async function markLater(
  ledger: Ledger,
  { release, environments }: ReleaseDocument,
  after: string,
  mark: Mark,
) {
  const { id, repository } = release;
  const later = environments.slice(environments.findIndex(({ name }) => name === after) + 1);
  for (const { name, targets } of later) {
    const deployment = await readDeploymentItem(ledger, release, name);
    if (!mark.applies(deployment ?? {})) continue;
    const outcomes = await readOutcomes(ledger, release, name);
    const ours = targets.filter(({ entry }) => {
      const existing = outcomes.get(entry.component);
      return existing === undefined || existing.attempt === NEVER_OPENED;
    });
    await inParallel(ours, async ({ entry: { component } }) => {
      const item: OutcomeItem = {
        environment: name,
        component,
        attempt: NEVER_OPENED,
        affected: 'changed',
        ...mark.outcome,
      };
      await ledger.put(ledgerKeys.outcome(repository, id, { environment: name, component }), item);
    });
    await ledger.put(ledgerKeys.deployment(repository, id, name), {
      environment: name,
      execution: '',
      ...mark.deployment,
    });
  }
}
