/** The table of targets in a check's summary, cut where GitHub's limit is near. Called by `desired.ts`. */
import type { OutcomeItem } from '../ledger/work-items.ts';
import { countsOf } from '../status-words.ts';
import { code, cutTo, plain, shortened, table } from './markdown.ts';

/** Bytes: what else a summary says has room beside it. */
const ROOM = 50_000;
const MAX_REASON = 160;

/** What needs a person first. */
const ORDER = [
  'failed',
  'rollback-failed',
  'rolled-back',
  undefined,
  'rejected',
  'cancelled',
  'superseded',
  'skipped',
];
const rank = ({ outcome }: OutcomeItem) => {
  const found = ORDER.indexOf(outcome);
  return found === -1 ? ORDER.length : found;
};

/** One line a target: what became of it, what its plan changes, why. Empty without targets. `room`: bytes. */
export function targetTable(targets: readonly OutcomeItem[], room = ROOM): string {
  if (targets.length === 0) return '';
  const rows = [...targets]
    .sort((a, b) => rank(a) - rank(b))
    .map(({ environment, component, outcome, progress, changes, reason }) => [
      code(`${environment}/${component}`),
      outcome ?? progress,
      plain(countsOf(changes)),
      plain(shortened(reason, MAX_REASON)),
    ]);
  const [head = '', line = '', ...lines] = table(['target', 'outcome', 'change', ''], rows).split('\n');
  const shown = cutTo(lines, room, (left) => `\n_…and ${left} more targets_`);
  return `${head}\n${line}\n${shown}`;
}
