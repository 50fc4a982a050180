/** A sample of what `npm run faults` tries in full: the world is stopped at a point of a release, and everything comes right again. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAssembly } from '../../local/assembly/load.ts';
import { portRecorder } from '../grants/port-calls.ts';
import { faultsOf, tryFaults } from './every-fault.ts';
import { SERIES } from './points.ts';
import { SCENARIOS } from './scenarios.ts';

/** The least number of faults there must be to choose from: a harness that sees less has gone blind. */
const LEAST: Readonly<Record<string, number>> = {
  'good push': 3400,
  'apply fails': 3200,
  'test fails': 3000,
  approval: 2100,
  'second push': 2800,
  destroy: 1400,
  'rollback by hand': 2000,
};

/** One of so many is tried; a prime, so that points and kinds are met in all combinations. */
const EVERY = 251;

const cdkOut = join(import.meta.dirname, '../../cdk.out');
const calls = portRecorder(loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:1' }));

test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  '%s: whatever goes wrong, it ends as it should, or says loudly that a person is needed',
  async (name, scenario) => {
    const all = await faultsOf(scenario);
    expect(all.length).toBeGreaterThanOrEqual(LEAST[name] ?? Number.POSITIVE_INFINITY);
    for (const series of SERIES) {
      expect(all.filter(({ kind }) => kind.startsWith(series)).length).toBeGreaterThan(20);
    }
    const faults = all.filter((_, index) => index % EVERY === 0);
    const { failures } = await tryFaults({ scenario, faults, onCall: calls.onCall });
    expect(failures).toEqual([]);
  },
);

test('whatever a function does then, the policies of its role allow', () => {
  calls.save();
  expect(calls.used.size).toBeGreaterThan(80);
  expect([...calls.refused]).toEqual([]);
});
