/** Finds a default branch whose head no release has come for, and publishes the push that was missed. Called by `sweep`. */
import { PUSH_EVENT, type PushReceived, type Repository } from '../../core/contracts/push.ts';
import { isMissed, missedDelivery } from '../../core/deployment/sweep.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { headItemSchema } from '../../core/ledger/release-items.ts';
import { SKIP_MARK } from '../../core/push.ts';
import type { Ledger } from '../ports.ts';
import { readNewest, readReleaseItem } from '../shared/items.ts';
import type { StepPorts } from './ports.ts';

const NO_COMMIT = '0'.repeat(40);

/** A plan of a pull request with the same head is no release that came for it. */
async function wasDeployed(repository: number, commit: string, ledger: Ledger): Promise<boolean> {
  const newest = await readNewest(ledger, repository, commit);
  return newest !== undefined && (await readReleaseItem(ledger, newest)).operation !== 'plan';
}

/**
 * A head with a release of its own, whatever became of it, waits for a push, a redrive or a command. The push goes onto the bus
 * again with every sweep until its release is there: a delivery is served once.
 */
export async function sweepHead(repository: Repository, ports: StepPorts): Promise<readonly string[]> {
  const { ledger, github, clock } = ports;
  const { id, fullName, defaultBranch } = repository;
  const commit = await github.branchHead(fullName, defaultBranch);
  if (commit === undefined) return [];
  if (await wasDeployed(id, commit, ledger)) return [];
  const found = await ledger.get(ledgerKeys.head(id));
  const seen = found === undefined ? undefined : headItemSchema.parse(found);
  if (seen?.commit !== commit) {
    await ledger.put(ledgerKeys.head(id), { commit, seenAt: clock.now().toISOString() });
    return [];
  }
  if (!isMissed(seen.seenAt, clock.now())) return [];
  ports.gauges.count('MissingReleases', `${fullName} ${commit.slice(0, 7)}`);
  const push: PushReceived = {
    delivery: missedDelivery(id, commit),
    repository,
    ref: `refs/heads/${defaultBranch}`,
    before: NO_COMMIT,
    after: commit,
    forced: false,
    skip: (await github.commitMessage(fullName, commit)).includes(SKIP_MARK),
    sender: 'belay',
  };
  await ports.bus.publish({ ...PUSH_EVENT, detail: push });
  return [
    `${fullName}: no release has come for ${commit.slice(0, 7)}, the head of ${defaultBranch}: started`,
  ];
}
