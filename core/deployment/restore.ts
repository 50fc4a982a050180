/** Which targets a restore brings back to their last good; called when it is asked for, and again under the lease. */
import type { TargetItem } from '../ledger/environment-items.ts';
import type { Choice } from './destroy.ts';

type Deployed = TargetItem & { readonly component: string };

/** The dirty ones that ever were good. */
export function chooseRestored(environment: string, deployed: readonly Deployed[]): Choice {
  const dirty = deployed.filter(({ live }) => live?.state === 'dirty');
  const components = dirty.flatMap(({ component, lastGood }) => (lastGood ? component : []));
  if (components.length > 0) return { components };
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

/** `1a2b3c4 (app, network), 5d6e7f8 (database)` */
function describeCommits(deployed: readonly Deployed[]): string {
  const byCommit = new Map<string, string[]>();
  for (const { component, live, lastGood } of deployed) {
    const commit = (live ?? lastGood)?.commit.slice(0, 7) ?? '';
    byCommit.set(commit, [...(byCommit.get(commit) ?? []), component]);
  }
  return [...byCommit].map(([commit, components]) => `${commit} (${components.join(', ')})`).join(', ');
}
