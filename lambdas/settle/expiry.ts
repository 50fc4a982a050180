/** Sees to it that an environment with a `ttl` is destroyed when its life is over, and one without is not; called by `settle`. */
import type { DeploymentRef } from '../../core/contracts/functions.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { expiryEvent, expiryOf, scheduleName } from '../../core/deployment/expiry.ts';
import { isDeployed } from '../../core/deployment/orphans.ts';
import type { Lifetime } from '../../core/ledger/environment-items.ts';
import type { Clock, Ledger, Schedules } from '../ports.ts';
import { environmentIn } from '../shared/documents.ts';
import { readTargets } from '../shared/items.ts';
import { readPolicies } from '../shared/policy-in-force.ts';

/** The life a success gives the environment now. */
export function lifetimeFrom(
  document: ReleaseDocument,
  environment: string,
  now: Date,
): Lifetime | undefined {
  const { ttl } = environmentIn(document, environment);
  return ttl === undefined ? undefined : { since: now.toISOString(), seconds: ttl };
}

/**
 * The `ttl` in force counts, that of the last success; until there is one, that of this very release. To be called while the lease
 * is held: nobody else sets the schedule then. An end that has passed is not scheduled: it has been asked for, and what came of
 * that stands.
 */
export async function keepExpiry(
  { release, environment }: DeploymentRef,
  document: ReleaseDocument,
  {
    ledger,
    clock,
    schedules,
  }: { readonly ledger: Ledger; readonly clock: Clock; readonly schedules: Schedules },
): Promise<void> {
  const { repository } = document;
  const name = scheduleName(repository.id, environment);
  const now = clock.now();
  const targets = await readTargets(ledger, repository.id, environment);
  const inForce = await readPolicies(ledger, repository.id, environment);
  const lifetime = inForce ? inForce.lifetime : lifetimeFrom(document, environment, now);
  const at = lifetime && [...targets.values()].some(isDeployed) ? expiryOf(lifetime) : undefined;
  if (at === undefined || at <= now) return schedules.remove(name);
  const commit = inForce?.commit ?? release.commit;
  await schedules.set(name, { at, ...expiryEvent({ repository, environment, commit, at }) });
}
