/** `cancel`: a person wants a release stopped. A mark in the ledger, and everything that waits is woken to read it. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { releaseItemSchema } from '../../core/ledger/release-items.ts';
import type { Redrives, StatusQueue } from '../ports.ts';
import { type StopPorts, stopCancelled } from '../shared/stopping.ts';
import type { Answer, ReleaseName } from './answer.ts';
import { findRelease, noSuchRelease } from './answer.ts';

export interface CancelPorts extends StopPorts {
  readonly status: StatusQueue;
  readonly redrives: Redrives;
  readonly clock: { now(): Date };
}

/**
 * The mark stands before anybody is woken, and whoever begins to wait looks at it after that: nobody waits unseen. What is being
 * applied runs to its end and stays.
 */
export async function cancel({ by, ...name }: ReleaseName, ports: CancelPorts): Promise<Answer> {
  const found = await findRelease(name, ports.ledger);
  if (found === undefined) return noSuchRelease(name);
  const { status } = await ports.redrives.look(found.execution);
  if (found.verdict !== undefined || status !== 'RUNNING') {
    const how = found.verdict ?? 'broken off';
    return { accepted: false, message: `release ${name.release} has ended already: ${how}` };
  }
  const key = ledgerKeys.release(name.repository, name.release);
  const cancelled = { by, at: ports.clock.now().toISOString() };
  await ports.ledger.update(key, { set: { cancelled } }, { missing: ['cancelled', 'verdict'] });
  const item = releaseItemSchema.parse(await ports.ledger.get(key));
  await stopCancelled(item, ports);
  await ports.status.changed({ id: item.id, repository: item.repository.id, commit: item.commit });
  return {
    accepted: true,
    message: `release ${name.release} is being cancelled; what is being applied now runs to its end and stays`,
  };
}
