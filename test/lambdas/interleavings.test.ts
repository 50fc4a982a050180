/**
 * Lease, queue, gate, turns, approvals and giving way, in whatever order things happen: the real functions run against each other call
 * by call in random order, hang, die after random calls, and are called again. And what is tried is able to fail: mutants of the
 * functions are caught.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { leaseStory } from './interleavings/lease-story.ts';
import { LEASE_MUTANTS, type Mutant, mutated, TARGET_MUTANTS } from './interleavings/mutants.ts';
import * as subject from './interleavings/subject.ts';
import { targetStory } from './interleavings/target-story.ts';

type Tell = typeof leaseStory;

/** The first seed from `from` on after which not all was well; undefined when there is none among so many. */
async function firstProblem(tell: Tell, functions: subject.Subject, { from = 1, many = 1000 }) {
  for (let seed = from; seed < from + many; seed++) {
    const problems = await tell(seed, functions).catch((error: Error) => [error.message]);
    if (problems.length > 0) return { seed, problems };
  }
  return undefined;
}

/** Schedules of one test. */
const MANY = 500;

describe('10,000 schedules', () => {
  const rounds = (count: number) => Array.from({ length: count }, (_, index) => 1 + index * MANY);

  test.each(rounds(15))('of releases that want the same environment, from %i on', async (from) => {
    expect(await firstProblem(leaseStory, subject, { from, many: MANY })).toBeUndefined();
  });

  test.each(rounds(5))('of targets that wait for people and for each other, from %i on', async (from) => {
    expect(await firstProblem(targetStory, subject, { from, many: MANY })).toBeUndefined();
  });
});

describe('caught', () => {
  const needed: string[] = [];
  afterAll(() => {
    process.stdout.write(`schedules until a mutant was caught:\n${needed.join('\n')}\n`);
  });

  const mutants: (readonly [string, Tell, Mutant])[] = [
    ...LEASE_MUTANTS.map((mutant) => [mutant.what, leaseStory, mutant] as const),
    ...TARGET_MUTANTS.map((mutant) => [mutant.what, targetStory, mutant] as const),
  ];
  test.each(mutants)('%s', async (what, tell, mutant) => {
    const found = await firstProblem(tell, await mutated(mutant), {});
    needed.push(`${String(found?.seed).padStart(6)}  ${what}`);
    expect(found?.problems.length).toBeGreaterThan(0);
  });
});
