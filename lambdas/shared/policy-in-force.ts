/** The policy a target is judged by, which a commit cannot weaken for itself; used by `guard` and `command`. */
import type { TargetAddress } from '../../core/keys.ts';
import { policiesItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { Ledger } from '../ports.ts';

/** That of the environment's last success; of a component that was not part of it, the manifest's own. */
export async function policyInForce(
  ledger: Ledger,
  { repository, environment, component }: Omit<TargetAddress, 'release'>,
  entry: Pick<ResolvedTarget, 'policy'>,
): Promise<ResolvedTarget['policy']> {
  const item = await ledger.get(ledgerKeys.policies(repository, environment));
  if (item === undefined) return entry.policy;
  const { policies } = policiesItemSchema.parse(item);
  return Object.hasOwn(policies, component) ? (policies[component] ?? entry.policy) : entry.policy;
}
