/** Sends deliveries, shuffled and several at a time, no faster than one machine takes them. Called by `main.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../local/world.ts';

/** Posted at the same time. */
const AT_ONCE = 8;
/**
 * More executions than this would only wait for the twin's two environments of each function, until their Tasks' time is over. In AWS
 * they would run side by side.
 */
const MOST_RUNNING = 60;
const LOOK_EVERY_MS = 25;

/** What became of a post. */
export interface Posted {
  readonly status: number;
  readonly milliseconds: number;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Fisher and Yates. */
export function shuffled<T>(all: readonly T[], seed: number): T[] {
  const random = chance(seed);
  const mixed = [...all];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}

/** Resolves when the twin may be given more. */
export async function roomIn(world: World): Promise<void> {
  const running = () => world.parts.executions.entries().filter(({ status }) => status === 'RUNNING').length;
  while (running() > MOST_RUNNING) await sleep(LOOK_EVERY_MS);
}

/** Posts the deliveries in this order. `told` is called after every hundredth. */
export async function send(
  world: World,
  deliveries: readonly string[],
  told: (done: number) => void,
): Promise<Posted[]> {
  const posted: Posted[] = [];
  let next = 0;
  const sender = async () => {
    for (let guid = deliveries[next++]; guid !== undefined; guid = deliveries[next++]) {
      await roomIn(world);
      const begun = performance.now();
      const { status } = await world.redeliver(guid);
      posted.push({ status, milliseconds: performance.now() - begun });
      if (posted.length % 100 === 0) told(posted.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return posted;
}
