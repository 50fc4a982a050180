/** Replays all that the bus's archive has, as `aws events start-replay` would. Called by `main.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { World } from '../../local/world.ts';
import { roomIn } from './send.ts';

const archivedSchema = z.object({ source: z.string(), 'detail-type': z.string(), detail: z.unknown() });

/** Resolves with how many events were replayed, when all have come to their end. */
export async function replayAll(world: World, stateDir: string): Promise<number> {
  const lines = readFileSync(join(stateDir, 'events', 'archive-belay.jsonl'), 'utf8')
    .trim()
    .split('\n');
  for (const line of lines) {
    const { source, 'detail-type': detailType, detail } = archivedSchema.parse(JSON.parse(line));
    await roomIn(world);
    world.parts.bus.put([
      {
        EventBusName: 'belay',
        Source: source,
        DetailType: detailType,
        Detail: JSON.stringify(detail),
        Resources: [],
      },
    ]);
  }
  await world.settled();
  return lines.length;
}
