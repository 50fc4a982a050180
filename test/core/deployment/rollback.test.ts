/** What goes back to last good, and in which order: written-out cases, then properties of any environment. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DeployedTarget, findScope, neededBy, orderOf } from '../../../core/deployment/rollback.ts';
import type { Rollback } from '../../../core/manifest/resolved.ts';

const at = (component: string, more: Partial<DeployedTarget> = {}): DeployedTarget => ({
  component,
  needs: [],
  rollback: 'connected',
  isChanged: false,
  isTrigger: false,
  ...more,
});
const changed = { isChanged: true };
const failed = { isChanged: true, isTrigger: true };
const scopeOf = (...targets: DeployedTarget[]) => Object.fromEntries(findScope(targets));

test('connected: what the release changed and needs hold together, in both directions, through changed ones', () => {
  expect(
    scopeOf(
      at('network', changed),
      at('database', { needs: ['network'], ...failed }),
      at('app', { needs: ['database'], ...changed }),
      at('unchanged', { needs: ['database'] }),
      at('beyond', { needs: ['unchanged'], ...changed }),
      at('sibling', { needs: ['network'], ...changed }),
      at('apart', changed),
    ),
  ).toEqual({
    network: ['database'],
    database: ['database'],
    app: ['database'],
    sibling: ['database'],
  });
});

test('connected: what the older code needs counts, though the release has dropped it', () => {
  expect(scopeOf(at('network', changed), at('app', { ...failed, neededBefore: ['network'] }))).toEqual({
    network: ['app'],
    app: ['app'],
  });
});

test.each<[Rollback, Record<string, string[]>]>([
  ['off', {}],
  ['target', { b: ['b'] }],
  ['connected', { a: ['b'], b: ['b'] }],
  ['environment', { a: ['b'], b: ['b'], apart: ['b'] }],
])('rollback: %s', (rollback, scope) => {
  expect(
    scopeOf(
      at('a', changed),
      at('b', { needs: ['a'], rollback, ...failed }),
      at('c', { needs: ['b'] }),
      at('apart', changed),
    ),
  ).toEqual(scope);
});

test('each failure reaches as far as its own policy says, and is named', () => {
  expect(
    scopeOf(
      at('a', changed),
      at('b', { needs: ['a'], rollback: 'target', ...failed }),
      at('c', { needs: ['a'], ...failed }),
      at('d', { rollback: 'off', ...failed }),
    ),
  ).toEqual({ a: ['c'], b: ['b', 'c'], c: ['c'] });
});

test('nothing has failed: nothing goes back', () => {
  expect(scopeOf(at('a', changed), at('b', changed))).toEqual({});
});

describe('order', () => {
  const targets = [at('network'), at('middle', { needs: ['network'] }), at('app', { needs: ['middle'] })];

  test('dependents come first on the way back, and last when it is verified; also over one that does not go along', () => {
    expect(Object.fromEntries(orderOf(['network', 'app'], targets, 'reverse'))).toEqual({
      network: ['app'],
      app: [],
    });
    // Before, nothing is known of what `app` needed but its own manifest entry: the release's needs stand in.
    expect(Object.fromEntries(orderOf(['network', 'app'], targets, 'forward'))).toEqual({
      network: [],
      app: ['network'],
    });
  });

  test('where the two manifests contradict each other, each direction follows the one it is about', () => {
    const turned = [at('a', { needs: ['b'], neededBefore: [] }), at('b', { needs: [], neededBefore: ['a'] })];
    expect(Object.fromEntries(orderOf(['a', 'b'], turned, 'reverse'))).toEqual({ a: [], b: ['a'] });
    expect(Object.fromEntries(orderOf(['a', 'b'], turned, 'forward'))).toEqual({ a: [], b: ['a'] });
  });
});

/** Any environment: needs point to earlier targets, as in every manifest; what was needed before may point anywhere. */
const environments = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc.array(
      fc.record({
        needs: fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 }),
        neededBefore: fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 }),
        rollback: fc.constantFrom<Rollback>('connected', 'environment', 'target', 'off'),
        isChanged: fc.boolean(),
        isTrigger: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      }),
      { minLength: size, maxLength: size },
    ),
  )
  .map((targets) =>
    targets.map(({ needs, neededBefore, ...facts }, index) => ({
      component: `c${index}`,
      needs: [...new Set(needs.filter((one) => one < index))].map((one) => `c${one}`),
      neededBefore: [...new Set(neededBefore.filter((one) => one !== index))].map((one) => `c${one}`),
      ...facts,
    })),
  );

test('property: the scope holds the failures that ask for it, and nothing that was not changed', () => {
  fc.assert(
    fc.property(environments, (targets) => {
      const scope = findScope(targets);
      for (const { component, isChanged, isTrigger, rollback } of targets) {
        if (isTrigger && rollback !== 'off') expect(scope.get(component)).toContain(component);
        if (!isChanged && !isTrigger) expect(scope.has(component)).toBe(false);
      }
      for (const [component, causes] of scope) {
        expect(causes.length).toBeGreaterThan(0);
        for (const cause of causes) {
          const target = targets.find((one) => one.component === cause);
          expect(target?.isTrigger).toBe(true);
          expect(target?.rollback).not.toBe('off');
          if (target?.rollback === 'target') expect(cause).toBe(component);
        }
      }
    }),
    { numRuns: 400 },
  );
});

test('property: a connected scope is closed: no changed neighbour of a member is left out', () => {
  fc.assert(
    fc.property(environments, (targets) => {
      const all = targets.map((target) => ({ ...target, rollback: 'connected' as const }));
      const scope = findScope(all);
      const isLive = (component: string) =>
        all.some((one) => one.component === component && (one.isChanged || one.isTrigger));
      for (const { component, needs, neededBefore } of all.filter((one) => isLive(one.component))) {
        for (const needed of [...needs, ...neededBefore].filter(isLive)) {
          expect(scope.has(needed)).toBe(scope.has(component));
        }
      }
    }),
    { numRuns: 400 },
  );
});

test.each(['reverse', 'forward'] as const)(
  'property: %s: everything ends, and nothing goes before what must come first',
  (pass) => {
    fc.assert(
      fc.property(environments, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), (targets, picks) => {
        const chosen = targets.filter((_, index) => picks[index]).map(({ component }) => component);
        const order = orderOf(chosen, targets, pass);
        expect([...order.keys()].toSorted()).toEqual(chosen.toSorted());
        const done: string[] = [];
        while (done.length < chosen.length) {
          const ready = chosen.filter(
            (one) => !done.includes(one) && order.get(one)?.every((other) => done.includes(other)),
          );
          // Some may always go: no circle.
          expect(ready.length).toBeGreaterThan(0);
          done.push(...ready);
        }
        if (pass !== 'reverse') return;
        const needs = neededBy(targets);
        for (const one of chosen) {
          for (const needed of needs(one)) {
            if (chosen.includes(needed)) expect(done.indexOf(one)).toBeLessThan(done.indexOf(needed));
          }
        }
      }),
      { numRuns: 400 },
    );
  },
);
