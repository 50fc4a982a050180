/** Targets that are deployed and that no manifest speaks of any more: they stay, and are told of. Called by `open` and whoever tells of them. */
import type { TargetItem } from '../ledger/environment-items.ts';
import type { DeploymentItem } from '../ledger/release-items.ts';

/** Is there anything in the cloud, or may there be? */
export function isDeployed(item: TargetItem | undefined): boolean {
  return item?.lastGood !== undefined || item?.live !== undefined || item?.blocked !== undefined;
}

/** Of the targets the ledger knows those that are deployed, but not among the manifest's components, by name. */
export function findOrphans(components: readonly string[], items: ReadonlyMap<string, TargetItem>): string[] {
  return [...items.keys()].filter((name) => !components.includes(name) && isDeployed(items.get(name))).sort();
}

/** `orphaned: dev/old, dev/older`, as one part of a sentence; none where there are no orphans. */
export function describeOrphans(
  deployments: readonly Pick<DeploymentItem, 'environment' | 'orphans'>[],
): string[] {
  const names = deployments.flatMap(({ environment, orphans = [] }) =>
    orphans.map((component) => `${environment}/${component}`),
  );
  return names.length === 0 ? [] : [`orphaned: ${names.join(', ')}`];
}
