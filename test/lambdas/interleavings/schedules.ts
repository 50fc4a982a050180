/** Tells a story in one order of events after another; used by the test beside this folder. */
import { leaseStory } from './lease-story.ts';
import type { Subject } from './subject.ts';
import { targetStory } from './target-story.ts';

export interface Story {
  readonly about: string;
  /** Answers what was not as it must be, for the order that the seed gives. */
  readonly tell: (seed: number, functions: Subject) => Promise<string[]>;
  /** Of 10,000 schedules. */
  readonly share: number;
}

export const STORIES: readonly Story[] = [
  { about: 'releases that want the same environment', tell: leaseStory, share: 7500 },
  { about: 'targets that wait for people and for each other', tell: targetStory, share: 2500 },
];

/** The first seed from `from` on after which not all was well; undefined when there is none among so many. */
export async function firstProblem(
  tell: Story['tell'],
  functions: Subject,
  { from = 1, many }: { readonly from?: number; readonly many: number },
) {
  for (let seed = from; seed < from + many; seed++) {
    const problems = await tell(seed, functions).catch((error: Error) => [error.message]);
    if (problems.length > 0) return { seed, problems };
  }
  return undefined;
}
