/** Targets that come under another name: what takes over what, and what must not. Called by `open`. */
import type { TargetItem } from '../ledger/environment-items.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { findOrphans, isDeployed } from './orphans.ts';

/** A target comes from one name to another. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** What is to be renamed now, and by component why others may not be planned under the names they have. */
export interface Renamings {
  readonly moves: readonly Renaming[];
  readonly refused: ReadonlyMap<string, string>;
}

type Named = Pick<ResolvedTarget, 'component' | 'environment' | 'formerly'>;

/**
 * `items` is what the ledger knows of the environment. A name that was given up is refused to a newcomer while what had it is still
 * deployed and in no manifest: that is how an older commit looks, or a revert, and it would make everything a second time.
 */
export function findRenamings(targets: readonly Named[], items: ReadonlyMap<string, TargetItem>): Renamings {
  const moves: Renaming[] = [];
  const refused = new Map<string, string>();
  const components = targets.map(({ component }) => component);
  const takenOver = new Set(targets.map(({ formerly }) => formerly));
  const orphans = findOrphans(components, items).filter((orphan) => !takenOver.has(orphan));
  for (const { component, environment, formerly } of targets) {
    const place = (name: string) => `${environment}/${name}`;
    const isHere = isDeployed(items.get(component));
    if (formerly !== undefined && isDeployed(items.get(formerly))) {
      if (!isHere) moves.push({ from: formerly, to: component });
      else {
        refused.set(
          component,
          `it cannot take over ${place(formerly)}, for ${place(component)} is deployed itself; remove \`formerly: ${formerly}\`, or destroy one of the two`,
        );
      }
      continue;
    }
    const heir = orphans.find((orphan) => items.get(orphan)?.formerly?.includes(component));
    if (isHere || heir === undefined) continue;
    refused.set(
      component,
      `it was renamed to ${place(heir)}, which is still deployed; write \`formerly: ${heir}\` to give it this name back, or destroy ${place(heir)} first`,
    );
  }
  return { moves, refused };
}

/** The entry with the new name wherever the old one stands. */
export function renamedEntry(entry: ResolvedTarget, { from, to }: Renaming): ResolvedTarget {
  const renamed = (name: string) => (name === from ? to : name);
  return {
    ...entry,
    component: renamed(entry.component),
    needs: entry.needs.map(renamed),
    inputs: Object.fromEntries(
      Object.entries(entry.inputs).map(([name, { component, output }]) => [
        name,
        { component: renamed(component), output },
      ]),
    ),
  };
}

/** Does the entry speak of the component, as itself or as something it needs? */
export function mentions({ component, needs }: Pick<ResolvedTarget, 'component' | 'needs'>, name: string) {
  return component === name || needs.includes(name);
}
