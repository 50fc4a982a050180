/** Did the managed state move as an apply moves it? Asked by `record` before anything counts as good. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { type StateVersion, stateMoveProblem, stateVersion } from '../../core/deployment/blocked-state.ts';
import { stateBackupKey, stateKey } from '../../core/keys.ts';
import type { ObjectStore } from '../ports.ts';
import { addressOf } from '../shared/target-address.ts';

/** Compares the copy that was made before the apply with what is in place now. Undefined when all is well, or no state is managed. */
export async function stateProblem(target: TargetRef, store: ObjectStore): Promise<string | undefined> {
  const { release, environment, component, fence } = target;
  const [before, after] = await Promise.all([
    versionAt(stateBackupKey(addressOf(target), fence), store),
    versionAt(stateKey(release.repository, environment, component), store),
  ]);
  return stateMoveProblem(before, after);
}

async function versionAt(key: string, store: ObjectStore): Promise<StateVersion | undefined> {
  const body = await store.get(key);
  return body === undefined ? undefined : stateVersion(Buffer.from(body).toString('utf8'));
}
