/** What is brought back to last good after a failure in the cloud, and in which order; called by `rollback`. */
import { type Graph, reachableFrom } from '../manifest/graph.ts';
import type { Rollback } from '../manifest/resolved.ts';

/** A target of the environment, as the deployment left it. */
export interface DeployedTarget {
  readonly component: string;
  /** In the release's manifest. */
  readonly needs: readonly string[];
  /** In the manifest of what it would be brought back to; absent without a last good. */
  readonly neededBefore?: readonly string[] | undefined;
  /** Its own policy: how far its failure reaches. */
  readonly rollback: Rollback;
  /** The release wrote it to the cloud, whether that went well or not. */
  readonly isChanged: boolean;
  /** Its apply or its test failed, or its apply was lost. */
  readonly isTrigger: boolean;
}

/** Component in scope → the components whose failure brought it there, in the order of the targets. */
export type Scope = ReadonlyMap<string, readonly string[]>;

/** Nothing that the release did not change is ever in scope. */
export function findScope(targets: readonly DeployedTarget[]): Scope {
  const changed = targets.filter(({ isChanged, isTrigger }) => isChanged || isTrigger);
  const neighbours = neighboursAmong(changed);
  const scope = new Map<string, string[]>();
  for (const { component: trigger, isTrigger, rollback } of changed) {
    if (!isTrigger) continue;
    for (const component of reachOf(trigger, rollback, neighbours)) {
      scope.set(component, [...(scope.get(component) ?? []), trigger]);
    }
  }
  return scope;
}

function reachOf(trigger: string, rollback: Rollback, neighbours: Graph): Iterable<string> {
  switch (rollback) {
    case 'off':
      return [];
    case 'target':
      return [trigger];
    case 'connected':
      return reachableFrom(neighbours, [trigger]);
    case 'environment':
      return neighbours.keys();
  }
}

/** Who needs whom, seen from both ends, in the release or before it: a release may have dropped what the older code needs. */
function neighboursAmong(targets: readonly DeployedTarget[]): Graph {
  const neighbours = new Map(targets.map(({ component }) => [component, new Set<string>()]));
  for (const { component, needs, neededBefore = [] } of targets) {
    for (const needed of [...needs, ...neededBefore]) {
      neighbours.get(needed)?.add(component);
      if (neighbours.has(needed)) neighbours.get(component)?.add(needed);
    }
  }
  return new Map([...neighbours].map(([component, set]) => [component, [...set]]));
}

/** Everything a component needs, directly or not; `targets` is the whole environment. */
export function neededBy(targets: readonly Pick<DeployedTarget, 'component' | 'needs'>[]) {
  const graph: Graph = new Map(targets.map(({ component, needs }) => [component, needs]));
  return (component: string): Set<string> => {
    const needed = reachableFrom(graph, [component]);
    needed.delete(component);
    return needed;
  };
}

/**
 * Who must have ended before whom on the way back: component → those before it. In `reverse` dependents come before what they
 * need, as the release has it; in `forward` after it, as it was before. The other manifest's needs count too, unless the two
 * contradict each other: an order there always is.
 */
export function orderOf(
  components: readonly string[],
  targets: readonly Pick<DeployedTarget, 'component' | 'needs' | 'neededBefore'>[],
  pass: 'reverse' | 'forward',
): ReadonlyMap<string, readonly string[]> {
  const byComponent = new Map(targets.map((target) => [target.component, target]));
  const needsNow = neededBy(targets);
  const graphs = [
    (component: string) => [...needsNow(component)],
    (component: string) => byComponent.get(component)?.neededBefore ?? [],
  ];
  const needs = withoutCircles(components, pass === 'reverse' ? graphs : graphs.toReversed());
  if (pass === 'forward') return needs;
  return new Map(
    components.map((one) => [one, components.filter((other) => needs.get(other)?.includes(one))]),
  );
}

/** The graphs laid over each other among the components; an edge that would close a circle is left out. */
function withoutCircles(
  components: readonly string[],
  graphs: readonly ((component: string) => readonly string[])[],
): Graph {
  const joined = new Map(components.map((component) => [component, [] as string[]]));
  for (const graph of graphs) {
    for (const [component, needs] of joined) {
      for (const needed of graph(component)) {
        if (!joined.has(needed) || needs.includes(needed)) continue;
        if (!reachableFrom(joined, [needed]).has(component)) needs.push(needed);
      }
    }
  }
  return joined;
}
