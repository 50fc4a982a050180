/** Keeps a copy of the managed state before an apply changes it; called by `prepare`. */
import { stateBackupKey, stateKey } from '../../core/keys.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { addressOf } from '../shared/target-address.ts';
import type { StageRef } from './spec.ts';

/** Does nothing for a target without managed state, and when its apply is running already: this call is then a repeated one. */
export async function keepState(
  target: StageRef,
  { ledger, store }: { readonly ledger: Ledger; readonly store: ObjectStore },
): Promise<void> {
  const { environment, component, fence } = target;
  const { repository } = target.release;
  const { writers } = await readEnvironment(ledger, { repository, environment });
  const state = stateKey(repository, environment, component);
  if (writers[component] !== undefined || !(await store.exists(state))) return;
  await store.copy(state, stateBackupKey(addressOf(target), fence));
}
