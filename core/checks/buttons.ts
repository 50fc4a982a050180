/** The buttons of a check run: at most three, shown by GitHub once the run has completed. Called by `desired.ts`. */
import { createHash } from 'node:crypto';
import type { OutcomeItem } from '../ledger/work-items.ts';
import type { CheckAction } from './check-run.ts';

/**
 * Approve, reject, cancel. A button answers the change it was shown with: its identifier ends in a digest of that, so that a page
 * somebody left open does not approve a newer plan. With the prefix it has GitHub's 20 characters.
 */
export function askingButtons(targets: readonly OutcomeItem[]): CheckAction[] {
  const digest = askedDigest(targets);
  const all = targets.length === 1 ? 'this change' : `all ${targets.length} changes`;
  return [
    { label: 'Approve', description: `Apply ${all} as planned`, identifier: `approve:${digest}` },
    { label: 'Reject', description: `Apply nothing of ${all}`, identifier: `reject:${digest}` },
    { label: 'Cancel', description: 'Stop the whole release', identifier: 'cancel' },
  ];
}

/** Twelve characters that change with every plan a person is asked about. */
export function askedDigest(targets: readonly OutcomeItem[]): string {
  const asked = targets.map(({ component, planDigest = '' }) => `${component}=${planDigest}`).sort();
  return createHash('sha256').update(asked.join('\n')).digest('hex').slice(0, 12);
}

/** A release that stopped can go on from where it did. */
export const REDRIVE: readonly CheckAction[] = [
  { label: 'Redrive', description: 'Go on from where it stopped', identifier: 'redrive' },
];
