/** The policy a target is judged by, which a commit cannot weaken for itself; used by `guard` and `command`. */
import type { TargetAddress } from '../../core/keys.ts';
import { type PoliciesItem, policiesItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { Ledger } from '../ports.ts';

/** That of the environment's last success; of a component that was not part of it, the manifest's own. */
export async function policyInForce(
  ledger: Ledger,
  { repository, environment, component }: Omit<TargetAddress, 'release'>,
  entry: Pick<ResolvedTarget, 'policy'>,
): Promise<ResolvedTarget['policy']> {
  const inForce = await readPolicies(ledger, repository, environment);
  if (inForce === undefined) return entry.policy;
  const { policies } = inForce;
  return Object.hasOwn(policies, component) ? (policies[component] ?? entry.policy) : entry.policy;
}

/** What an environment's last success put in force; undefined when it never succeeded. */
export async function readPolicies(
  ledger: Ledger,
  repository: number,
  environment: string,
): Promise<PoliciesItem | undefined> {
  const item = await ledger.get(ledgerKeys.policies(repository, environment));
  return item === undefined ? undefined : policiesItemSchema.parse(item);
}
