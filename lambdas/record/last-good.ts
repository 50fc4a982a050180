/** Keeps what it takes to return to a target's last good: copies of its own that nothing else removes. Called by `record`. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { inputsSchema, jobResultSchema } from '../../core/contracts/job.ts';
import type { LastGoodDocument } from '../../core/contracts/last-good.ts';
import { lastGoodKey, lastGoodSourceKey, stageKey } from '../../core/keys.ts';
import type { LastGood } from '../../core/ledger/environment-items.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { addressOf } from '../shared/target-address.ts';
import type { Work } from '../shared/work.ts';

/** What a flow has found out about the commit that is good now. */
export interface GoodFacts {
  readonly work: Work;
  /** The release that deployed the commit: in a rollback not the one that is under way. */
  readonly release: string;
  readonly contentKey: string;
  readonly inputKey: string;
  readonly dependencies: readonly string[];
}

/**
 * Everything is copied inside the store. The bundle is that of the plan that was judged, empty or not: its lock file fits both the
 * snapshot and the state.
 */
export async function keepForReturn(
  target: TargetRef,
  { work, release, contentKey, inputKey, dependencies }: GoodFacts,
  store: ObjectStore,
): Promise<LastGood> {
  const address = addressOf(target);
  const { repository } = target.release;
  const { commit } = work.source;
  const source = lastGoodSourceKey(repository, commit);
  if (!(await store.exists(source))) await store.copy(work.source.key, source);
  const bundle = lastGoodKey(address, 'bundle.tar.gz');
  await store.copy(stageKey(address, 'plan', 'bundle.tar.gz'), bundle);
  const inputs = (await readDocument(store, stageKey(address, 'plan', 'inputs.json'), inputsSchema)) ?? {};
  const plan = await readDocument(store, stageKey(address, 'plan', 'result.json'), jobResultSchema);
  const { entry, account, region } = work;
  const document: LastGoodDocument = {
    version: 1,
    ...{ commit, release, entry, account, region, contentKey, inputKey, inputs },
    dependencies: [...dependencies],
    tool: plan?.tool,
    architecture: plan?.architecture ?? entry.arch,
    ...{ source, bundle },
  };
  const key = lastGoodKey(address, 'last-good.json');
  await store.put(key, JSON.stringify(document));
  return { commit, release, contentKey, inputKey, document: key };
}
