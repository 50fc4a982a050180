/** What a target's jobs work on: the release's commit, or in a rollback its last good. Used by the per-target functions. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { JobSpec } from '../../core/contracts/job.ts';
import { type LastGoodDocument, lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { sourceKey, stageKey } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { ObjectStore } from '../ports.ts';
import { environmentIn, readDocument, targetIn } from './documents.ts';
import { addressOf } from './target-address.ts';

/** The part of a job's spec that says what is worked on. */
export interface Work extends Pick<JobSpec, 'account' | 'region' | 'source' | 'locks'> {
  readonly entry: JobSpec['target'];
  /** In a rollback. */
  readonly lastGood?: LastGoodDocument;
}

/** @throws Error when what it takes to return is not there. */
export async function readWork(
  target: TargetRef,
  { document, item }: { readonly document: ReleaseDocument; readonly item: OutcomeItem },
  store: ObjectStore,
): Promise<Work> {
  const { release, environment, component } = target;
  const { repository, commit } = release;
  const found = environmentIn(document, environment);
  const { account, region } = found;
  const { entry } = targetIn(found, component);
  const source = { commit, key: sourceKey(repository, commit) };
  if (item.rollback === undefined) return { entry, account, region, source };
  const lastGood = await readLastGood(store, item.rollback.to?.document ?? '');
  const deployed = { ...addressOf(target), pass: 'deploy' as const };
  return {
    entry: lastGood.entry,
    account: lastGood.account,
    region: lastGood.region,
    source: { commit: lastGood.commit, key: lastGood.source },
    locks: {
      lastGood: lastGood.bundle,
      current: {
        bundle: stageKey(deployed, 'plan', 'bundle.tar.gz'),
        source: source.key,
        path: entry.path,
      },
    },
    lastGood,
  };
}

async function readLastGood(store: ObjectStore, key: string): Promise<LastGoodDocument> {
  const document = await readDocument(store, key, lastGoodDocumentSchema);
  if (document === undefined) {
    throw new Error(`reading last good from the artifacts bucket: there is no object "${key}"`);
  }
  return document;
}
