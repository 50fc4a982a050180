/** Keeps what a target's jobs brought about: outputs for dependents, last good, what is live; called by `record`. */
import { contentKey } from '../../core/content/content-key.ts';
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { readReleaseDocument, readTree } from '../shared/documents.ts';
import { readTargetItem } from '../shared/items.ts';
import { publishOutputs } from '../shared/outputs.ts';
import { addressOf } from '../shared/target-address.ts';
import { readWork, type Work } from '../shared/work.ts';
import { keepForReturn } from './last-good.ts';
import { changeTarget } from './target-item.ts';

export interface KeepPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
}

/** Everything is kept before the outcome is written, so that a retry keeps it again. */
export async function keepResults(
  input: TargetRef & { readonly end: TargetEnd },
  item: OutcomeItem,
  ports: KeepPorts,
): Promise<void> {
  const { end } = input;
  // A plan that was judged and found empty is as good as an apply; an `unchanged` without a plan leaves everything as it was.
  const isGood =
    end.kind === 'completed' ||
    (end.kind === 'decided' && end.outcome === 'unchanged' && item.planDigest !== undefined);
  const isApplied = end.kind === 'completed' && end.applied;
  const isUntested = end.kind === 'broke' && end.stage === 'test';
  if (isApplied || isUntested) await publishOutputs(ports.store, input);
  if (isGood) await keepLastGood(input, item, ports);
  if (isUntested) await keepUntested(input, item, ports);
}

async function keepLastGood(
  target: TargetRef,
  item: OutcomeItem,
  { ledger, store }: KeepPorts,
): Promise<void> {
  const { id: release, commit } = target.release;
  const { dependencies = [], inputKey } = item;
  if (inputKey === undefined) {
    throw new Error(
      `recording ${target.environment}/${target.component} of release ${release} as good: it was never planned; redrive the release`,
    );
  }
  const { work, key } = await contentOf(target, item, store);
  const facts = { work, release, contentKey: key, inputKey, dependencies };
  const lastGood = await keepForReturn(target, facts, store);
  const before = await readTargetItem(ledger, addressOf(target));
  // A release that makes the target good twice (its redrive did) still goes back to what was there before it.
  const goodBefore = before.lastGood?.release === release ? before.goodBefore : before.lastGood;
  await changeTarget(ledger, target, {
    before,
    change: { lastGood, goodBefore, live: { commit, contentKey: key, state: 'clean' }, dependencies },
  });
}

/** The apply was done in full, only its test failed: still dirty, but known to be this content. */
async function keepUntested(
  target: TargetRef,
  item: OutcomeItem,
  { ledger, store }: KeepPorts,
): Promise<void> {
  const before = await readTargetItem(ledger, addressOf(target));
  const { live } = before;
  if (live?.state !== 'dirty' || live.commit !== target.release.commit) return;
  const { key } = await contentOf(target, item, store);
  await changeTarget(ledger, target, { before, change: { live: { ...live, contentKey: key } } });
}

async function contentOf(
  target: TargetRef,
  item: OutcomeItem,
  store: ObjectStore,
): Promise<{ readonly work: Work; readonly key: string }> {
  const document = await readReleaseDocument(store, target.release);
  const work = await readWork(target, { document, item }, store);
  const { entry, account, region } = work;
  const tree = await readTree(store, document);
  const { dependencies = [] } = item;
  return { work, key: contentKey({ target: entry, account, region, tree, dependencies }) };
}
