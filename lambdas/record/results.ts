/** Keeps what a target's jobs brought about: outputs for dependents, last good, what is live; called by `record`. */
import { contentKey } from '../../core/content/content-key.ts';
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import { stageKey } from '../../core/keys.ts';
import { ledgerKeys, type OutcomeItem, type TargetItem } from '../../core/ledger.ts';
import type { Condition, Ledger, ObjectStore } from '../ports.ts';
import { environmentIn, readReleaseDocument, readTree, targetIn } from '../shared/documents.ts';
import { readTargetItem } from '../shared/items.ts';
import { publishOutputs } from '../shared/outputs.ts';
import { addressOf } from '../shared/target-address.ts';

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
  if (isGood) await keepLastGood(input, item, { isApplied, ...ports });
  if (isUntested) await keepUntested(input, item, ports);
}

async function keepLastGood(
  target: TargetRef,
  item: OutcomeItem,
  { isApplied, ...ports }: KeepPorts & { readonly isApplied: boolean },
): Promise<void> {
  const { id: release, commit } = target.release;
  const { dependencies = [], inputKey } = item;
  if (inputKey === undefined) {
    throw new Error(
      `recording ${target.environment}/${target.component} of release ${release} as good: it was never planned; redrive the release`,
    );
  }
  const key = await contentKeyOf(target, dependencies, ports.store);
  const bundle = isApplied ? stageKey(addressOf(target), 'plan', 'bundle.tar.gz') : undefined;
  const before = await readTargetItem(ports.ledger, addressOf(target));
  await changeTarget(ports.ledger, target, {
    before,
    change: {
      lastGood: { commit, release, contentKey: key, inputKey, bundle },
      live: { commit, contentKey: key, state: 'clean' },
      dependencies,
    },
  });
}

/** The apply was done in full, only its test failed: still dirty, but known to be this content. */
async function keepUntested(target: TargetRef, item: OutcomeItem, ports: KeepPorts): Promise<void> {
  const { commit } = target.release;
  const before = await readTargetItem(ports.ledger, addressOf(target));
  if (before.live?.state !== 'dirty' || before.live.commit !== commit) return;
  const key = await contentKeyOf(target, item.dependencies ?? [], ports.store);
  await changeTarget(ports.ledger, target, {
    before,
    change: { live: { commit, contentKey: key, state: 'dirty' } },
  });
}

async function contentKeyOf(
  { release, environment, component }: TargetRef,
  dependencies: readonly string[],
  store: ObjectStore,
): Promise<string> {
  const document = await readReleaseDocument(store, release);
  const found = environmentIn(document, environment);
  const { entry: target } = targetIn(found, component);
  const tree = await readTree(store, document);
  return contentKey({ target, account: found.account, region: found.region, tree, dependencies });
}

/** When somebody else has made the target live in the meantime, it is theirs: nothing is written. */
async function changeTarget(
  ledger: Ledger,
  { release, environment, component }: TargetRef,
  { before, change }: { readonly before: TargetItem; readonly change: TargetItem },
): Promise<void> {
  const condition: Condition =
    before.live === undefined
      ? { missing: ['live'] }
      : { equals: { 'live.commit': before.live.commit, 'live.state': before.live.state } };
  await ledger.update(
    ledgerKeys.target(release.repository, environment, component),
    { set: { ...change } },
    condition,
  );
}
