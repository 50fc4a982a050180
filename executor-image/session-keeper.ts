/**
 * The tool's profiles ask for credentials at every start of the tool, of every plugin and of code it runs. Starting Node for each
 * answer would take longer than many a command: a few lines of shell hand out the session that was opened last while it is fresh.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A session is opened anew when half of its time has passed, so that whoever gets it can work with it for the other half. */
const FRESH_SHARE = 0.5;

/** Keeps the answer of a credential process in `file`, and beside it until when (seconds since 1970) it may be handed out. */
export async function keepSession(
  file: string,
  answer: string,
  { now, expiration }: { readonly now: Date; readonly expiration: string },
): Promise<void> {
  const from = now.getTime();
  const until = Math.floor((from + (Date.parse(expiration) - from) * FRESH_SHARE) / 1000);
  // Answers may be written at the same time by several processes: each replaces the whole file, the answer before its end.
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, answer, { mode: 0o600 });
  await rename(mine, file);
  await writeFile(mine, `${until}\n`, { mode: 0o600 });
  await rename(mine, untilFile(file));
}

/** Where the session that was opened last for one of the profiles is kept. */
export const sessionFile = (directory: string, identity: string) =>
  join(directory, `session-${identity}.json`);

const untilFile = (file: string) => `${file}.until`;

/**
 * The shell script of a credential process; its argument is the identity. Prints what is kept, or else what `command` answers. Its
 * PATH is its own, so that the tool's environment, the manifest's included, cannot lead it elsewhere.
 */
export function keeperScript(directory: string, command: readonly string[]): string {
  const kept = sessionFile(directory, '$1');
  return `PATH=/usr/bin:/bin
if [ -e "${untilFile(kept)}" ] && [ "$(date +%s)" -lt "$(cat "${untilFile(kept)}")" ]; then
  exec cat "${kept}"
fi
exec ${command.map((word) => `"${word}"`).join(' ')} "$1"
`;
}
