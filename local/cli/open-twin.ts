/** Opens the twin of a state directory: in this process, or in the one that owns the directory already. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectWorld } from '../world/socket.ts';
import { openWorld, StateDirectoryInUse } from '../world.ts';
import type { OpenTwin, Twin } from './twin.ts';

const cdkOut = join(import.meta.dirname, '../../cdk.out');

/** How long an owner may take until its socket answers. Milliseconds. */
const PATIENCE = 10_000;
const PAUSE = 100;

/**
 * With `slots` or `passEnv`, too, the twin must be this process's own: an owner with other settings is waited for.
 * @throws Error when the owner does not answer.
 */
export const openTwin: OpenTwin = async ({ stateDir, slots, passEnv = [], own, github }) => {
  const mustOwn = own || slots !== undefined || passEnv.length > 0;
  const deadline = performance.now() + PATIENCE;
  for (let said = false; ; await sleep(PAUSE)) {
    try {
      return await openWorld({ stateDir, cdkOut, slots, passEnv, github, environment: process.env });
    } catch (error) {
      if (!(error instanceof StateDirectoryInUse)) throw error;
      const twin = mustOwn ? undefined : await reach(error.owner.socket);
      if (twin !== undefined) return twin;
      if (mustOwn && !said) {
        process.stderr.write(`belay: waiting for process ${error.owner.pid}, which uses ${stateDir} now …\n`);
        said = true;
      }
      if (!mustOwn && performance.now() > deadline) {
        throw new Error(
          `process ${error.owner.pid} owns ${stateDir} but does not answer; end it, or name another --state-dir`,
        );
      }
    }
  }
};

/** Undefined when nothing listens there: the owner is just starting or ending. */
function reach(socket: string): Promise<Twin | undefined> {
  return connectWorld(socket).catch(() => undefined);
}
