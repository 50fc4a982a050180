/** Keeps what a pass of a rollback brought about: outputs, what is live, and in the end last good; called by `record`. */
import type { TargetEnd, TargetRef } from '../../core/contracts/functions.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { readReleaseDocument } from '../shared/documents.ts';
import { readTargetItem } from '../shared/items.ts';
import { publishOutputs } from '../shared/outputs.ts';
import { addressOf } from '../shared/target-address.ts';
import { readWork } from '../shared/work.ts';
import { keepForReturn } from './last-good.ts';
import type { KeepPorts } from './results.ts';
import { changeTarget } from './target-item.ts';

/** The target is clean again only when the verifying pass has found it as it was, and its test has passed. */
export async function keepRollbackResults(
  input: TargetRef & { readonly end: TargetEnd },
  item: OutcomeItem,
  ports: KeepPorts,
): Promise<void> {
  const { end } = input;
  const isThere = end.kind === 'completed' || (end.kind === 'decided' && end.outcome === 'rolled-back');
  const isApplied = end.kind === 'completed' && end.applied;
  const isUntested = end.kind === 'broke' && end.stage === 'test';
  if (isApplied || isUntested) await publishOutputs(ports.store, input);
  if (isThere && input.pass === 'forward') await keepVerified(input, item, ports);
  else if (isThere || isUntested) await keepUnverified(input, item, ports);
}

async function keepVerified(target: TargetRef, item: OutcomeItem, { ledger, store }: KeepPorts) {
  const { work, lastGood } = await lastGoodOf(target, item, store);
  const { contentKey, dependencies, release } = lastGood;
  const inputKey = item.inputKey ?? lastGood.inputKey;
  const kept = await keepForReturn(target, { work, release, contentKey, inputKey, dependencies }, store);
  const before = await readTargetItem(ledger, addressOf(target));
  await changeTarget(ledger, target, {
    before,
    change: {
      lastGood: kept,
      goodBefore: undefined,
      live: { commit: kept.commit, contentKey, state: 'clean' },
      dependencies,
    },
  });
}

/** Known to be last good's content, but still dirty. */
async function keepUnverified(target: TargetRef, item: OutcomeItem, { ledger, store }: KeepPorts) {
  const { lastGood } = await lastGoodOf(target, item, store);
  const { commit, contentKey } = lastGood;
  const before = await readTargetItem(ledger, addressOf(target));
  if (before.live?.state !== 'dirty') return;
  const live = { ...before.live, commit, contentKey };
  await changeTarget(ledger, target, { before, change: { live } });
}

async function lastGoodOf(target: TargetRef, item: OutcomeItem, store: KeepPorts['store']) {
  const document = await readReleaseDocument(store, target.release);
  const work = await readWork(target, { document, item }, store);
  if (work.lastGood === undefined) {
    throw new Error(
      `recording the rollback of ${target.environment}/${target.component}: its item names no last good`,
    );
  }
  return { work, lastGood: work.lastGood };
}
