/** What a plan's counts say to people; called by `record`. */
import type { ChangeCounts } from '../contracts/job.ts';

const words: readonly (readonly [keyof ChangeCounts, string])[] = [
  ['import', 'imported'],
  ['add', 'added'],
  ['change', 'changed'],
  ['replace', 'replaced'],
  ['destroy', 'destroyed'],
  ['move', 'moved'],
];

/** `2 added, 1 replaced`. */
export function describeChanges(changes: ChangeCounts | undefined): string {
  const parts = words.flatMap(([count, word]) => (changes?.[count] ? `${changes[count]} ${word}` : []));
  if (parts.length > 0) return parts.join(', ');
  return changes?.outputs ? 'only outputs changed' : 'no resource changed';
}
