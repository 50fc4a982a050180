/** Waiting in tests for what happens beside them; a test's own time limit ends what never comes. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every few milliseconds until the condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}
