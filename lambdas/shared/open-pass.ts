/** Writes what a pass is about that has an order of its own: an item and a turn for every target, and their list. Used by `rollback` and `open`. */
import type { DeploymentRef } from '../../core/contracts/functions.ts';
import type { MapItem } from '../../core/contracts/release.ts';
import { targetsKey } from '../../core/keys.ts';
import { type LedgerKey, ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem, TurnItem } from '../../core/ledger/work-items.ts';
import type { Pass } from '../../core/words.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { inParallel } from './in-parallel.ts';

/** A pass that is ready to be gone through. */
export interface OpenedPass<P extends Pass> {
  readonly pass: P;
  readonly targetsKey: string;
}

/** A target of the pass. */
export interface PassTarget {
  readonly component: string;
  /** In a rollback: why, and back to what. In a destroy: what is deployed. */
  readonly marks: Pick<OutcomeItem, 'destroys' | 'rollback'>;
  /** Those that must have ended before it. */
  readonly after: readonly string[];
  readonly test: boolean;
  readonly write: MapItem['write'];
}

/** The list comes last: without it nothing begins. */
export async function openPass<P extends Pass>(
  input: DeploymentRef & { readonly fence: number },
  pass: P,
  { targets, ledger, store }: { targets: readonly PassTarget[]; ledger: Ledger; store: ObjectStore },
): Promise<OpenedPass<P>> {
  const { release, environment, fence } = input;
  const { id, repository } = release;
  await inParallel(targets, async ({ component, marks, after }) => {
    const turn: TurnItem = { attempt: fence, ...(after.length > 0 && { waitingOn: new Set(after) }) };
    await putOnce(ledger, ledgerKeys.turn(repository, id, { environment, component, pass }), turn);
    const outcome: OutcomeItem = {
      ...{ environment, component, attempt: fence, ...marks },
      affected: 'changed',
      progress: 'waiting',
      reason: '',
    };
    await putOnce(ledger, ledgerKeys.outcome(repository, id, { environment, component, pass }), outcome);
  });
  const items = targets.map(
    ({ component, test, write, after }): MapItem => ({ component, test, write, after: [...after] }),
  );
  const key = targetsKey(repository, id, environment, pass);
  await store.put(key, JSON.stringify(items));
  return { pass, targetsKey: key };
}

/** What was written under this fence stays: its flow may have begun. */
export async function putOnce(
  ledger: Ledger,
  key: LedgerKey,
  item: { readonly attempt: number },
): Promise<void> {
  const before = (await ledger.get(key))?.attempt;
  if (before === undefined) await ledger.put(key, item, { absent: true });
  else if (Number(before) < item.attempt) await ledger.put(key, item, { equals: { attempt: before } });
}
