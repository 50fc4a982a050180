/** The JSON object that `push --json` and `status --json` print; scripts rely on its shape (`docs/local-twin.md`). */
import { arithmetic, type CostLine } from '../../core/cost/line.ts';
import type { ReleaseCost } from '../../core/cost/release-cost.ts';
import type { EnvironmentVerdict, Outcome, ReleaseVerdict } from '../../core/words.ts';
import type { ChangeView, ReleaseView } from './release-view.ts';
import { EXIT } from './usage.ts';

/** A commit status as GitHub has it: the newest of each context. */
export interface StatusReport {
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string;
}

/** A check as a commit shows it: the newest of each name. */
export interface CheckReport {
  readonly name: string;
  /** `success`, `failure`, `action_required`, …; `queued` or `in_progress` until it has ended. */
  readonly state: string;
  readonly title: string;
}

/** An execution of one of the machines, as Step Functions names its status. */
export interface ExecutionReport {
  readonly arn: string;
  readonly status: string;
}

export interface TargetReport {
  /** `environment/component`. */
  readonly target: string;
  readonly outcome: Outcome | null;
  readonly reason: string;
  readonly commit: string | null;
  readonly changes: ChangeView;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface ReleaseReport {
  /** Null when the push was none for Belay (another branch, no manifest, `[skip belay]`). */
  readonly release: string | null;
  readonly commit: string;
  readonly verdict: ReleaseVerdict | null;
  readonly reason: string;
  readonly environments: readonly {
    readonly name: string;
    readonly verdict: EnvironmentVerdict | null;
    readonly targets: readonly TargetReport[];
    /** When the environment is destroyed, for its `ttl` is over then; null where it stays. */
    readonly end: string | null;
    /** `environment/component`: deployed there and no longer in the manifest. */
    readonly orphans: readonly string[];
  }[];
  /** What Belay writes with a token. */
  readonly statuses: readonly StatusReport[];
  /** All that the commit shows: check runs of the App, or its statuses. */
  readonly checks: readonly CheckReport[];
  /** What it has cost so far in US dollars, as AWS would ask; null where no job was run. */
  readonly cost: CostReport | null;
  readonly executions: readonly ExecutionReport[];
}

export interface CostReport {
  readonly usd: number;
  /** `environment/component`. */
  readonly targets: readonly {
    readonly target: string;
    readonly usd: number;
    readonly lines: readonly string[];
  }[];
  /** What belongs to no target. */
  readonly own: readonly string[];
}

/** Rounded to a ten-thousandth of a cent; the lines say how it adds up. */
export function costReport({ usd, targets, own }: ReleaseCost): CostReport {
  const rounded = (value: number) => Math.round(value * 1e6) / 1e6;
  const said = (line: CostLine) => `${line.what}: ${arithmetic(line)}`;
  return {
    usd: rounded(usd),
    targets: targets.map((one) => ({
      target: one.target,
      usd: rounded(one.usd),
      lines: one.lines.map(said),
    })),
    own: own.map(said),
  };
}

/** The report of a release. */
export function reportOf(
  view: ReleaseView,
  seen: Pick<ReleaseReport, 'statuses' | 'checks' | 'cost' | 'executions'>,
): ReleaseReport {
  return {
    release: view.id,
    commit: view.commit,
    verdict: view.verdict,
    reason: view.reason,
    environments: view.environments.map(({ name, verdict, targets, end, orphans }) => ({
      name,
      verdict,
      targets: targets.map(({ environment, component, outcome, reason, commit, changes, ...times }) => ({
        target: `${environment}/${component}`,
        outcome,
        reason,
        commit,
        changes,
        startedAt: times.startedAt,
        endedAt: times.endedAt,
      })),
      end,
      orphans: orphans.map((component) => `${name}/${component}`),
    })),
    ...seen,
  };
}

/** What the process ends with after a release with this verdict. */
export function exitCodeFor(verdict: ReleaseVerdict | null): number {
  switch (verdict) {
    case 'succeeded':
    case 'nothing-to-do':
      return EXIT.done;
    case 'refused':
      return EXIT.badInput;
    case 'waiting':
      return EXIT.waiting;
    default:
      return EXIT.failed;
  }
}
