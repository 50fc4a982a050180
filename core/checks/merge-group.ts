/** What the check of a merge queue's commit says besides that of a pull request: what nobody has reviewed, and what to do. Called by `desired.ts`. */
import type { ReleaseItem } from '../ledger/release-items.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import type { ReleaseRecord } from '../statuses.ts';
import { code, cutTo, plain, shortened } from './markdown.ts';

/** Bytes, and characters of one line. */
const ROOM = 10_000;
const MAX_LINE = 300;

/** The targets whose plans are to be read. */
export function unreviewedOf({ release: { unreviewed = [] }, outcomes }: ReleaseRecord): OutcomeItem[] {
  return outcomes.filter(({ environment, component }) =>
    unreviewed.some((one) => one.environment === environment && one.component === component),
  );
}

/** Markdown; empty where there is nothing of the kind. */
export function mergeGroupParts({ mergeGroup, unreviewed = [] }: ReleaseItem): string {
  if (mergeGroup === undefined || unreviewed.length === 0) return '';
  const lines = unreviewed.map(
    ({ environment, component, why }) =>
      `- ${code(`${environment}/${component}`)}: ${plain(shortened(why, MAX_LINE))}`,
  );
  const on = mergeGroup.number === undefined ? 'the pull request' : `#${mergeGroup.number}`;
  return [
    '**In no reviewed plan:**',
    cutTo(lines, ROOM, (left) => `- _…and ${left} more targets_`),
    `The plans are below. If they are right, comment \`/belay plan\` on ${on}, which plans it with what is merged by then, and queue it again when its check has passed; where the difference is of a pull request ahead in the queue, once that is deployed. If they are not, mend the branch.`,
  ].join('\n\n');
}
