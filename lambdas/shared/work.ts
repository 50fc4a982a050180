/** What a target's jobs work on: the release's commit, or in a rollback and in a destroy its last good. Used by the per-target functions. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { JobSpec, LockSources } from '../../core/contracts/job.ts';
import { type LastGoodDocument, lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { sourceKey, stageKey } from '../../core/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { ObjectStore } from '../ports.ts';
import { environmentIn, readDocument, sourceCommit, targetIn } from './documents.ts';
import { addressOf } from './target-address.ts';

/** The part of a job's spec that says what is worked on. */
export interface Work extends Pick<JobSpec, 'account' | 'region' | 'source' | 'locks'> {
  readonly entry: JobSpec['target'];
  /** In a rollback and in a destroy. */
  readonly lastGood?: LastGoodDocument;
}

/** @throws Error when what it takes to return is not there. */
export async function readWork(
  target: TargetRef,
  { document, item }: { readonly document: ReleaseDocument; readonly item: OutcomeItem },
  store: ObjectStore,
): Promise<Work> {
  const { release, environment, component } = target;
  const { repository } = release;
  const commit = sourceCommit(document);
  if (item.destroys !== undefined) return workOf(await readLastGood(store, item.destroys.document));
  const found = environmentIn(document, environment);
  const { account, region } = found;
  const { entry } = targetIn(found, component);
  const source = { commit, key: sourceKey(repository, commit) };
  if (item.rollback === undefined) return { entry, account, region, source };
  const lastGood = await readLastGood(store, item.rollback.to?.document ?? '');
  const deployed = { ...addressOf(target), pass: 'deploy' as const };
  const current = {
    bundle: stageKey(deployed, 'plan', 'bundle.tar.gz'),
    source: source.key,
    path: entry.path,
  };
  return workOf(lastGood, document.operation === 'restore' ? undefined : current);
}

/** `current`: the second choice for the lock file, where a release has changed what is deployed. */
function workOf(lastGood: LastGoodDocument, current?: LockSources['current']): Work {
  const { entry, account, region, commit, source, bundle } = lastGood;
  return {
    ...{ entry, account, region, lastGood },
    source: { commit, key: source },
    locks: { lastGood: bundle, ...(current && { current }) },
  };
}

async function readLastGood(store: ObjectStore, key: string): Promise<LastGoodDocument> {
  const document = await readDocument(store, key, lastGoodDocumentSchema);
  if (document === undefined) {
    throw new Error(`reading last good from the artifacts bucket: there is no object "${key}"`);
  }
  return document;
}
