/** `status`: how a release is or was, in the words and the shape of `push`; called by `local/cli.ts`. */
import { dollars } from '../../../core/cost/line.ts';
import type { StatusCommand } from '../command.ts';
import { drawRelease } from '../live-view.ts';
import { findRecords } from '../release-records.ts';
import { viewOf } from '../release-view.ts';
import type { ReleaseReport } from '../report.ts';
import { paint } from '../screen.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import { checkLines, type Ending, orphanLine, reportNow } from './push.ts';

/** So much a target; how it adds up is in `--json` and in the check. */
function costLines({ cost }: Pick<ReleaseReport, 'cost'>): string[] {
  if (cost === null) return [];
  const targets = cost.targets.map(({ target, usd }) => `${target} ${dollars(usd)}`);
  return [`cost ${dollars(cost.usd)}: ${targets.join(', ')}`];
}

/** @throws BadInput when there is no such release. */
export async function status(command: StatusCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const records = await findRecords(twin, command);
    const view = viewOf(records);
    const result = await reportNow(twin, { records, view });
    const orphans = result.environments.flatMap(({ orphans }) => orphans);
    return {
      exitCode: EXIT.done,
      result,
      lines: [
        ...drawRelease(view, new Date()).map((line) => paint(line, Number.POSITIVE_INFINITY, false)),
        ...orphans.map((target) => orphanLine(target, command.stateOption)),
        ...checkLines(result),
        ...costLines(result),
      ],
    };
  } finally {
    await twin.close();
  }
}
