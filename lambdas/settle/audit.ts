/** Notes what a deployment has done, for the environment's history in Git; called by `settle`, written there by `git-status`. */
import { type Approver, entryMessage, targetsOf } from '../../core/audit/entry.ts';
import type { DeploymentRef } from '../../core/contracts/functions.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { ENTRY_TTL_SECONDS, type EntryItem } from '../../core/ledger/audit-items.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { approvalItemSchema, type OutcomeItem } from '../../core/ledger/work-items.ts';
import type { EnvironmentVerdict } from '../../core/words.ts';
import type { Clock, Ledger } from '../ports.ts';
import { bringsCommit } from '../shared/documents.ts';
import { readReleaseItem } from '../shared/items.ts';
import { readPolicies } from '../shared/policy-in-force.ts';

/**
 * Before the verdict is shown: a redrive writes over what the deployment was. To be called while the lease is held, after the policies
 * of a success were kept, for those say which commit the environment is at. What was noted first stays.
 */
export async function noteEntry(
  { release, environment }: DeploymentRef,
  end: {
    readonly document: ReleaseDocument;
    readonly verdict: EnvironmentVerdict;
    readonly outcomes: readonly OutcomeItem[];
    /** Components it leaves between two commits. */
    readonly dirty: readonly string[];
    /** A destroy has left nothing deployed. */
    readonly isEmpty: boolean;
    /** The lease it was done under. */
    readonly fence: number;
  },
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
): Promise<void> {
  const { document, verdict, dirty, isEmpty, fence } = end;
  const targets = targetsOf(end.outcomes, fence);
  if (targets.length === 0) return;
  const now = clock.now();
  const deployed = (await readPolicies(ledger, release.repository, environment))?.commit;
  const { sender: actor, because } = await readReleaseItem(ledger, release);
  const message = entryMessage({
    ...{ release, environment, verdict, targets, dirty, deployed, isEmpty, fence },
    operation: document.operation ?? 'apply',
    actor: because === 'ttl' ? 'belay' : actor,
    approvers: await approversOf({ release, environment, fence }, ledger),
    endedAt: now.toISOString(),
  });
  const item: EntryItem = {
    ...{ release: release.id, repository: document.repository, fence, message },
    deployed: deployed ?? release.commit,
    isGood: verdict === 'succeeded' && bringsCommit(document),
    expiresAt: Math.floor(now.getTime() / 1000) + ENTRY_TTL_SECONDS,
  };
  await ledger.put(ledgerKeys.entry(release.repository, environment, fence), item, { absent: true });
}

/** Who said yes under this lease. Belay's own answers are not a person's. */
async function approversOf(
  { release, environment, fence }: Pick<DeploymentRef, 'release' | 'environment'> & { fence: number },
  ledger: Ledger,
): Promise<Approver[]> {
  const { pk } = ledgerKeys.release(release.repository, release.id);
  const items = await ledger.query(pk, ledgerPrefixes.allApprovals);
  return items.flatMap((item) => {
    const [, , where, component = ''] = String(item.sk).split('/');
    const { attempt, answer } = approvalItemSchema.parse(item);
    const isYes = where === environment && attempt === fence && answer?.decision === 'approved';
    return isYes ? [{ component, by: answer.by }] : [];
  });
}
