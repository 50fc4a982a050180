/**
 * Lease, queue, gate, turns, approvals and giving way, in whatever order things happen: the real functions run against each other call
 * by call in random order, hang, die after random calls, and are called again. And what is tried is able to fail: mutants of the
 * functions are caught.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { sampled } from '../support/thorough.ts';
import { leaseStory } from './interleavings/lease-story.ts';
import { LEASE_MUTANTS, type Mutant, mutated, TARGET_MUTANTS } from './interleavings/mutants.ts';
import { firstProblem, STORIES, type Story } from './interleavings/schedules.ts';
import * as subject from './interleavings/subject.ts';
import { targetStory } from './interleavings/target-story.ts';

describe('10,000 schedules, or a sample of them', () => {
  test.each(STORIES)('of $about', async ({ tell, share }) => {
    expect(await firstProblem(tell, subject, { many: share * sampled(1, 0.1) })).toBeUndefined();
  });
});

describe('caught', () => {
  const needed: string[] = [];
  afterAll(() => {
    process.stdout.write(`schedules until a mutant was caught:\n${needed.join('\n')}\n`);
  });

  const mutants: (readonly [string, Story['tell'], Mutant])[] = [
    ...LEASE_MUTANTS.map((mutant) => [mutant.what, leaseStory, mutant] as const),
    ...TARGET_MUTANTS.map((mutant) => [mutant.what, targetStory, mutant] as const),
  ];
  test.each(mutants)('%s', async (what, tell, mutant) => {
    const found = await firstProblem(tell, await mutated(mutant), { many: 1000 });
    needed.push(`${String(found?.seed).padStart(6)}  ${what}`);
    expect(found?.problems.length).toBeGreaterThan(0);
  });
});
