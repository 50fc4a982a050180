/** Reading and compare-and-set of an environment's item; used by every function that touches lease, writers or gate. */
import { NEW_ENVIRONMENT } from '../../core/deployment/lease.ts';
import { type EnvironmentItem, environmentItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Ledger } from '../ports.ts';

/** Which environment of which repository. */
export interface EnvironmentAddress {
  readonly repository: number;
  readonly environment: string;
}

/** With the pauses between them this outlasts the busiest moment, when hundreds of jobs of an environment begin at once. */
const MAX_TRIES = 60;

export async function readEnvironment(
  ledger: Ledger,
  { repository, environment }: EnvironmentAddress,
): Promise<EnvironmentItem> {
  const item = await ledger.get(ledgerKeys.environment(repository, environment));
  return item === undefined ? NEW_ENVIRONMENT : environmentItemSchema.parse(item);
}

/**
 * Changes the item until nobody was in between, and returns what it is now. `change` answers the item itself when there is
 * nothing to write; it must be harmless to repeat, for a write whose answer was lost counts as somebody else's.
 * @throws Error after many tries, and whatever `change` throws.
 */
export async function changeEnvironment(
  ledger: Ledger,
  address: EnvironmentAddress,
  change: (item: EnvironmentItem) => EnvironmentItem | Promise<EnvironmentItem>,
): Promise<EnvironmentItem> {
  const key = ledgerKeys.environment(address.repository, address.environment);
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const item = await readEnvironment(ledger, address);
    const changed = await change(item);
    if (changed === item) return item;
    const written = { ...changed, version: item.version + 1 };
    const condition =
      item.version === 0 ? ({ absent: true } as const) : { equals: { version: item.version } };
    if (await ledger.put(key, written, condition)) return written;
    await ledger.backOff(tries);
  }
  throw new Error(
    `changing the environment ${address.environment} of repository ${address.repository} in the ledger: others changed it ${MAX_TRIES} times in a row; try again`,
  );
}
