/** Forgets a target that was destroyed: what was last good of it, what is live, its outputs; called by `record`. */
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import { outputsKey } from '../../core/keys.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import { readTargetItem } from '../shared/items.ts';
import { addressOf } from '../shared/target-address.ts';
import type { KeepPorts } from './results.ts';
import { changeTarget } from './target-item.ts';

const FORGOTTEN: Readonly<Record<keyof TargetItem, undefined>> = {
  lastGood: undefined,
  goodBefore: undefined,
  live: undefined,
  dependencies: undefined,
  formerly: undefined,
  renamedFrom: undefined,
  blocked: undefined,
};

/** The outputs go first: nothing may take values from what is gone. What a failed destroy leaves stays dirty, with its last good. */
export async function forgetDestroyed(
  { end, ...target }: TargetRef & { readonly end: TargetEnd },
  { ledger, store }: KeepPorts,
): Promise<void> {
  const isGone = end.kind === 'completed' || (end.kind === 'decided' && end.outcome === 'destroyed');
  if (!isGone) return;
  const { release, environment, component } = target;
  await store.remove(outputsKey(release.repository, environment, component));
  const before = await readTargetItem(ledger, addressOf(target));
  await changeTarget(ledger, target, { before, change: FORGOTTEN });
}
