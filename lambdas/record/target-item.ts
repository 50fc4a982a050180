/** Changes what the ledger knows of a target that was read before; called by the parts of `record`. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Condition, Ledger } from '../ports.ts';

/** When somebody else has made the target live in the meantime, it is theirs: nothing is written. `undefined` removes. */
export async function changeTarget(
  ledger: Ledger,
  { release, environment, component }: TargetRef,
  { before, change }: { readonly before: TargetItem; readonly change: TargetItem },
): Promise<void> {
  const condition: Condition =
    before.live === undefined
      ? { missing: ['live'] }
      : { equals: { 'live.commit': before.live.commit, 'live.state': before.live.state } };
  const parts = Object.entries(change);
  await ledger.update(
    ledgerKeys.target(release.repository, environment, component),
    {
      set: Object.fromEntries(parts.filter(([, value]) => value !== undefined)),
      remove: parts.flatMap(([name, value]) => (value === undefined ? [name] : [])),
    },
    condition,
  );
}
