/** Which targets a commit touches, by example and as a closure property. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { affectedTargets, type KnownTarget } from '../../../core/content/affected.ts';

const target = (component: string, ...needs: string[]) => ({ component, needs });

test('changed, downstream and unaffected, each with its reason', () => {
  const targets = [
    target('net'),
    target('tool'),
    target('db', 'net'),
    target('cache', 'net'),
    target('app', 'db', 'tool'),
    target('fresh'),
    target('dirty', 'app'),
  ];
  const ledger = new Map<string, KnownTarget>([
    ['net', { lastGoodKey: 'key of net', dirty: false }],
    ['tool', { lastGoodKey: 'key of tool', dirty: false }],
    ['db', { lastGoodKey: 'older', dirty: false }],
    ['cache', { lastGoodKey: 'key of cache', dirty: false }],
    ['app', { lastGoodKey: 'key of app', dirty: false }],
    // Its code went back to what was last good, but the cloud did not.
    ['dirty', { lastGoodKey: 'key of dirty', dirty: true }],
  ]);
  expect(
    affectedTargets({ environment: { targets }, keyOf: (component) => `key of ${component}`, ledger }),
  ).toEqual([
    { component: 'net', effect: 'unaffected' },
    { component: 'tool', effect: 'unaffected' },
    { component: 'db', effect: 'changed', reason: 'content changed' },
    { component: 'cache', effect: 'unaffected' },
    { component: 'app', effect: 'downstream', reason: 'downstream of db' },
    { component: 'fresh', effect: 'changed', reason: 'new' },
    { component: 'dirty', effect: 'changed', reason: 'left dirty' },
  ]);
});

test('a target that never came to a good end is new, or left dirty where something was started', () => {
  const question = { environment: { targets: [target('app')] }, keyOf: () => 'key' };
  const reasonWith = (known: KnownTarget) =>
    affectedTargets({ ...question, ledger: new Map([['app', known]]) })[0];
  expect(reasonWith({ dirty: false })).toMatchObject({ effect: 'changed', reason: 'new' });
  expect(reasonWith({ dirty: true })).toMatchObject({ effect: 'changed', reason: 'left dirty' });
});

test('a target is unaffected exactly when it and all it needs, near and far, are as they were', () => {
  const scene = fc.array(fc.record({ needs: fc.array(fc.nat({ max: 20 })), changed: fc.boolean() }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(scene, (list) => {
      // Needs point backwards only, so one pass in order tells which targets have a change somewhere above.
      const needsOf = list.map(({ needs }, index) => needs.filter((need) => need < index));
      const touched: boolean[] = [];
      list.forEach(({ changed }, index) => {
        touched.push(changed || (needsOf[index] ?? []).some((need) => touched[need]));
      });
      const answers = affectedTargets({
        environment: {
          targets: list.map((_, index) =>
            target(`t${index}`, ...(needsOf[index] ?? []).map((need) => `t${need}`)),
          ),
        },
        keyOf: () => 'now',
        ledger: new Map(
          list.map(({ changed }, index) => [
            `t${index}`,
            { lastGoodKey: changed ? 'before' : 'now', dirty: false },
          ]),
        ),
      });
      expect(answers.map(({ effect }) => effect)).toEqual(
        list.map(({ changed }, index) =>
          changed ? 'changed' : touched[index] ? 'downstream' : 'unaffected',
        ),
      );
    }),
  );
});
