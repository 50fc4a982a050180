/** Directed graphs of names, as `needs` and `after` make them: circles, order, reach. Used by the rules, `resolve.ts` and `core/content/affected.ts`. */

/** Every node, in file order, with the nodes it depends on. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * One circle for each knot of nodes that depend on each other, as a walk that ends where it begins: `['a', 'b', 'a']`.
 * Each begins at the knot's first node in file order and is a shortest one from there; edges to unknown nodes are not followed.
 */
export function findCircles(graph: Graph): string[][] {
  const circles: string[][] = [];
  const settled = new Set<string>();
  for (const start of graph.keys()) {
    if (settled.has(start)) continue;
    const circle = shortestWayBack(graph, start);
    if (circle === undefined) continue;
    circles.push(circle);
    const reached = reachableFrom(graph, [start]);
    for (const node of reached) if (reachableFrom(graph, [node]).has(start)) settled.add(node);
  }
  return circles;
}

/**
 * The nodes so that each comes after everything it depends on; where several could come next, the first in file order does.
 * The graph must have no circle.
 */
export function topologicalOrder(graph: Graph): string[] {
  const placed = new Set<string>();
  const waiting = new Set(graph.keys());
  while (waiting.size > 0) {
    const next = [...waiting].find((node) =>
      (graph.get(node) ?? []).every((one) => placed.has(one) || !graph.has(one)),
    );
    if (next === undefined)
      throw new Error(`Ordering a graph: ${[...waiting].join(', ')} depend on each other in a circle.`);
    waiting.delete(next);
    placed.add(next);
  }
  return [...placed];
}

/** The nodes that can be reached from `starts` over the edges, the starts themselves included. */
export function reachableFrom(graph: Graph, starts: Iterable<string>): Set<string> {
  const reached = new Set(starts);
  for (const node of reached)
    for (const next of graph.get(node) ?? []) if (graph.has(next)) reached.add(next);
  return reached;
}

function shortestWayBack(graph: Graph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const way = [start];
        for (let step: string | undefined = node; step !== undefined; step = cameFrom.get(step))
          way.unshift(step);
        return way;
      }
      if (!graph.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}
