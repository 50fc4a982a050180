/** `cancel` and `unlock`: a person's word to a release, and what Belay answers; called by `local/cli.ts`. */
import type { CancelCommand, UnlockCommand } from '../command.ts';
import { findRecords } from '../release-records.ts';
import type { CommandAnswer, OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

/** @throws BadInput when there is no such release. */
export async function tell(command: CancelCommand | UnlockCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const { release } = await findRecords(twin, command);
    const named = { repository: release.repository.id, release: release.id, by: command.by };
    return answerOf(
      await twin.command(
        command.name === 'cancel'
          ? { action: 'cancel', ...named }
          : { action: 'unlock', ...named, ...command.target },
      ),
    );
  } finally {
    await twin.close();
  }
}

/** A refusal is told like an answer, with another exit code. */
export const answerOf = (answer: CommandAnswer): Ending => ({
  exitCode: answer.accepted ? EXIT.done : EXIT.failed,
  result: answer,
  lines: [answer.message],
});
