/** `destroy` and `rollback`: what a person wants done to an environment, shown like a push; called by `local/cli.ts`. */
import type { ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { DestroyCommand, RollbackCommand } from '../command.ts';
import { releasesOf } from '../release-records.ts';
import { exitCodeFor } from '../report.ts';
import type { Screen } from '../screen.ts';
import type { CommandOrder, OpenTwin } from '../twin.ts';
import { BadInput } from '../usage.ts';
import { type Ending, followRequest, linesAfter } from './push.ts';
import { answerOf } from './tell.ts';

/** @throws BadInput when it is not clear which repository, or which commit, is meant. */
export async function operate(
  command: DestroyCommand | RollbackCommand,
  { openTwin, screen }: { readonly openTwin: OpenTwin; readonly screen: Screen | undefined },
): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const answer = await twin.command(orderOf(command, await releasesOf(twin, command.repo)));
    if (answer.request === undefined) return answerOf(answer);
    const { stateOption, wait } = command;
    const { id: delivery, repository, commit } = answer.request;
    const until = wait ? 'settled' : 'resting';
    const receipt = { delivery, repository, commit };
    const { report } = await followRequest(twin, receipt, { screen, stateOption, until });
    return {
      exitCode: exitCodeFor(report.verdict),
      result: report,
      lines: [answer.message, ...linesAfter(report, stateOption)],
    };
  } finally {
    await twin.close();
  }
}

function orderOf(command: DestroyCommand | RollbackCommand, releases: readonly ReleaseItem[]): CommandOrder {
  const { environment, by } = command;
  const named = { repository: repositoryOf(releases), environment, by };
  if (command.name === 'destroy') {
    const { components } = command;
    return { action: 'destroy', ...named, ...(components && { components: [...components] }) };
  }
  const { to } = command;
  return { action: 'rollback', ...named, ...(to !== undefined && { to: commitOf(releases, to) }) };
}

/** The one that was pushed; with `--repo` there is only one. */
function repositoryOf(releases: readonly ReleaseItem[]): number {
  const names = new Map(releases.map(({ repository }) => [repository.id, repository.fullName]));
  const [first, ...others] = names.keys();
  if (first === undefined) throw new BadInput('nothing has been pushed yet');
  if (others.length === 0) return first;
  throw new BadInput(`${[...names.values()].join(' and ')} are here; name one with \`--repo DIR\``);
}

function commitOf(releases: readonly ReleaseItem[], start: string): string {
  if (start.length === 40) return start;
  const commits = new Set(releases.map(({ commit }) => commit).filter((commit) => commit.startsWith(start)));
  const [first, ...others] = commits;
  if (first !== undefined && others.length === 0) return first;
  const found = first === undefined ? 'no commit' : 'more than one commit';
  throw new BadInput(
    `${found} that was released begins with ${start}; name all 40 digits, \`history\` lists releases`,
  );
}
