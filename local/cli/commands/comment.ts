/** `comment`: what a person writes to a pull request, and how Belay answers there; called by `local/cli.ts`. */
import type { CommentCommand } from '../command.ts';
import { textOf } from '../markdown-text.ts';
import type { OpenTwin } from '../twin.ts';
import { BadInput, EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

/** @throws BadInput when nothing was pushed from there. */
export async function comment(command: CommentCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin({ ...command, github: 'app' });
  try {
    const { repo: directory, pull, by, body } = command;
    if ((await twin.repositoryAt(directory)) === undefined)
      throw new BadInput(`${directory} was never pushed`);
    const named = await twin.comment({ directory, pull, by, body });
    await twin.resting();
    const { reactions, replies } = await twin.answersTo(named);
    const reaction = reactions.at(-1);
    return {
      exitCode: reaction === '-1' ? EXIT.failed : EXIT.done,
      result: { reaction: reaction ?? null, replies },
      lines: [
        `reaction: ${reaction ?? 'none, nobody but a person with a command is answered'}`,
        ...replies.flatMap(textOf),
      ],
    };
  } finally {
    await twin.close();
  }
}
