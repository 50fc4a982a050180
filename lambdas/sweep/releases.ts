/** Sweeps one release that has not been seen to its end: settles what was broken off, or helps along what runs. Called by `sweep`. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ActiveItem, releaseItemSchema } from '../../core/ledger/release-items.ts';
import { forgetActive } from '../shared/sweep-index.ts';
import { settleBrokenOff } from './broken-off.ts';
import type { StepPorts } from './ports.ts';
import { helpAlong } from './running.ts';

export async function sweepRelease(active: ActiveItem, ports: StepPorts): Promise<readonly string[]> {
  const { release } = active;
  const found = await ports.ledger.get(ledgerKeys.release(release.repository, release.id));
  const item = found === undefined ? undefined : releaseItemSchema.parse(found);
  if (item === undefined) {
    await forgetActive(ports.ledger, active);
    return [];
  }
  const { status } = await ports.redrives.look(item.execution);
  if (status === 'RUNNING') return helpAlong(release, item, ports);
  const { isSettled, did } = await settleBrokenOff(item, status, ports);
  // Put again by a redrive in the meantime, it stays.
  if (isSettled) await forgetActive(ports.ledger, active);
  return did;
}
