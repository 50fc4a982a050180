/** `plan`: a branch of a git repository as a pull request, planned and shown; called by `local/cli.ts`. */
import type { PlanCommand } from '../command.ts';
import { workingCopy } from '../git.ts';
import { textOf } from '../markdown-text.ts';
import { exitCodeFor } from '../report.ts';
import type { Screen } from '../screen.ts';
import type { OpenTwin } from '../twin.ts';
import { type Ending, followRequest, linesAfter } from './push.ts';

/** @throws BadInput when `repo` is not the root of a git repository with a commit. */
export async function plan(
  command: PlanCommand,
  { openTwin, screen }: { readonly openTwin: OpenTwin; readonly screen: Screen | undefined },
): Promise<Ending> {
  const { stateOption, ref, base } = command;
  const { directory } = await workingCopy(command.repo);
  const twin = await openTwin({ ...command, github: 'app' });
  try {
    const { number, ...receipt } = await twin.pull({ directory, ref, base });
    const { report } = await followRequest(twin, receipt, { screen, stateOption });
    const { repository } = receipt;
    const [comment = null] = await twin.comments({ repository, number });
    return {
      exitCode: exitCodeFor(report.verdict),
      result: { ...report, pull: number, comment },
      lines: [...linesAfter(report, stateOption), ...(comment === null ? [] : ['', ...textOf(comment)])],
    };
  } finally {
    await twin.close();
  }
}
