/** What a plan's counts say to people; called by `guard` and `record`. */
import type { ChangeCounts, PlanSummary } from '../contracts/job.ts';

const words: readonly (readonly [keyof ChangeCounts, string])[] = [
  ['import', 'imported'],
  ['add', 'added'],
  ['change', 'changed'],
  ['replace', 'replaced'],
  ['destroy', 'destroyed'],
  ['move', 'moved'],
];

/** The counts of a plan; undefined where it changes something and counts nothing: a shell component need not say what it does. */
export function knownChanges({
  changes,
  hasChanges,
}: Pick<PlanSummary, 'changes' | 'hasChanges'>): ChangeCounts | undefined {
  const isCounted = Object.values(changes).some((count) => count > 0);
  return hasChanges && !isCounted ? undefined : changes;
}

/** `2 added, 1 replaced`; empty where the changes are not known. */
export function describeChanges(changes: ChangeCounts | undefined): string {
  const parts = words.flatMap(([count, word]) => (changes?.[count] ? `${changes[count]} ${word}` : []));
  if (parts.length > 0) return parts.join(', ');
  if (changes === undefined) return '';
  return changes.outputs ? 'only outputs changed' : 'no resource changed';
}
