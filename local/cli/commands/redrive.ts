/** `redrive`: a release that did not succeed goes on from where it failed, shown like a push; called by `local/cli.ts`. */
import type { RedriveCommand } from '../command.ts';
import { findRecords } from '../release-records.ts';
import { exitCodeFor } from '../report.ts';
import type { Screen } from '../screen.ts';
import type { OpenTwin } from '../twin.ts';
import { type Ending, linesAfter, reportOnRelease, watchRelease } from './push.ts';
import { answerOf } from './tell.ts';

/** @throws BadInput when there is no such release. */
export async function redrive(
  command: RedriveCommand,
  { openTwin, screen }: { readonly openTwin: OpenTwin; readonly screen: Screen | undefined },
): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const { release } = await findRecords(twin, command);
    const named = { repository: release.repository.id, release: release.id };
    const { older, by, stateOption } = command;
    const answer = await twin.command({ action: 'redrive', ...named, by, older });
    if (!answer.accepted) return answerOf(answer);
    await watchRelease(twin, named, { screen, stateOption, until: 'settled' });
    const report = await reportOnRelease(twin, named);
    return {
      exitCode: exitCodeFor(report.verdict),
      result: report,
      lines: linesAfter(report, stateOption),
    };
  } finally {
    await twin.close();
  }
}
