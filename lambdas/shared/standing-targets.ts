/** What is deployed in an environment, as its targets' last good documents tell it. Used by `command`, `resolve` and `open`. */
import { type LastGoodDocument, lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { readDocument } from './documents.ts';
import type { EnvironmentAddress } from './environment-item.ts';
import { inParallel } from './in-parallel.ts';
import { readTargets } from './items.ts';

/** A target that was written and not destroyed since. */
export interface StandingTarget {
  readonly component: string;
  readonly item: TargetItem;
  /** Absent when it was never good. */
  readonly document: LastGoodDocument | undefined;
}

/** By name. */
export async function readStandingTargets(
  { repository, environment }: EnvironmentAddress,
  { ledger, store }: { readonly ledger: Ledger; readonly store: ObjectStore },
): Promise<StandingTarget[]> {
  const items = await readTargets(ledger, repository, environment);
  const deployed: StandingTarget[] = [];
  await inParallel(items, async ([component, item]) => {
    const { live, lastGood } = item;
    if (live === undefined && lastGood === undefined) return;
    const document = lastGood && (await readDocument(store, lastGood.document, lastGoodDocumentSchema));
    deployed.push({ component, item, document });
  });
  return deployed.toSorted((one, other) => one.component.localeCompare(other.component));
}
