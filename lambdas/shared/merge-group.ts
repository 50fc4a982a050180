/** Which pull requests a commit of GitHub's merge queue brings, with the plans of them that people have read. Used by `resolve` and `settle`. */
import type { MergeGroup } from '../../core/contracts/merge-group.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { mergeGroupItemSchema, type PullItem, type ReleaseItem } from '../../core/ledger/release-items.ts';
import type { Ledger } from '../ports.ts';
import { readMergedAs, readNewest, readPull, readReleaseItem } from './items.ts';

/** A pull request that is merged with the group, or was merged and is not deployed yet. */
export interface GroupedPull {
  readonly number: number;
  /** Absent where Belay has never heard of it. */
  readonly pull: PullItem | undefined;
  /** Its newest plan. */
  readonly plan: ReleaseItem | undefined;
}

/** GitHub groups at most so many: https://docs.github.com/en/rest/repos/rules (`max_entries_to_build`). */
const MAX_AHEAD = 100;

/** What a group brings, as far as the ledger knows. */
export interface Grouped {
  readonly pulls: readonly GroupedPull[];
  /** A commit whose pull request nobody knows: what it brings, and all before it, may be anybody's. Undefined where there is none. */
  readonly unknown: string | undefined;
}

/**
 * The group's own pull request first, then back from parent to parent: those ahead of it in the queue, and those merged since the last
 * commit that is deployed, because the plan of this group shows their changes as well.
 */
export async function pullsIn(
  repository: number,
  { number, onto }: Pick<MergeGroup, 'number' | 'onto'>,
  ledger: Ledger,
): Promise<Grouped> {
  const numbers = new Set(number === undefined ? [] : [number]);
  let unknown: string | undefined;
  let at = onto;
  for (let ahead = 0; !(await isDeployed(repository, at, ledger)); ahead++) {
    const found = await ledger.get(ledgerKeys.mergeGroup(repository, at));
    const group = found === undefined ? undefined : mergeGroupItemSchema.parse(found);
    const brought = group?.number ?? (await readMergedAs(ledger, repository, at));
    if (brought === undefined) unknown ??= at;
    else numbers.add(brought);
    if (group === undefined) break;
    at = group.onto;
    if (ahead < MAX_AHEAD) continue;
    unknown ??= at;
    break;
  }
  const pulls = [...numbers].map((one) => readGrouped(repository, one, ledger));
  return { pulls: await Promise.all(pulls), unknown };
}

/** By a release of its own that has come to a good end: what was merged before is deployed with it. */
async function isDeployed(repository: number, commit: string, ledger: Ledger): Promise<boolean> {
  const newest = await readNewest(ledger, repository, commit);
  if (newest === undefined) return false;
  const { operation = 'apply', verdict } = await readReleaseItem(ledger, newest);
  return operation === 'apply' && (verdict === 'succeeded' || verdict === 'nothing-to-do');
}

async function readGrouped(repository: number, number: number, ledger: Ledger): Promise<GroupedPull> {
  const pull = await readPull(ledger, repository, number);
  const plan = pull && (await readReleaseItem(ledger, { id: pull.release, repository }));
  return { number, pull, plan };
}
