/** `unlock`: a person says that a target's state is free again: no tool holds its lock, and a state that could not be written is back. */
import { notPushedProblem, type StateVersion, stateVersion } from '../../core/deployment/blocked-state.ts';
import { stateKey, stateLockKey } from '../../core/keys.ts';
import type { TargetItem, UnlockItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Clock, Jobs, Ledger, ObjectStore } from '../ports.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { readTargetItem } from '../shared/items.ts';
import { type Answer, findRelease, noSuchRelease, type TargetName } from './answer.ts';

export interface UnlockPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly jobs: Jobs;
  readonly clock: Clock;
}

/** Refused while a job may still hold the lock, and before a state that could not be written was pushed. Who did it is kept. */
export async function unlock({ by, ...name }: TargetName, ports: UnlockPorts): Promise<Answer> {
  const { repository, environment, component } = name;
  const target = `${environment}/${component}`;
  const refused = (why: string): Answer => ({ accepted: false, message: `${target} stays locked: ${why}` });
  if ((await findRelease(name, ports.ledger)) === undefined) return noSuchRelease(name);
  const writer = (await readEnvironment(ports.ledger, name)).writers[component];
  if (writer !== undefined && !(await ports.jobs.hasEnded(writer))) {
    return refused(`job ${writer} is writing it; wait until it has ended`);
  }
  const { blocked } = await readTargetItem(ports.ledger, name);
  const problem = blocked && (await whyNotPushed(blocked, name, ports.store));
  if (problem !== undefined) return refused(problem);

  const lock = stateLockKey(repository, environment, component);
  const isLocked = await ports.store.exists(lock);
  if (!isLocked && blocked === undefined) return { accepted: true, message: `${target} is not locked` };
  const did = [
    ...(isLocked ? [`removed the lock ${lock}`] : []),
    ...(blocked ? [`cleared the block of release ${blocked.release}`] : []),
  ].join(', ');
  const at = ports.clock.now().toISOString();
  // Noted first: what a person did is never done unseen.
  const note: UnlockItem = { environment, component, by, at, did };
  await ports.ledger.put(ledgerKeys.unlock(repository, environment, at), note);
  if (isLocked) await ports.store.remove(lock);
  if (blocked) {
    await ports.ledger.update(
      ledgerKeys.target(repository, environment, component),
      { remove: ['blocked'] },
      { equals: { 'blocked.release': blocked.release, 'blocked.key': blocked.key } },
    );
  }
  return { accepted: true, message: `${target} is unlocked: ${did}` };
}

async function whyNotPushed(
  blocked: NonNullable<TargetItem['blocked']>,
  { repository, environment, component }: Omit<TargetName, 'by'>,
  store: ObjectStore,
): Promise<string | undefined> {
  const [errored, current] = await Promise.all([
    versionAt(blocked.key, store),
    versionAt(stateKey(repository, environment, component), store),
  ]);
  return notPushedProblem(errored, current);
}

async function versionAt(key: string, store: ObjectStore): Promise<StateVersion | undefined> {
  const body = await store.get(key);
  return body === undefined ? undefined : stateVersion(Buffer.from(body).toString('utf8'));
}
