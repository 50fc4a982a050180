/** Lets a plan in: it changes nothing, so it waits for nobody and takes no lease. Called by `lease`. */
import type { DeploymentRef, LeaseGrant } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { DeploymentItem } from '../../core/ledger/release-items.ts';
import type { Clock, Ledger, Tokens } from '../ports.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { readDeploymentItem } from '../shared/items.ts';

/** Every Deployment of the plan in the environment has a fence of its own; a repeated call finds it. */
export async function letPlanIn(
  { release, environment, execution, token }: DeploymentRef & { readonly token: string },
  { ledger, tokens, clock }: { readonly ledger: Ledger; readonly tokens: Tokens; readonly clock: Clock },
): Promise<void> {
  const key = ledgerKeys.deployment(release.repository, release.id, environment);
  let before = await readDeploymentItem(ledger, release, environment);
  while (before?.execution !== execution) {
    const fence = (before?.fence ?? 0) + 1;
    const askedAt = clock.now().toISOString();
    const item: DeploymentItem = { environment, execution, fence, progress: 'planning', reason: '', askedAt };
    const condition =
      before === undefined ? ({ absent: true } as const) : { equals: { execution: before.execution } };
    before = (await ledger.put(key, item, condition))
      ? item
      : await readDeploymentItem(ledger, release, environment);
  }
  const cancelled = await cancellationOf(ledger, { release });
  const grant: LeaseGrant =
    cancelled === undefined
      ? { decision: 'granted', fence: before.fence ?? 1 }
      : { decision: cancelled.outcome, reason: cancelled.reason };
  await tokens.succeed(token, grant);
}
