/** Which targets a restore is about; called when it is asked for, and again under the lease. */
import type { TargetItem } from '../ledger/environment-items.ts';
import { type Graph, reachableFrom } from '../manifest/graph.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import type { Choice } from './destroy.ts';

type Deployed = TargetItem & {
  readonly component: string;
  /** Its manifest entry at its last good. */
  readonly entry?: Pick<ResolvedTarget, 'inputs'> | undefined;
};

/**
 * The dirty ones that ever were good; and those that take values from them, which may be others afterwards: they are verified with
 * what is there then.
 */
export function chooseRestored(environment: string, deployed: readonly Deployed[]): Choice {
  const dirty = deployed.filter(({ live }) => live?.state === 'dirty');
  const returning = dirty.flatMap(({ component, lastGood }) => (lastGood ? component : []));
  if (returning.length > 0) {
    const chosen = reachableFrom(takersOf(deployed), returning);
    return { components: deployed.flatMap(({ component }) => (chosen.has(component) ? component : [])) };
  }
  if (deployed.length === 0) return { problem: `nothing is deployed in ${environment}` };
  if (dirty.length > 0) {
    const names = dirty.map(({ component }) => component).join(', ');
    return {
      problem: `what is dirty in ${environment} was never good, so there is nothing to return to: ${names}; push a commit that mends it`,
    };
  }
  return {
    problem: `nothing in ${environment} is dirty; deployed there: ${describeCommits(deployed)}; name the commit to go to with --to COMMIT`,
  };
}

/** Component → those whose inputs come from it. */
function takersOf(deployed: readonly Deployed[]): Graph {
  const takes = ({ entry, lastGood }: Deployed, from: string) =>
    lastGood !== undefined && Object.values(entry?.inputs ?? {}).some(({ component }) => component === from);
  return new Map(
    deployed.map(({ component }) => [
      component,
      deployed.flatMap((other) => (takes(other, component) ? other.component : [])),
    ]),
  );
}

/** `1a2b3c4 (app, network), 5d6e7f8 (database)` */
function describeCommits(deployed: readonly Deployed[]): string {
  const byCommit = new Map<string, string[]>();
  for (const { component, live, lastGood } of deployed) {
    const commit = (live ?? lastGood)?.commit.slice(0, 7) ?? '';
    byCommit.set(commit, [...(byCommit.get(commit) ?? []), component]);
  }
  return [...byCommit].map(([commit, components]) => `${commit} (${components.join(', ')})`).join(', ');
}
