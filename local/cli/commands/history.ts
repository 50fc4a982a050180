/** `history`: the releases so far, the newest first; called by `local/cli.ts`. */
import type { HistoryCommand } from '../command.ts';
import { releasesOf, unlocksOf } from '../release-records.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import { duration, shortened } from '../words-for-people.ts';
import type { Ending } from './push.ts';

/** @throws BadInput when the repository named was never pushed. */
export async function history(command: HistoryCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const releases = (await releasesOf(twin, command.repo)).map((one) => ({
      release: one.id,
      repository: one.repository.fullName,
      commit: one.commit,
      branch: one.branch,
      verdict: one.verdict ?? null,
      reason: one.reason,
      startedAt: one.startedAt,
      endedAt: one.endedAt ?? null,
    }));
    const unlocks = await unlocksOf(twin, command.repo);
    const lines = releases.map((one) => {
      const took = one.endedAt === null ? '' : duration(Date.parse(one.endedAt) - Date.parse(one.startedAt));
      const words = [
        one.release,
        one.repository,
        one.branch,
        one.verdict ?? 'on its way',
        took,
        shortened(one.reason),
      ];
      return words.filter((word) => word !== '').join('  ');
    });
    const unlocked = unlocks.map(
      ({ environment, component, by, at, did }) =>
        `${at}  ${environment}/${component}  unlocked by ${by}: ${did}`,
    );
    return { exitCode: EXIT.done, result: { releases, unlocks }, lines: [...lines, ...unlocked] };
  } finally {
    await twin.close();
  }
}
