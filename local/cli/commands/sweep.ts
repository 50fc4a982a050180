/** `sweep`: what the schedule does every quarter of an hour, now; called by `local/cli.ts`. */
import type { SweepCommand } from '../command.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

export async function sweep(command: SweepCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const done = await twin.sweep();
    // What it set going is seen to its end: a release whose push was missed, a deployment that got the lease.
    await twin.settled();
    return { exitCode: EXIT.done, result: { done }, lines: done.length === 0 ? ['all is well'] : done };
  } finally {
    await twin.close();
  }
}
