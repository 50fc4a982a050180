/** Any environment, any failure, on the way there and on the way back: where the environment is then, and that the next release heals it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { environmentItemSchema, targetItemSchema } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import type { Rollback } from '../../../core/manifest/resolved.ts';
import {
  commitOf,
  deploy,
  release,
  type ToolBehaviour,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';
import { sampled } from '../../support/thorough.ts';

const behaviours = fc.record({
  deploy: fc.constantFrom<ToolBehaviour>(
    {},
    {},
    { plan: 'empty' },
    { plan: 'fails' },
    { apply: 'fails' },
    { apply: 'is killed' },
    { test: 'fails' },
  ),
  reverse: fc.constantFrom<ToolBehaviour>(
    {},
    {},
    {},
    { plan: 'fails' },
    { apply: 'fails' },
    { apply: 'is killed' },
  ),
  forward: fc.constantFrom<ToolBehaviour>(
    {},
    {},
    {},
    { plan: 'changes' },
    { plan: 'changes', apply: 'fails' },
    { test: 'fails' },
  ),
});

const environments = fc.record({
  rollback: fc.constantFrom<Rollback>('connected', 'environment', 'target', 'off'),
  targets: fc.array(
    fc.record({
      needs: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
      hasTest: fc.boolean(),
      /** Not part of the first, good release. */
      isNew: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      tool: behaviours,
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

const stateOf = async (w: World, component: string) =>
  targetItemSchema.parse((await w.ledger.get(ledgerKeys.target(7, 'dev', component))) ?? {});

test('property: after any failure every target is at its last good and clean, or dirty and named in the verdict', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(environments, async ({ rollback, targets: drawn }) => {
      const w = world();
      const entries = drawn.map(({ needs, hasTest }, index) =>
        target(`c${index}`, {
          needs: [...new Set(needs.filter((one) => one < index))].map((one) => `c${one}`),
          ...(hasTest && { test: { run: './test.sh' } }),
          policy: { approval: 'never', approvers: [], selfApproval: false, protect: [], rollback },
        }),
      );
      const isOld = (component: string) => !drawn[Number(component.slice(1))]?.isNew;
      const old = entries
        .filter(({ component }) => isOld(component))
        .map((entry) => ({ ...entry, needs: entry.needs.filter(isOld) }));
      const tree = (digit: string) => Object.fromEntries(entries.map(({ path }) => [path, digit]));
      if (old.length > 0) await deploy(w, await release(w, { environments: { dev: old }, tree: tree('1') }));

      const second = await release(w, {
        commit: commitOf('2'),
        environments: { dev: entries },
        tree: tree('2'),
      });
      const tools = Object.fromEntries(
        drawn.map(({ tool }, index) => [
          `c${index}`,
          { ...tool.deploy, reverse: tool.reverse, forward: tool.forward },
        ]),
      );
      const settled = await deploy(w, second, { tools });
      seen.set(settled?.verdict ?? '', (seen.get(settled?.verdict ?? '') ?? 0) + 1);

      const { pk } = ledgerKeys.release(7, second.id);
      const outcomes = (await w.ledger.query(pk, 'outcome/')) as unknown as OutcomeItem[];
      expect(outcomes.map(({ component }) => component).toSorted()).toEqual(
        entries.map(({ component }) => component).toSorted(),
      );
      const reversed = (await w.ledger.query(pk, 'reverse/')) as unknown as OutcomeItem[];
      const dirty: string[] = [];
      for (const { component, outcome, reason } of outcomes) {
        expect(outcome).toBeDefined();
        const { live, lastGood } = await stateOf(w, component);
        if (live?.state === 'dirty') {
          dirty.push(component);
          continue;
        }
        // Clean: what is in the cloud is what is known to be good.
        expect(live?.commit).toBe(lastGood?.commit);
        const isThere = w.cloud.get(component);
        if (isThere !== undefined && lastGood !== undefined && outcome !== 'unchanged') {
          expect(isThere).toBe(lastGood.commit.slice(0, 7));
        }
        if (outcome === 'rolled-back') {
          expect(lastGood?.commit).toBe(commitOf('1'));
          expect(reason).toMatch(/^rolled back to 1111111 after: /);
        }
      }
      if (settled?.verdict === 'broken') {
        for (const component of dirty) expect(settled.summary).toContain(component);
      }
      const bad = outcomes.some(({ outcome }) => !['applied', 'unchanged'].includes(outcome ?? ''));
      const verdict = !bad
        ? 'succeeded'
        : dirty.length > 0
          ? 'broken'
          : outcomes.some(({ outcome }) => outcome === 'rolled-back')
            ? 'rolled-back'
            : 'failed';
      expect(settled?.verdict).toBe(verdict);
      // Nothing that this release did not write was touched on the way back.
      for (const { component } of reversed) {
        const { outcome } = outcomes.find((one) => one.component === component) ?? {};
        expect(['rolled-back', 'rollback-failed', 'failed']).toContain(outcome);
      }
      const environment = environmentItemSchema.parse(await w.ledger.get(ledgerKeys.environment(7, 'dev')));
      expect(environment).toMatchObject({ writers: {}, queue: [], answers: [] });
      expect(environment.owner).toBeUndefined();

      const third = await release(w, {
        commit: commitOf('3'),
        environments: { dev: entries },
        tree: tree('3'),
      });
      expect(await deploy(w, third)).toMatchObject({ verdict: 'succeeded' });
      for (const { component } of entries) {
        expect(await stateOf(w, component)).toMatchObject({
          lastGood: { commit: commitOf('3') },
          live: { commit: commitOf('3'), state: 'clean' },
        });
        expect(w.cloud.get(component)).toBe('3333333');
      }
    }),
    { numRuns: sampled(1000, 60) },
  );
  // The properties would say little if one of these never came up.
  for (const verdict of ['succeeded', 'failed', 'rolled-back', 'broken'])
    expect(seen.get(verdict)).toBeGreaterThan(0);
});
