/** Typed reads of single ledger items; used by the functions of a deployment. */
import { type TargetItem, targetItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import {
  commitItemSchema,
  type DeploymentItem,
  deploymentItemSchema,
  mergedItemSchema,
  type PullItem,
  pullItemSchema,
  type ReleaseItem,
  releaseItemSchema,
} from '../../core/ledger/release-items.ts';
import { type OutcomeItem, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { Pass } from '../../core/words.ts';
import type { Ledger } from '../ports.ts';

/** A release as functions are called with it. */
export interface ReleaseAddress {
  readonly id: string;
  readonly repository: number;
}

/** @throws Error when `resolve` has not written the release. */
export async function readReleaseItem(ledger: Ledger, release: ReleaseAddress): Promise<ReleaseItem> {
  const item = await ledger.get(ledgerKeys.release(release.repository, release.id));
  if (item === undefined) {
    throw new Error(
      `reading release ${release.id} of repository ${release.repository}: the ledger does not know it; push again`,
    );
  }
  return releaseItemSchema.parse(item);
}

export async function readDeploymentItem(
  ledger: Ledger,
  release: ReleaseAddress,
  environment: string,
): Promise<DeploymentItem | undefined> {
  const item = await ledger.get(ledgerKeys.deployment(release.repository, release.id, environment));
  return item === undefined ? undefined : deploymentItemSchema.parse(item);
}

/** The outcomes of one environment in a release, by component: those of the deployment, or of a pass of its rollback. */
export async function readOutcomes(
  ledger: Ledger,
  release: ReleaseAddress,
  environment: string,
  pass?: Pass,
): Promise<Map<string, OutcomeItem>> {
  const { pk, sk } = ledgerKeys.outcome(release.repository, release.id, { environment, component: '', pass });
  const items = await ledger.query(pk, sk);
  return new Map(
    items.map((item) => {
      const outcome = outcomeItemSchema.parse(item);
      return [outcome.component, outcome];
    }),
  );
}

/** An empty item for a target that was never deployed. */
export async function readTargetItem(
  ledger: Ledger,
  target: { readonly repository: number; readonly environment: string; readonly component: string },
): Promise<TargetItem> {
  const item = await ledger.get(ledgerKeys.target(target.repository, target.environment, target.component));
  return targetItemSchema.parse(item ?? {});
}

/** The targets of an environment that were ever deployed, by component. */
export async function readTargets(
  ledger: Ledger,
  repository: number,
  environment: string,
): Promise<Map<string, TargetItem>> {
  const { pk } = ledgerKeys.environment(repository, environment);
  const items = await ledger.query(pk, ledgerPrefixes.targets);
  return new Map(
    items.map((item) => [String(item.sk).slice(ledgerPrefixes.targets.length), targetItemSchema.parse(item)]),
  );
}

/** The newest release of a commit: the one that speaks for it. */
export async function readNewest(
  ledger: Ledger,
  repository: number,
  commit: string,
): Promise<ReleaseAddress | undefined> {
  const item = await ledger.get(ledgerKeys.commit(repository, commit));
  return item === undefined ? undefined : { id: commitItemSchema.parse(item).release, repository };
}

/** Number of the pull request that a commit of the default branch came by. */
export async function readMergedAs(
  ledger: Ledger,
  repository: number,
  commit: string,
): Promise<number | undefined> {
  const item = await ledger.get(ledgerKeys.merged(repository, commit));
  return item === undefined ? undefined : mergedItemSchema.parse(item).number;
}

/** Undefined where GitHub has told nothing of it. */
export async function readPull(
  ledger: Ledger,
  repository: number,
  number: number,
): Promise<PullItem | undefined> {
  const item = await ledger.get(ledgerKeys.pull(repository, number));
  return item === undefined ? undefined : pullItemSchema.parse(item);
}
