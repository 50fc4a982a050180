/**
 * Under which fence a deployment works now: that of the environment's lease, or, in a plan, which takes none, the number of its own
 * attempt. Used wherever work of an attempt that was given up must change nothing.
 */
import type { DeploymentRef } from '../../core/contracts/functions.ts';
import type { Ledger } from '../ports.ts';
import { readEnvironment } from './environment-item.ts';
import { readDeploymentItem } from './items.ts';

export interface Attempt {
  readonly fence: number;
  /** ARN of the deployment it belongs to; undefined when nobody has the lease. */
  readonly execution: string | undefined;
  readonly isPlan: boolean;
}

export async function currentAttempt(
  ledger: Ledger,
  { release, environment }: Omit<DeploymentRef, 'execution'>,
): Promise<Attempt> {
  const deployment = await readDeploymentItem(ledger, release, environment);
  if (deployment?.fence !== undefined)
    return { fence: deployment.fence, execution: deployment.execution, isPlan: true };
  const { fence, owner } = await readEnvironment(ledger, { repository: release.repository, environment });
  return { fence, execution: owner?.execution, isPlan: false };
}

/** Undefined when the deployment has given its lease back or lost it, or another attempt of the plan was begun. */
export async function ownAttempt(
  ledger: Ledger,
  ref: DeploymentRef & { readonly fence: number },
): Promise<Attempt | undefined> {
  const attempt = await currentAttempt(ledger, ref);
  return attempt.execution === ref.execution && attempt.fence === ref.fence ? attempt : undefined;
}
