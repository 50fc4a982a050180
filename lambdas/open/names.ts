/** Lets every target be known by the name the release gives it, and finds what no name is left for; called by `open`. */
import type { ReleaseEnvironment } from '../../core/contracts/release.ts';
import { findOrphans } from '../../core/deployment/orphans.ts';
import { findRenamings } from '../../core/deployment/renaming.ts';
import type { EnvironmentAddress } from '../shared/environment-item.ts';
import { readTargets } from '../shared/items.ts';
import { finishRenaming, type RenamePorts, renameTarget } from './rename.ts';

/** What names a release leaves open. */
export interface Names {
  /** Component → why it may not be planned under its name. */
  readonly refused: ReadonlyMap<string, string>;
  /** Components that are deployed and not in the manifest. */
  readonly orphans: readonly string[];
}

export async function settleNames(
  where: EnvironmentAddress,
  targets: ReleaseEnvironment['targets'],
  ports: RenamePorts,
): Promise<Names> {
  const read = () => readTargets(ports.ledger, where.repository, where.environment);
  await finishRenamings(where, ports);
  const entries = targets.map(({ entry }) => entry);
  const { moves, refused } = findRenamings(entries, await read());
  // Each with what the one before it has left: last goods name what they need.
  for (const renaming of moves) await renameTarget(where, renaming, { ...ports, items: await read() });
  const components = entries.map(({ component }) => component);
  return { refused, orphans: findOrphans(components, await read()) };
}

/** What an earlier call was cut off from is finished first, whatever the release that comes now calls it. */
export async function finishRenamings(where: EnvironmentAddress, ports: RenamePorts): Promise<void> {
  const items = await readTargets(ports.ledger, where.repository, where.environment);
  for (const [to, { renamedFrom: from }] of items)
    if (from !== undefined) await finishRenaming(where, { from, to }, ports);
}
