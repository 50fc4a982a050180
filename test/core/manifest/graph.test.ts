/** Circles and orders of graphs, by example and by property. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findCircles, type Graph, reachableFrom, topologicalOrder } from '../../../core/manifest/graph.ts';

const graph = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges));

test('a circle is named from its first node in file order, by its shortest way', () => {
  expect(findCircles(graph({ x: ['b'], a: ['c', 'b'], b: ['a'], c: ['b'] }))).toEqual([['a', 'b', 'a']]);
});

test('every knot is named once, a node that needs itself too', () => {
  expect(
    findCircles(graph({ a: ['b'], b: ['a', 'c'], c: ['d'], d: ['c'], e: ['e'], f: ['a', 'gone'] })),
  ).toEqual([
    ['a', 'b', 'a'],
    ['c', 'd', 'c'],
    ['e', 'e'],
  ]);
});

test('ties are broken by file order, at every step', () => {
  expect(topologicalOrder(graph({ app: ['db', 'net'], tool: [], db: ['net'], net: [], extra: [] }))).toEqual([
    'tool',
    'net',
    'db',
    'app',
    'extra',
  ]);
});

test('a graph with a circle has no order', () => {
  expect(() => topologicalOrder(graph({ a: [], b: ['c'], c: ['b'] }))).toThrow(
    'Ordering a graph: b, c depend on each other in a circle.',
  );
});

test('reach follows edges and stops at unknown nodes', () => {
  expect([...reachableFrom(graph({ a: ['b', 'gone'], b: ['c'], c: ['a'], d: ['a'] }), ['a'])]).toEqual([
    'a',
    'b',
    'c',
  ]);
});

const anyGraph = fc
  .array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .map(
    (edges) => new Map(edges.map((targets, index) => [`n${index}`, targets.map((target) => `n${target}`)])),
  );

test('either there is a circle, and each named one is real, or there is an order that respects every edge', () => {
  fc.assert(
    fc.property(anyGraph, (edges) => {
      const circles = findCircles(edges);
      for (const circle of circles) {
        expect(circle.at(-1)).toBe(circle[0]);
        expect(new Set(circle).size).toBe(circle.length - 1);
        for (let step = 1; step < circle.length; step++) {
          expect(edges.get(circle[step - 1] ?? '')).toContain(circle[step]);
        }
      }
      if (circles.length > 0) {
        expect(() => topologicalOrder(edges)).toThrow('in a circle');
        return;
      }
      const order = topologicalOrder(edges);
      expect([...order].sort()).toEqual([...edges.keys()].sort());
      for (const [node, needs] of edges) {
        for (const need of needs)
          if (edges.has(need)) expect(order.indexOf(need)).toBeLessThan(order.indexOf(node));
      }
    }),
  );
});
