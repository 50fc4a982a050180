/** What a deployment has left behind, target by target: which failed in the cloud, which it changed. Called by `reverse.ts`. */
import { type LastGoodDocument, lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import type { ReleaseEnvironment } from '../../core/contracts/release.ts';
import type { DeployedTarget } from '../../core/deployment/rollback.ts';
import type { LastGood, TargetItem } from '../../core/ledger/environment-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readOutcomes, readTargets } from '../shared/items.ts';
import { policyInForce } from '../shared/policy-in-force.ts';
import type { RollbackInput, RollbackPorts } from './rollback.ts';

/** A target with what the ledger knows, and what it takes to return. */
export interface Deployed extends DeployedTarget {
  readonly item: TargetItem;
  readonly outcome: OutcomeItem | undefined;
  readonly lastGood: LastGood | undefined;
  /** Also absent when last good's document is gone. */
  readonly document: LastGoodDocument | undefined;
}

/** `isAsked`: nothing has failed, a person wants what `open` has chosen brought back. */
type Input = RollbackInput & { readonly isAsked: boolean };

/** In the order of the manifest. */
export async function readDeployed(
  input: Input,
  environment: ReleaseEnvironment,
  { ledger, store }: RollbackPorts,
): Promise<Deployed[]> {
  const { release } = input;
  const items = await readTargets(ledger, release.repository, environment.name);
  const outcomes = await readOutcomes(ledger, release, environment.name);
  const deployed = new Map<string, Deployed>();
  await inParallel(environment.targets, async ({ entry }) => {
    const { component, needs } = entry;
    const item = items.get(component) ?? {};
    const outcome = outcomes.get(component);
    const isChanged = wasChanged(input, item, outcome);
    const lastGood = isChanged ? returnPoint(item, release.id) : undefined;
    const document = lastGood && (await readReturn(store, lastGood));
    const address = { repository: release.repository, environment: environment.name, component };
    const policy = await policyInForce(ledger, address, entry);
    // What was asked for is each dirty target for itself.
    const rollback = input.isAsked ? 'target' : policy.rollback;
    const isTrigger = wasBroken(input, item, outcome);
    const neededBefore = document?.entry.needs;
    deployed.set(component, {
      ...{ component, needs, neededBefore, rollback, isChanged, isTrigger },
      ...{ item, outcome, lastGood, document },
    });
  });
  return environment.targets.flatMap(({ entry }) => deployed.get(entry.component) ?? []);
}

/**
 * Written under this very lease, not tested well: an apply or a test that failed, or an apply nobody heard of again. What an earlier
 * attempt wrote counts when this one got as far as judging its plan: then its test has failed, or its apply could not begin. Where a
 * person asked, what `open` found dirty.
 */
function wasBroken(
  { fence, isAsked }: Input,
  { live }: TargetItem,
  outcome: OutcomeItem | undefined,
): boolean {
  if (isAsked) return outcome?.attempt === fence && outcome.affected === 'changed';
  const isOurs = outcome?.attempt === fence && (outcome.outcome ?? 'failed') === 'failed';
  if (!isOurs || live?.state !== 'dirty') return false;
  return live.fence === fence || (outcome.writtenBefore === true && outcome.planDigest !== undefined);
}

/** What an earlier attempt of the release has changed counts too: it was never good together with the rest. */
function wasChanged(input: Input, item: TargetItem, outcome: OutcomeItem | undefined): boolean {
  if (wasBroken(input, item, outcome)) return true;
  if (input.isAsked) return false;
  const { live, lastGood } = item;
  const isWritten = outcome?.outcome === 'applied' || outcome?.writtenBefore === true;
  if (isWritten && lastGood?.release === input.release.id) return true;
  return live?.state === 'dirty' && live.commit === input.release.commit;
}

/** Last good as it was before this release. */
function returnPoint({ lastGood, goodBefore }: TargetItem, release: string): LastGood | undefined {
  return lastGood?.release === release ? goodBefore : lastGood;
}

const readReturn = (store: ObjectStore, { document }: LastGood) =>
  readDocument(store, document, lastGoodDocumentSchema);
