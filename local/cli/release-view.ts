/** A release as people and scripts are shown it, merged from what the ledger and the artifacts say; called by the commands. */
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { isDeployed } from '../../core/deployment/orphans.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import type { DeploymentItem, ReleaseItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { EnvironmentVerdict, Outcome, ReleaseVerdict } from '../../core/words.ts';

/** What was read about one release, as it was stored. */
export interface ReleaseRecords {
  readonly release: ReleaseItem;
  /** Absent when the release ended before its manifest was understood. */
  readonly document?: ReleaseDocument | undefined;
  readonly deployments: readonly DeploymentItem[];
  readonly outcomes: readonly OutcomeItem[];
  /** By `environment/component`. */
  readonly targets: ReadonlyMap<string, TargetItem>;
  /** Environment → when its `ttl` is over, as it stands now. */
  readonly ends: ReadonlyMap<string, string>;
}

export interface ChangeView {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
  readonly replace: number;
}

export interface TargetView {
  readonly environment: string;
  readonly component: string;
  readonly progress: OutcomeItem['progress'];
  /** Null until it has ended. */
  readonly outcome: Outcome | null;
  readonly reason: string;
  /** The commit this release deployed of it, else the one the environment has of it now; null when it was never written. */
  readonly commit: string | null;
  /** All zero without a plan. */
  readonly changes: ChangeView;
  /** When its turn came; null when it never did. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface EnvironmentView {
  readonly name: string;
  readonly verdict: EnvironmentVerdict | null;
  /** What it is doing, for people. */
  readonly progress: string;
  readonly targets: readonly TargetView[];
  /** When the environment is destroyed, for its `ttl` is over then; null where it stays. */
  readonly end: string | null;
  /** Components that are deployed here and no longer in the manifest. */
  readonly orphans: readonly string[];
}

export interface ReleaseView {
  readonly id: string;
  readonly commit: string;
  readonly branch: string;
  readonly verdict: ReleaseVerdict | null;
  readonly reason: string;
  /** Why GitHub does not show its statuses. */
  readonly unshown: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** In `after` order, targets in the order of their needs. */
  readonly environments: readonly EnvironmentView[];
}

/** Merges the records. Targets without an item of their own yet are listed as what the release's verdict makes of them. */
export function viewOf(records: ReleaseRecords): ReleaseView {
  const { release } = records;
  return {
    id: release.id,
    commit: release.commit,
    branch: release.branch,
    verdict: release.verdict ?? null,
    reason: release.reason,
    unshown: release.unshown ?? null,
    startedAt: release.startedAt,
    endedAt: release.endedAt ?? null,
    environments: release.environments.map((name) => environmentView(records, name)),
  };
}

function environmentView(records: ReleaseRecords, name: string): EnvironmentView {
  const deployment = records.deployments.find(({ environment }) => environment === name);
  const components = records.document?.environments
    .find((environment) => environment.name === name)
    ?.targets.map(({ entry }) => entry.component);
  const outcomes = new Map(
    records.outcomes
      .filter(({ environment }) => environment === name)
      .map((outcome) => [outcome.component, outcome]),
  );
  return {
    name,
    verdict: deployment?.verdict ?? verdictWithoutDeployment(records.release.verdict),
    progress: deployment?.progress ?? 'waiting',
    end: records.ends.get(name) ?? null,
    // Some of them may have been destroyed since.
    orphans: (deployment?.orphans ?? []).filter((one) => isDeployed(records.targets.get(`${name}/${one}`))),
    targets: [...new Set([...(components ?? []), ...outcomes.keys()])].map((component) => {
      const end = endOf(outcomes.get(component), records.release);
      const live = records.targets.get(`${name}/${component}`)?.live?.commit ?? null;
      // A later release may have moved what is live: what this one applied stays its own.
      const commit = end.outcome === 'applied' ? records.release.commit : live;
      return { environment: name, component, commit, ...end };
    }),
  };
}

/** An environment the release never came to. */
function verdictWithoutDeployment(verdict: ReleaseVerdict | undefined): EnvironmentVerdict | null {
  if (verdict === undefined || verdict === 'waiting') return null;
  return verdict === 'nothing-to-do' || verdict === 'succeeded' ? 'succeeded' : 'skipped';
}

function endOf(
  item: OutcomeItem | undefined,
  release: ReleaseItem,
): Omit<TargetView, 'environment' | 'component' | 'commit'> {
  const { add = 0, change = 0, destroy = 0, replace = 0 } = item?.changes ?? {};
  const facts = {
    changes: { add, change, destroy, replace },
    startedAt: item?.startedAt ?? null,
    endedAt: item?.endedAt ?? null,
  };
  if (item !== undefined)
    return { ...facts, progress: item.progress, outcome: item.outcome ?? null, reason: item.reason };
  switch (verdictWithoutDeployment(release.verdict)) {
    case null:
      return { ...facts, progress: 'waiting', outcome: null, reason: '' };
    case 'succeeded':
      return { ...facts, progress: 'ended', outcome: 'unchanged', reason: 'not affected by this commit' };
    default:
      return {
        ...facts,
        progress: 'ended',
        outcome: 'skipped',
        reason: 'the release ended before this environment',
      };
  }
}
