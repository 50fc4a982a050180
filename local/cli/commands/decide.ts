/** `approve` and `reject`: a person's answer, then the release until it has ended or waits again; called by `local/cli.ts`. */
import type { DecideCommand } from '../command.ts';
import { findRecords } from '../release-records.ts';
import { exitCodeFor } from '../report.ts';
import type { Screen } from '../screen.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import { type Ending, linesAfter, reportOnRelease, watchRelease } from './push.ts';
import { answerOf } from './tell.ts';

/** @throws BadInput when there is no such release. */
export async function decide(
  command: DecideCommand,
  { openTwin, screen }: { readonly openTwin: OpenTwin; readonly screen: Screen | undefined },
): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const { release } = await findRecords(twin, command);
    const { name: action, by, target, stateOption } = command;
    const named = { repository: release.repository.id, release: release.id };
    const answer = await twin.command({ action, ...named, ...target, by });
    if (!answer.accepted) {
      const refused = answerOf(answer);
      return { ...refused, lines: [...refused.lines, `you asked as ${by}; --as USER asks as somebody else`] };
    }
    await watchRelease(twin, named, { screen, stateOption, until: 'resting' });
    const report = await reportOnRelease(twin, named);
    return {
      // A rejection has done what it was asked for, though its release has not succeeded.
      exitCode: action === 'reject' ? EXIT.done : exitCodeFor(report.verdict),
      result: { ...answer, report },
      lines: [answer.message, ...linesAfter(report, stateOption)],
    };
  } finally {
    await twin.close();
  }
}
