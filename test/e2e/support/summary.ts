/** A report made short and the same on every run, to be compared with what a test has written out. */
import type { ReleaseReport } from '../../../local/cli/report.ts';

/** What is left of a report. Ids, commits, times and folders are gone. */
export interface Summary {
  readonly verdict: string | null;
  readonly reason: string;
  /** Environment → its verdict and, by component, `outcome: reason`. */
  readonly environments: Readonly<
    Record<string, { verdict: string | null; targets: Record<string, string> }>
  >;
  /** What the commit shows: name → `state: title`. */
  readonly statuses: Readonly<Record<string, string>>;
  /** Status of the Release and of the Deployments. */
  readonly executions: readonly string[];
}

export function summaryOf({ verdict, reason, environments, checks, executions }: ReleaseReport): Summary {
  return {
    verdict,
    reason: normalised(reason),
    environments: Object.fromEntries(
      environments.map((environment) => [
        environment.name,
        { verdict: environment.verdict, targets: endsOf(environment.targets) },
      ]),
    ),
    statuses: statusesOf({ checks }),
    executions: executions.map(({ status }) => status),
  };
}

/** By component, `outcome: reason`, of the targets of one environment. */
export function endsOf(targets: ReleaseReport['environments'][number]['targets']): Record<string, string> {
  return Object.fromEntries(
    targets.map(({ target, outcome, reason }) => [
      target.replace(/^.*\//, ''),
      `${outcome}: ${normalised(reason)}`,
    ]),
  );
}

/** By target, only the outcome. */
export function outcomesOf({ environments }: ReleaseReport): Record<string, string | null> {
  return Object.fromEntries(
    environments.flatMap(({ targets }) => targets.map(({ target, outcome }) => [target, outcome])),
  );
}

/** Name → `state: title`. */
export function statusesOf({ checks }: Pick<ReleaseReport, 'checks'>): Record<string, string> {
  return Object.fromEntries(
    checks
      .map(({ name, state, title }) => [name, `${state}: ${normalised(title)}`] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function normalised(text: string): string {
  return text
    .replace(/arn:aws:states:[\w:-]+/g, '<execution>')
    .replace(/\b\d{8}-[0-9a-f]{7}-\d+\b/g, '<release>')
    .replace(/\b[0-9a-f]{7}\b|\b[0-9a-f]{40}\b/g, '<commit>');
}
