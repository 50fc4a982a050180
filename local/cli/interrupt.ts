/** Ctrl-C: the first one closes the twin in order, a second one ends the process at once. Used by `local/cli.ts` and the demo. */
import { constants } from 'node:os';
import type { OpenTwin, Twin } from './twin.ts';

/** Opens twins that the first Ctrl-C closes. */
export interface Interruptible {
  readonly openTwin: OpenTwin;
  /** Pending for ever once Ctrl-C was pressed, since the process then ends by itself; before, it resolves at once. */
  spared(): Promise<void>;
}

/** Listens from now on. `say` tells people what happens. */
export function closeOnInterrupt(openTwin: OpenTwin, say: (line: string) => void): Interruptible {
  const open = new Set<Twin>();
  let isClosing = false;
  const close = async (signal: 'SIGINT' | 'SIGTERM') => {
    isClosing = true;
    say('belay: closing the twin; what waits for a person goes on at its next start. Again to end at once.');
    await Promise.allSettled([...open].map((twin) => twin.close()));
    process.exit(128 + constants.signals[signal]);
  };
  // Once: the next one finds nobody who listens, and does what signals do.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close(signal));
  return {
    async openTwin(options) {
      const twin = await openTwin(options);
      open.add(twin);
      return twin;
    },
    spared: () => (isClosing ? new Promise(() => {}) : Promise.resolve()),
  };
}
